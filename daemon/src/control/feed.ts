import { limits } from '../limits.ts'
import type {
  ChatState,
  ControlNotifications,
  ConversationInfo,
  FileProgress,
  HistoryProgress,
  HubChange,
  HubSnapshot,
  MessageInfo,
  PeopleSnapshot,
} from '../protocol/control.ts'
import { sizeInControl } from '../protocol/control-framing.ts'
import type { HubPart, HubPartChange, SavedChat } from './parts.ts'
import { PeopleNews } from './people-news.ts'

/** Where a feed's notifications go. */
export interface FeedOutlet {
  send<Name extends keyof ControlNotifications>(name: Name, params: ControlNotifications[Name]): void
  /** Whether the front end leaves so much unread that it should not be sent more. */
  isBehind(): boolean
}

/**
 * What one front end is told of a hub: numbered changes, people, and the messages and what others saved of the
 * conversations that it watches, each kind at most `limits.feedPerSecond` times a second, where a later state replaces an
 * earlier one that was not yet sent.
 *
 * Nothing piles up for a front end that does not read: what it would have been told is dropped, and once it reads again
 * it gets a change whose number leaves a gap (subscribe again) and, for each conversation it watches, an empty list of
 * messages (read the history again). Of people and of what was saved only the last state waits, which is bounded.
 */
export class Feed {
  readonly #hub: HubPart
  readonly #outlet: FeedOutlet
  readonly #unwatch: () => void
  #number: number | undefined
  /** What of the snapshot, besides conversations, is another now. */
  readonly #news = new Set<SnapshotPart>()
  #hasLapsed = false
  #flushed = Number.NEGATIVE_INFINITY
  #timer: NodeJS.Timeout | undefined
  readonly #conversations = new Set<string>()
  /** By conversation: what waits to be sent, by message; `undefined` once it was too much. */
  readonly #watched = new Map<string, Waiting | undefined>()
  /** By conversation: what others have saved. */
  readonly #saved = new Map<string, ChatState>()
  #people: PeopleNews | undefined
  /** The files whose progress is told, the one asked for first at the beginning. */
  readonly #files = new Set<string>()
  readonly #progress = new Map<string, FileProgress>()
  /** By file: how far exports and imports are that this front end waits for. */
  readonly #histories = new Map<string, HistoryProgress>()

  constructor(hub: HubPart, outlet: FeedOutlet) {
    this.#hub = hub
    this.#outlet = outlet
    this.#unwatch = hub.watch(change => this.#take(change))
  }

