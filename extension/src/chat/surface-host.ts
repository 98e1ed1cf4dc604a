import { asParleyError, ParleyError } from '@parley/daemon/client/basics'
import type { AccountInfo, ConversationInfo, FileInfo } from '@parley/daemon/protocol/control'
import { personOf } from '@parley/daemon/protocol/conversation-infos'
import * as l10n from '@vscode/l10n'
import type { Disposable, Event } from '../event.ts'
import type { Hub } from '../hub/hub.ts'
import { limits } from '../limits.ts'
import { shownMessage } from '../shared/message.ts'
import { addresseeOf, shownAccount, shownConversation } from '../shared/person.ts'
import { actHandlers } from './act-handlers.ts'
import { Authors } from './authors.ts'
import { type Checked, checkFromSurface, type SurfaceHandlers } from './check.ts'
import { type FileGround, fileHandlers } from './file-handlers.ts'
import type { Keeper } from './keeper.ts'
import { readLink } from './links.ts'
import type { LinkedMessage } from './message-link.ts'
import type { ChatView, Opened, Place, SurfaceAction, SurfaceEvents } from './messages.ts'
import { type OpenedChat, openChat } from './opened.ts'
import type { Outbox } from './outbox.ts'
import { RoomRoster } from './room-roster.ts'
import { type Port, SurfacePage } from './surface-page.ts'

/** What the editor does for surfaces, and what it knows. */
export interface Ground {
  readonly sendWith: ChatView['sendWith']
  readonly onSettings: Event<void>
  /** By which links lead to this editor: `vscode`, or what a fork calls itself. */
  readonly scheme: string
  /** The language of dates and times, as BCP 47. */
  readonly locale: string
  readonly strings: Readonly<Record<string, string>> | undefined
  openOutside(href: string): Promise<void>
  openJoin(href: string): Promise<void>
  openMessage(to: LinkedMessage): Promise<void>
  openPlace(place: Place): Promise<boolean>
  copy(text: string): Promise<void>
  /** The editor's selection as a fenced block; undefined: nothing is selected. */
  selection(): Promise<string | undefined>
  act(what: SurfaceAction, conversation: ConversationInfo): Promise<void>
  readonly files: FileGround
  /** From whom the person wants a message deleted, `all` only where they may; `undefined`: from nobody. */
  confirmRemoval(forAll: boolean): Promise<'all' | 'me' | undefined>
  /** A message has been sent. */
  sent(): void
  /** Why the hub cannot be asked, in a sentence. */
  whyAway(state: Exclude<Hub['state'], { is: 'up' }>): string
}

export interface SurfaceHostParts {
  readonly hub: Hub
  readonly keeper: Keeper
  readonly outbox: Outbox
  readonly ground: Ground
  readonly port: Port
  readonly conversation: string
  /** The user name of the other one, where VS Code has kept it with the page. */
  readonly person?: string | undefined
  /** How long the page is left waiting for the hub before it is told why, in ms. */
  readonly patience?: number
}

/**
 * Serves one chat to one surface: answers what the page asks and tells it what the hub tells. The page may go and come
 * again at any time; each `ready` is a new page, and what the one before asked is answered to nobody.
 */
export class SurfaceHost implements Disposable {
  readonly conversation: string
  readonly #parts: SurfaceHostParts
  readonly #ended = new AbortController()
  readonly #listening: readonly Disposable[]
  /** Ends with the page. */
  #page: SurfacePage | undefined
  #isInSight = false
  #known: ConversationInfo | undefined
  readonly #roster: RoomRoster
  readonly #authors: Authors
  readonly #added = new Map<string, FileInfo>()
  /** What to do once the page has opened the chat. */
  #afterOpen: (() => void)[] = []

