import { asParleyError } from '@parley/daemon/client/basics'
import type { ConversationInfo } from '@parley/daemon/protocol/control'
import { personOf } from '@parley/daemon/protocol/conversation-infos'
import { commands, type Disposable as Registration, type WebviewPanel, type WebviewViewProvider, window } from 'vscode'
import type { ChatOpener, Context, OpenOptions } from '../context.ts'
import { type Disposable, Emitter } from '../event.ts'
import { askWhenUp } from '../shared/when-up.ts'
import { AttentionTeller } from './attention.ts'
import { ChatTab, createPanel, type WhichTab } from './chat-tab.ts'
import { checkState } from './check.ts'
import { createGround } from './ground.ts'
import { Keeper } from './keeper.ts'
import { OpenChats } from './open-chats.ts'
import { type Memory, Outbox } from './outbox.ts'
import { SideBarChat } from './side-bar.ts'
import type { SurfaceHost } from './surface-host.ts'
import type { Surroundings } from './webview.ts'
import { countChatTabs, isRestoringTabs, onTabs, workspacePlace } from './window-tabs.ts'

/** Whether it is the chat with somebody, by their user name or id. */
function isWith(info: ConversationInfo, who: string): boolean {
  const person = personOf(info)
  return person !== undefined && ((!person.via && person.name === who) || person.user === who)
}

/** Chats in editor tabs and in the side bar. `memory` keeps what could not be sent. */
export class ChatPanels implements ChatOpener, Disposable {
  readonly #context: Omit<Context, 'chats'>
  readonly #surroundings: Surroundings
  readonly #place = workspacePlace()
  readonly #tabs = new Map<string, ChatTab>()
  readonly #tabsChanged = new Emitter<void>()
  readonly #sideBar: SideBarChat
  readonly #attention: AttentionTeller
  readonly #openChats: OpenChats | undefined
  readonly #parts: readonly (Disposable | Registration)[]
  /** The conversations of the chats that were worked in, the last one first. */
  #used: readonly string[] = []
  #keptInSideBar = ''

