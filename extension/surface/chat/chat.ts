import type { MessageInfo } from '@parley/daemon/protocol/control'
import { personOf } from '@parley/daemon/protocol/conversation-infos'
import type { ChatView, Enclosed, Opened, SurfaceEvents, SurfaceState } from '../../src/chat/messages.ts'
import type { Host } from '../bridge.ts'
import { limits } from '../limits.ts'
import type { Heard } from '../model/announce.ts'
import { eventWords } from '../model/event-words.ts'
import { keyOf } from '../model/held.ts'
import { peopleOf } from '../model/people.ts'
import { fromKept, readKept, toKeep, type Waiting } from '../model/unsent.ts'
import { Acts } from './acts.ts'
import { Draft, type KeptDraft } from './draft.ts'
import { Files } from './files.ts'
import { Later } from './later.ts'
import { Pages, sentence } from './pages.ts'
import { type InSight, Reader } from './reader.ts'
import { Sender } from './sender.ts'
import { atFirst, type ChatStore, Store } from './state.ts'
import { Typing } from './typing.ts'

/** What the extension tells the page to do. */
export interface Commands {
  readonly insert: (text: string) => void
  readonly focus: (what: SurfaceEvents['focus']) => void
}

/** One conversation as a surface shows it: what the extension tells and answers becomes its state. */
export class Chat {
  readonly store: ChatStore = new Store(atFirst)
  readonly pages: Pages
  readonly sender: Sender
  readonly reader: Reader
  readonly draft: Draft
  readonly acts: Acts
  readonly files: Files
  readonly typing: Typing
  readonly #host: Host
  readonly #configure: (opened: Opened) => void
  #hear: (heard: readonly Heard[]) => void = () => {}
  #commands: Commands | undefined
  /** What was to be done before the page was there. */
  #toDo: readonly ((commands: Commands) => void)[] = []
  /** What an earlier life of this surface has kept for other conversations. */
  #elsewhere: readonly Waiting[] = []
  readonly #again: Later
  #isReading = false
  #isStale = false

  /**
   * `configure` is called with what was opened before any of it is shown: for language and strings. `openAgain`: after
   * how many ms it is tried once more to read the chat again.
   */
  constructor(host: Host, configure: (opened: Opened) => void, openAgain: number = limits.openAgain) {
    this.#host = host
    this.#configure = configure
    this.#again = new Later(openAgain, () => void this.open())
    this.pages = new Pages(host, this.store)
    this.sender = new Sender(host, this.store, message => this.#told([message]))
    this.reader = new Reader(host, this.store)
    this.acts = new Acts(host, this.store, this.reader, message => this.#told([message]))
    this.typing = new Typing(host)
    this.files = new Files(host, this.store)
    this.draft = new Draft(host, this.store, () => this.#keep())
  }

  /** New messages of others go to `hear`, which says them to a screen reader. */
  onHeard(hear: (heard: readonly Heard[]) => void): void {
    this.#hear = hear
  }

  /** From now on `commands` does what the extension tells, and what it has told before. */
  obey(commands: Commands): void {
    this.#commands = commands
    const toDo = this.#toDo
    this.#toDo = []
    for (const command of toDo) command(commands)
  }

  start(): void {
    this.#host.on('view', view => this.#viewed(view))
    this.#host.on('messages', messages => this.#told(messages))
    this.#host.on('file', progress => this.files.told(progress))
    this.#host.on('members', members => this.store.set({ members }))
    this.#host.on('reveal', ({ position }) => void this.pages.reveal(position))
    this.#host.on('saved', ({ draft }) => this.draft.savedElsewhere(draft))
    this.#host.on('sight', ({ isInSight }) => this.reader.sight(isInSight))
    this.#host.on('insert', ({ text }) => this.#do(commands => commands.insert(text)))
    this.#host.on('focus', what => this.#do(commands => commands.focus(what)))
    this.#host.on('stale', () => void this.open())
    this.#host.ready()
    void this.open()
  }

  /**
   * Reads the chat, again when it may be stale; what is in sight and what is being written stay. One reading at a time,
   * to its end: in a flood the chat is stale again before it has been read.
   */
  async open(): Promise<void> {
    this.#isStale = true
    if (this.#isReading) return
    this.#isReading = true
    while (this.#isStale) {
      this.#isStale = false
      await this.#read()
    }
    this.#isReading = false
  }

  /** Never rejects: a failure is shown, or the chat is read again. */
  async #read(): Promise<void> {
    const isFirst = this.store.state.view === undefined
    if (isFirst) this.store.set({ opening: 'loading' })
    this.reader.flush()
    try {
      await this.pages.replace(
        () => this.#host.ask('open', {}),
        opened => this.#opened(opened),
      )
    } catch (error) {
      if (isFirst) this.store.set({ opening: { why: sentence(error) } })
      // What is shown already stays, but nothing new is told before it has been read again.
      else this.#again.ask()
    }
  }

  send(text: string, enclosed: Enclosed = {}): void {
    if (!this.sender.send(text, enclosed)) return
    this.typing.stop()
    this.reader.answered()
    this.draft.write('')
    this.draft.flush()
    this.#keep()
    void this.pages.latest()
  }

  retry(message: string): void {
    this.sender.retry(message)
    this.#keep()
  }

  /** Takes a failed message back into the composer, behind what is there. */
  edit(message: string): void {
    const text = this.#drop(message) ?? ''
    const { draft } = this.store.state
    this.draft.write(draft.trim() === '' ? text : `${draft}\n${text}`)
    this.#keep()
  }

  discard(message: string): void {
    this.#drop(message)
    this.#keep()
  }

  sees(inSight: InSight): void {
    this.pages.readsAt(inSight.isAtEnd ? undefined : inSight.top?.position)
    this.reader.sees(inSight)
  }

  /** Saves what waits to be saved, because the page may go now. */
  flush(): void {
    this.draft.flush()
    this.reader.flush()
    this.typing.stop()
  }

  #drop(message: string): string | undefined {
    this.#host.ask('drop', { message }).catch(() => {})
    return this.sender.drop(message)
  }

  #do(command: (commands: Commands) => void): void {
    if (this.#commands) command(this.#commands)
    else this.#toDo = [...this.#toDo, command]
  }

  #opened(opened: Opened): void {
    const { view, locale, messages, firstUnread, scroll, members = [] } = opened
    const { state } = this.store
    const isFirst = state.view === undefined
    this.#configure(opened)
    const kept: Restored = isFirst ? this.#restored(view.conversation.conversation) : { unsent: [] }
    const here = new Set(messages.map(keyOf))
    // Most is the same when it is opened again: then nothing is drawn anew, and nothing moves.
    const isSameStretch = !isFirst && state.held.messages.some(message => here.has(keyOf(message)))
    this.store.set({ opening: 'open', view, locale, members })
    this.reader.opened(firstUnread)
    const line = firstUnread === undefined ? 'latest' : 'newLine'
    this.pages.show(opened, isSameStretch ? undefined : (scroll ?? line))
    this.sender.restore([...(opened.unsent ?? []), ...kept.unsent].map(fromKept))
    this.sender.told(messages)
    this.draft.opened(opened.draft, kept.draft, messages)
    if (view.hub.is === 'up') this.sender.hubIsUp()
    this.#keep()
  }

  #viewed(view: ChatView): void {
    const { view: last, opening } = this.store.state
    const isBack = view.hub.is === 'up' && last?.hub.is !== 'up'
    if (last !== undefined) this.store.set({ view })
    if (!isBack) return
    if (last === undefined) {
      if (typeof opening === 'object') void this.open()
      return
    }
    this.sender.hubIsUp()
    this.draft.hubIsUp()
  }