  constructor(parts: SurfaceHostParts) {
    const { hub, keeper, ground, port, conversation } = parts
    this.#parts = parts
    this.conversation = conversation
    this.#authors = new Authors(hub)
    this.#roster = new RoomRoster(
      hub,
      () => this.#info,
      members => this.#page?.tell({ is: 'event', event: 'members', value: members }),
    )
    this.#listening = [
      port.onMessage(message => this.#take(checkFromSurface(message))),
      hub.onState(({ is }) => {
        if (is === 'up') this.#page?.openAgain()
        this.#tellView()
      }),
      hub.onAccounts(() => this.#tellView()),
      hub.onConversations(changed => {
        if (!changed.has(conversation)) return
        this.#tellView()
        this.#roster.look()
      }),
      hub.onFile(({ path, ...progress }) => {
        const value = { ...progress, ...(path !== undefined && { path: '' }) }
        this.#page?.tell({ is: 'event', event: 'file', value })
      }),
      ground.onSettings(() => this.#tellView()),
      keeper.onDraft(saved => {
        if (saved.conversation !== conversation || saved.by === this) return
        this.#page?.tell({ is: 'event', event: 'saved', value: { draft: saved.draft } })
      }),
    ]
  }

  /** Whether the page shows the chat: what is in sight then may be read. */
  get isOpen(): boolean {
    return this.#page?.isOpen ?? false
  }

  /** Tells the page whether it is in sight and its window focused. */
  setInSight(isInSight: boolean): void {
    this.#isInSight = isInSight
    this.#page?.tell({ is: 'event', event: 'sight', value: { isInSight } })
  }

  /** The page is gone until the next `ready`. */
  hide(): void {
    this.#page?.end()
    this.#page = undefined
  }

  focus(what: SurfaceEvents['focus']): void {
    this.#whenOpen(() => this.#page?.tell({ is: 'event', event: 'focus', value: what }))
  }

  /** Brings a message into sight. */
  reveal(position: string): void {
    this.#whenOpen(() => this.#page?.tell({ is: 'event', event: 'reveal', value: { position } }))
  }

  /** Puts text into what is being written. */
  insert(text: string): void {
    this.#whenOpen(() => this.#page?.tell({ is: 'event', event: 'insert', value: { text } }))
  }

  dispose(): void {
    this.hide()
    this.#ended.abort()
    for (const each of this.#listening) each.dispose()
  }

  #whenOpen(act: () => void): void {
    if (this.isOpen) act()
    else this.#afterOpen.push(act)
  }

  #take(message: Checked | undefined): void {
    if (message?.is === 'ready') {
      this.hide()
      this.#page = new SurfacePage(this.#parts.port, this.#authors)
    } else if (message?.is === 'bad') {
      this.#page?.refuse(message.id, new ParleyError('usage', message.why))
    } else if (message && this.#page) {
      void this.#answer(this.#page, message)
    }
  }