  constructor(context: Omit<Context, 'chats'>, memory: Memory) {
    const { hub, extensionUri } = context
    this.#context = context
    const ground = createGround()
    const keeper = new Keeper(hub)
    const outbox = new Outbox(hub, memory)
    this.#surroundings = { hub, keeper, outbox, ground, extensionUri }
    this.#attention = new AttentionTeller(hub)
    this.#sideBar = new SideBarChat({
      surroundings: this.#surroundings,
      last: () => this.#lastInSideBar(),
      changed: () => this.#sideBarChanged(),
    })
    this.#openChats = this.#followOpenChats()
    this.#parts = [
      ground,
      keeper,
      outbox,
      this.#sideBar,
      this.#tabsChanged,
      window.onDidChangeWindowState(() => this.#tellAttention()),
      onTabs(() => this.#tabsChanged.fire()),
      ...(this.#openChats ? [this.#openChats] : []),
    ]
    this.#tellAttention()
  }

  get current(): string | undefined {
    return this.#used.find(each => this.#tabs.has(each) || this.#sideBar.conversation === each)
  }

  async open(who: string, options: OpenOptions = {}): Promise<void> {
    const { focus = 'composer', position } = options
    await this.#show(await this.#find(who), options, host => {
      if (position === undefined) host.focus(focus)
      else host.reveal(position)
    })
  }

  async insert(who: string, text: string): Promise<void> {
    await this.#show(await this.#find(who), {}, host => host.insert(text))
  }

  addToDraft(conversation: string, text: string): Promise<void> {
    return this.#surroundings.keeper.add(conversation, text)
  }

  focusCurrent(focus: 'composer' | 'lastMessage'): Thenable<unknown> {
    const { current } = this
    return current === undefined ? commands.executeCommand('parley.openChat') : this.open(current, { focus })
  }

  /** Takes over a tab of before the window was loaded. */
  restore(panel: WebviewPanel, state: unknown): void {
    const which = checkState(state)
    if (!which) this.#openChats?.lost()
    if (!which || this.#tabs.has(which.conversation)) panel.dispose()
    else this.#adopt(panel, which)
  }

  /** What VS Code asks for the view of the side bar. */
  get sideBar(): WebviewViewProvider {
    return this.#sideBar
  }

  dispose(): void {
    for (const tab of this.#tabs.values()) tab.dispose()
    for (const part of this.#parts) part.dispose()
  }

  /** The conversation with somebody. Rejects with ParleyError when there is no such person. */
  async #find(who: string): Promise<ConversationInfo> {
    const { hub } = this.#context
    const known =
      hub.conversations.get(who) ??
      // Somebody of no team may call themselves as one of the team does.
      [...hub.conversations.values()].find(info => isWith(info, who))
    return known ?? (await hub.request('openChat', { with: who })).conversation
  }

  async #show(info: ConversationInfo, { where }: OpenOptions, then: (host: SurfaceHost) => void): Promise<void> {
    const { conversation } = info
    const tab = this.#tabs.get(conversation)
    const isInSideBar = this.#sideBar.isVisible && this.#sideBar.conversation === conversation
    if (where === 'sideBar' || (where === undefined && !tab && isInSideBar)) {
      this.#use(conversation)
      return this.#sideBar.show({ conversation, info }, then)
    }
    const shown = tab ?? this.#open({ conversation, info }, where === 'beside' ? 'beside' : 'here')
    if (tab) tab.reveal()
    this.#use(conversation)
    then(shown.host)
  }

  #open(which: WhichTab, where: Parameters<typeof createPanel>[2]): ChatTab {
    return this.#adopt(createPanel(which, this.#surroundings, where), which)
  }

  #adopt(panel: WebviewPanel, which: WhichTab): ChatTab {
    const { conversation } = which
    const tab = new ChatTab(panel, which, this.#surroundings, {
      changed: changed => {
        if (changed.isActive) this.#use(conversation)
        this.#tellAttention()
      },
      closed: () => {
        this.#tabs.delete(conversation)
        this.#tellAttention()
        this.#tabsChanged.fire()
      },
    })
    this.#tabs.set(conversation, tab)
    if (tab.isActive) this.#use(conversation)
    this.#tellAttention()
    this.#tabsChanged.fire()
    return tab
  }

  #use(conversation: string): void {
    this.#used = [conversation, ...this.#used.filter(each => each !== conversation)]
  }

  #tellAttention(): void {
    this.#attention.tell(window.state.focused, [...this.#tabs.values(), this.#sideBar])
  }

  #followOpenChats(): OpenChats | undefined {
    const { hub, log } = this.#context
    if (this.#place === undefined) return undefined
    const tabs = this.#tabs
    const openChats = new OpenChats({
      hub,
      place: this.#place,
      tabs: {
        get live() {
          return [...tabs.keys()]
        },
        get count() {
          return countChatTabs()
        },
        onChange: this.#tabsChanged.event,
        reopen: conversations => {
          for (const conversation of conversations) this.#open({ conversation }, 'behind')
        },
      },
    })
    openChats
      .start(isRestoringTabs())
      .catch(error => log.warn(`The chats that were open are not known: ${asParleyError(error).message}`))
    return openChats
  }

  #sideBarChanged(): void {
    const { conversation } = this.#sideBar
    this.#tellAttention()
    if (conversation === '') return
    if (this.#sideBar.isVisible) this.#use(conversation)
    const place = this.#sideBarPlace
    if (place === undefined || conversation === this.#keptInSideBar) return
    this.#keptInSideBar = conversation
    const saved = askWhenUp(this.#context.hub, 'saveOpenChats', { place, conversations: [conversation] })
    saved.catch(error =>
      this.#context.log.warn(`The chat of the side bar is not kept: ${asParleyError(error).message}`),
    )
  }

  async #lastInSideBar(): Promise<string | undefined> {
    const place = this.#sideBarPlace
    if (place === undefined) return undefined
    try {
      return (await askWhenUp(this.#context.hub, 'openChats', { place })).conversations[0]
    } catch {
      // The empty view has a button; nothing is lost.
      return undefined
    }
  }

  get #sideBarPlace(): string | undefined {
    return this.#place && `${this.#place}/side`
  }
}