  #told(messages: readonly MessageInfo[]): void {
    const { held, view, members } = this.store.state
    const known = new Set(held.messages.map(keyOf))
    const fresh = messages.filter(message => !message.mine && !message.gone && !known.has(keyOf(message)))
    this.store.batch(() => {
      this.pages.told(messages)
      this.sender.told(messages)
      if (view !== undefined) this.reader.arrived(fresh)
    })
    this.#keep()
    if (view === undefined || fresh.length === 0) return
    const { nameOf } = peopleOf(view, members)
    this.#hear(
      fresh.map(({ user, name, text, event }) => {
        const by = nameOf(user, name)
        return event ? { name: by, text: eventWords(event, by), isEvent: true } : { name: by, text }
      }),
    )
  }

  /** What was kept of this conversation; the rest is kept on. */
  #restored(conversation: string): Restored {
    const kept = this.#host.kept()
    if (typeof kept !== 'object' || kept === null) return { unsent: [] }
    const {
      conversation: last,
      unsent,
      draft,
      draftOver,
      draftTime,
    } = kept as Partial<Record<keyof SurfaceState, unknown>>
    const waiting = readKept(unsent)
    this.#elsewhere = waiting.filter(one => one.conversation !== conversation)
    return {
      unsent: waiting.filter(one => one.conversation === conversation),
      ...(last === conversation &&
        typeof draft === 'string' &&
        Array.isArray(draftOver) &&
        typeof draftTime === 'number' && { draft: { draft, draftOver, draftTime } }),
    }
  }

  #keep(): void {
    const { view, unsent } = this.store.state
    if (view === undefined) return
    const { conversation } = view.conversation
    this.#host.keep({
      conversation,
      person: personOf(view.conversation)?.name ?? '',
      unsent: [...toKeep(unsent, conversation), ...this.#elsewhere],
      ...this.draft.kept,
    })
  }
}

/** What an earlier life of the surface has kept of a chat. */
interface Restored {
  readonly unsent: readonly Waiting[]
  readonly draft?: KeptDraft
}