  /** Starts the numbered changes, or starts them anew. */
  subscribe(): HubSnapshot {
    this.#number = (this.#number ?? 0) + 1
    this.#news.clear()
    this.#conversations.clear()
    return { number: this.#number, ...this.#hub.snapshot() }
  }

  /** Starts what is told of people, or starts it anew. */
  subscribePeople(): PeopleSnapshot {
    const snapshot = this.#hub.people()
    this.#people = new PeopleNews()
    return snapshot
  }

  /** Gives false when the front end watches as many conversations as it may. */
  watchMessages(conversation: string): boolean {
    if (this.#watched.has(conversation)) return true
    if (this.#watched.size >= limits.controlWatches) return false
    this.#watched.set(conversation, nothingWaits())
    return true
  }

  unwatchMessages(conversation: string): void {
    this.#watched.delete(conversation)
    this.#saved.delete(conversation)
  }

  /** Tells from now on how far that file is, until it is whole. */
  watchFile(hash: string): void {
    this.#files.delete(hash)
    this.#files.add(hash)
    const [oldest] = this.#files
    if (oldest !== undefined && this.#files.size > limits.filesWatched) this.#files.delete(oldest)
  }

  /** Of an export or import that this front end waits for. */
  tellHistory(progress: HistoryProgress): void {
    this.#histories.set(progress.file, progress)
    this.#arm()
  }

  close(): void {
    this.#unwatch()
    clearTimeout(this.#timer)
    this.#watched.clear()
    this.#saved.clear()
    this.#files.clear()
    this.#people = undefined
    this.#number = undefined
  }

  #take(change: HubPartChange): void {
    for (const part of snapshotParts) if (change[part]) this.#news.add(part)
    if (change.conversation !== undefined) this.#conversations.add(change.conversation)
    if (change.messages) this.#takeMessages(change.messages.conversation, change.messages.messages)
    if (change.chat) this.#takeChat(change.chat)
    if (change.people) this.#people?.add(change.people)
    if (change.file && this.#files.has(change.file.hash)) this.#progress.set(change.file.hash, change.file)
    this.#arm()
  }

  #takeMessages(conversation: string, messages: readonly MessageInfo[]): void {
    const waiting = this.#watched.get(conversation)
    if (!waiting) return
    for (const message of messages) {
      waiting.messages.set(`${message.user} ${message.message}`, message)
      waiting.bytes += sizeInControl(message.text)
    }
    const isTooMuch = waiting.messages.size > limits.controlMessages || waiting.bytes > limits.controlMessagesBytes
    if (isTooMuch) this.#watched.set(conversation, undefined)
  }

  /** Who saves knows it; of what others saved before and after only the last state counts. */
  #takeChat({ conversation, state, by }: SavedChat): void {
    if (!this.#watched.has(conversation)) return
    if (by !== this || this.#saved.has(conversation)) this.#saved.set(conversation, state)
  }

  /** The first change after a pause goes out at once, what follows it in groups. */
  #arm(): void {
    const pause = this.#flushed + 1000 / limits.feedPerSecond - performance.now()
    this.#timer ??= setTimeout(() => this.#flush(), Math.max(0, pause)).unref()
  }

  #flush(): void {
    this.#timer = undefined
    this.#flushed = performance.now()
    if (this.#outlet.isBehind()) {
      this.#lapse()
      this.#arm()
      return
    }
    this.#flushChange()
    this.#flushMessages()
    this.#flushPeople()
    for (const [conversation, state] of this.#saved) this.#outlet.send('chat', { conversation, state })
    this.#saved.clear()
    this.#flushFiles()
    for (const progress of this.#histories.values()) this.#outlet.send('historyProgress', progress)
    this.#histories.clear()
  }

  #lapse(): void {
    this.#hasLapsed = true
    for (const conversation of this.#watched.keys()) this.#watched.set(conversation, undefined)
  }

  #flushChange(): void {
    const hasNews = this.#news.size > 0 || this.#conversations.size > 0
    if (this.#number !== undefined && (hasNews || this.#hasLapsed)) {
      this.#number += this.#hasLapsed ? 2 : 1
      this.#outlet.send('change', this.#hasLapsed ? { number: this.#number } : this.#changeOf(this.#number))
    }
    this.#hasLapsed = false
    this.#news.clear()
    this.#conversations.clear()
  }

  #changeOf(number: number): HubChange {
    const conversations: ConversationInfo[] = []
    for (const id of this.#conversations) {
      const found = this.#hub.conversation(id)
      if (found) conversations.push(found)
    }
    const parts = this.#news.size > 0 ? Object.entries(this.#hub.snapshot()) : []
    return {
      number,
      ...Object.fromEntries(parts.filter(([part]) => this.#news.has(part as SnapshotPart))),
      ...(conversations.length > 0 && { conversations }),
    }
  }

  #flushMessages(): void {
    for (const [conversation, waiting] of this.#watched) {
      if (waiting?.messages.size === 0) continue
      this.#watched.set(conversation, nothingWaits())
      this.#outlet.send('messages', { conversation, messages: [...(waiting?.messages.values() ?? [])] })
    }
  }

  #flushFiles(): void {
    for (const progress of this.#progress.values()) {
      this.#outlet.send('file', progress)
      if (progress.path !== undefined) this.#files.delete(progress.hash)
    }
    this.#progress.clear()
  }

  #flushPeople(): void {
    const news = this.#people?.take()
    if (news) this.#outlet.send('people', news)
  }
}

/** What of a snapshot is told anew as a whole. */
const snapshotParts = ['accounts', 'requests', 'pendingDevices'] as const
type SnapshotPart = (typeof snapshotParts)[number]

/** The messages of one conversation that wait to be sent. */
interface Waiting {
  /** By author and message. */
  readonly messages: Map<string, MessageInfo>
  /** What the texts of all that came take as JSON. */
  bytes: number
}

function nothingWaits(): Waiting {
  return { messages: new Map(), bytes: 0 }
}