  async #answer(page: SurfacePage, { id, method, ask }: Extract<Checked, { is: 'request' }>): Promise<void> {
    const isOpening = method === 'open'
    try {
      if (isOpening) page.opening()
      const result = await page.within(() => ask(this.#handlers(page)))
      page.post({ is: 'reply', id, result })
      if (isOpening) this.#opened(page)
    } catch (error) {
      page.refuse(id, asParleyError(error))
      if (isOpening) page.notOpened()
    }
  }

  #opened(page: SurfacePage): void {
    if (page !== this.#page) return
    page.opened()
    page.tell({ is: 'event', event: 'sight', value: { isInSight: this.#isInSight } })
    this.#tellView()
    for (const act of this.#afterOpen.splice(0)) act()
  }

  /** Sends and saves outlive the page and even the chat's tab: they were promised. */
  #handlers(page: SurfacePage): SurfaceHandlers {
    const { hub, keeper, outbox, ground, conversation } = this.#parts
    const chat = { conversation }
    return {
      open: () => this.#open(page),
      ...actHandlers({ hub, ground, conversation }),
      ...fileHandlers({ hub, files: ground.files, conversation, added: this.#added }),
      history: async range => {
        const { messages, more } = await hub.request('history', { with: conversation, ...range })
        return { messages: messages.map(this.#authors.shown), more }
      },
      send: async ({ message, text, ...enclosed }) => {
        const info = this.#info
        if (info === undefined) throw new ParleyError('usage', l10n.t('This chat is not open yet.'))
        const to = addresseeOf(info)
        const sent = await outbox.send({ conversation, to, text, message, written: Date.now(), ...enclosed })
        ground.sent()
        return shownMessage(sent)
      },
      drop: async ({ message }) => {
        outbox.drop(message)
        return null
      },
      writing: async change => {
        keeper.hand(conversation, change)
        return null
      },
      save: async change => {
        await keeper.save(conversation, change, this)
        return null
      },
      markRead: async ({ position }) => {
        await hub.request('markRead', { ...chat, position })
        return null
      },
      openLink: async ({ href }) => {
        const link = readLink(href)
        if (!link) throw new ParleyError('bad-address', l10n.t('Parley opens only web, mail and invite links.'))
        if (link.is === 'message') await ground.openMessage(link.to)
        else await (link.is === 'join' ? ground.openJoin(href) : ground.openOutside(href))
        return null
      },
      openPlace: async place => ({ opened: await ground.openPlace(place) }),
      copy: async ({ text }) => {
        await ground.copy(text)
        return null
      },
      selection: async () => {
        const text = await ground.selection()
        return text === undefined ? null : { text }
      },
      act: async ({ what }) => {
        if (this.#info) await ground.act(what, this.#info)
        return null
      },
    }
  }

  async #open(page: SurfacePage): Promise<Opened> {
    const { hub, keeper, outbox, ground, conversation } = this.#parts
    page.watch(listener => hub.watchChat(conversation, listener))
    const { info, messages, ...more } = await this.#read(page)
    this.#known = info.conversation
    const view = this.#view()
    if (!view) throw new ParleyError('unknown-account', l10n.t('This chat belongs to no account on this computer.'))
    page.lastView = JSON.stringify(view)
    const members = await this.#roster.read()
    const unsent = outbox.unsent(conversation)
    const { draft = info.draft, scroll = info.scroll } = keeper.unsaved(conversation) ?? {}
    return {
      view,
      draft,
      ...(scroll ? { scroll } : {}),
      ...(info.firstUnread === undefined ? {} : { firstUnread: info.firstUnread }),
      messages: messages.map(this.#authors.shown),
      ...more,
      ...(members && { members }),
      ...(unsent.length > 0 ? { unsent } : {}),
      ...(ground.strings ? { strings: ground.strings } : {}),
      locale: ground.locale,
    }
  }

  async #read(page: SurfacePage): Promise<OpenedChat> {
    const { hub, ground, conversation, patience = limits.opening } = this.#parts
    const person = personOf(this.#info)?.name ?? this.#parts.person
    const late = AbortSignal.timeout(patience)
    try {
      return await openChat(hub, { conversation, person }, AbortSignal.any([page.ended, late]))
    } catch (error) {
      if (late.aborted && hub.state.is !== 'up') throw new ParleyError('not-running', ground.whyAway(hub.state))
      throw error
    }
  }

  get #info(): ConversationInfo | undefined {
    return this.#parts.hub.conversations.get(this.conversation) ?? this.#known
  }

  #view(): ChatView | undefined {
    const { hub, ground } = this.#parts
    const conversation = this.#info
    if (!hub.accounts || !conversation) return undefined
    // One account at a time has a hub; a conversation that outlives a sign-out belongs to the one that was. With people
    // of no team one chats without an account as well.
    const account = hub.accounts[0] ?? (personOf(conversation)?.via && ofNoTeam())
    if (!account) return undefined
    const { state } = hub
    return {
      conversation: shownConversation(conversation),
      account: shownAccount(account),
      hub: state.is === 'up' ? { is: 'up' } : { is: state.is, why: ground.whyAway(state) },
      sendWith: ground.sendWith,
    }
  }

  #tellView(): void {
    const view = this.#view()
    if (!view || !this.#page?.isOpen) return
    const text = JSON.stringify(view)
    if (text === this.#page.lastView) return
    this.#page.lastView = text
    this.#page.tell({ is: 'event', event: 'view', value: view })
  }
}

/** Who chats with people of no team, and is in none. */
function ofNoTeam(): AccountInfo {
  return {
    registry: '',
    team: '',
    address: '',
    user: '',
    name: '',
    displayName: l10n.t('You'),
    state: 'online',
    availability: 'available',
    status: 'online',
  }
}
