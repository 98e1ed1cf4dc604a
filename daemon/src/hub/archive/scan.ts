import { findTerms, type SearchTerm, type Storage } from '@parley/kit'
import { limits } from '../../limits.ts'
import { isAct } from '../../protocol/bodies.ts'
import { timeOf } from '../../protocol/clock.ts'
import type { ConversationId, UserId } from '../../protocol/ids.ts'
import { keys } from '../conversations/keys.ts'
import { Pace } from '../conversations/pace.ts'
import { readMessageRow, readQueued, type Shown } from '../conversations/rows.ts'
import { documentOf } from './documents.ts'

/** A conversation, and who writes there as oneself. */
export interface Scanned {
  readonly conversation: ConversationId
  readonly own: UserId | undefined
}

/** What is looked for, in which conversations. */
export interface Scan {
  readonly terms: readonly SearchTerm[]
  readonly conversations: readonly Scanned[]
  readonly users?: readonly UserId[]
  /** ms since 1970: not before `from`, and before `to`. */
  readonly from?: number
  readonly to?: number
  readonly hasFile?: true
  readonly limit: number
  /** As the page before gave it. */
  readonly next?: string
}

/**
 * A search without an index: looks at every message, the newest first, until it has found enough or has looked for
 * `limits.scanTime` ms. `next` then says where to go on, so a page may hold fewer than were asked for.
 */
export async function scan(storage: Storage, wanted: Scan): Promise<{ ids: string[]; next?: string }> {
  const end = performance.now() + limits.scanTime
  const pace = new Pace()
  const ids: string[] = []
  // Positions begin with a time, so those of all conversations have one order.
  const latest = wanted.to === undefined ? '~' : hexTime(wanted.to)
  const start = wanted.next !== undefined && wanted.next < latest ? wanted.next : latest
  const earliest = wanted.from === undefined ? '' : hexTime(wanted.from)
  const readers = wanted.conversations.map(of => new Reader(storage, of, start))
  for (;;) {
    await pace.step()
    const newest = await newestOf(readers)
    const position = newest?.position
    if (newest === undefined || position === undefined || position < earliest) return { ids }
    const id = newest.take(wanted)
    if (id !== undefined) ids.push(id)
    if (ids.length === wanted.limit || performance.now() > end) return { ids, next: position }
  }
}

/** The messages of one conversation, backwards: those that have not left yet, then the others. */
class Reader {
  readonly #storage: Storage
  readonly #of: Scanned
  readonly #start: string
  /** Positions and rows, the next one last. */
  #rows: (readonly [string, Uint8Array])[] = []
  #part: { readonly prefix: string; readonly start: string; after: string } | undefined

  constructor(storage: Storage, of: Scanned, start: string) {
    this.#storage = storage
    this.#of = of
    this.#start = start
    const { conversation, own } = of
    this.#part = own !== undefined && start > queued ? this.#outbox : this.#sealed(conversation)
  }

  /** Of the next message; undefined: there is none. */
  get position(): string | undefined {
    return this.#rows.at(-1)?.[0]
  }

  async load(): Promise<void> {
    while (this.#rows.length === 0 && this.#part !== undefined) {
      const { prefix, start, after } = this.#part
      const { rows, more } = await this.#storage.list(prefix, { after, limit: limits.historyRows, reverse: true })
      this.#rows = rows.map(([key, value]) => [`${start}${key.slice(prefix.length)}`, value] as const).reverse()
      const last = rows.at(-1)?.[0]
      if (more && last !== undefined) this.#part.after = last
      else this.#part = start === queued ? this.#sealed(this.#of.conversation) : undefined
    }
  }

  /** Goes on by one message; gives it if it is one that is looked for. */
  take({ terms, users, from = 0, to = Number.POSITIVE_INFINITY, hasFile }: Scan): string | undefined {
    const [position, value] = this.#rows.pop() ?? []
    const shown = position !== undefined && value ? this.#read(position, value) : undefined
    if (position === undefined || shown === undefined) return undefined
    const document = documentOf(this.#of.conversation, position, shown)
    if (document === undefined || (hasFile && !document.hasFile)) return undefined
    if (document.time < from || document.time >= to) return undefined
    if (users !== undefined && !users.includes(shown.user)) return undefined
    return findTerms(document.text, terms) === undefined ? undefined : document.id
  }

  #read(position: string, value: Uint8Array): (Shown & { readonly user: UserId }) | undefined {
    if (!position.startsWith(queued)) return readMessageRow(position, value)
    const said = readQueued(position, value)
    const { own } = this.#of
    return own === undefined || isAct(said) ? undefined : { ...said, user: own }
  }

  get #outbox() {
    const prefix = keys.outboxOf(this.#of.conversation)
    return { prefix, start: queued, after: `${prefix}${this.#start === '~' ? '~' : this.#start.slice(queued.length)}` }
  }

  #sealed(conversation: ConversationId) {
    return { prefix: keys.messagesOf(conversation), start: '', after: keys.message(conversation, this.#start) }
  }
}

/** How the positions of those begin that have not left yet: behind all others. */
const queued = 'outbox/'

async function newestOf(readers: readonly Reader[]): Promise<Reader | undefined> {
  let newest: Reader | undefined
  for (const reader of readers) {
    await reader.load()
    if (reader.position === undefined) continue
    if (newest?.position === undefined || reader.position > newest.position) newest = reader
  }
  return newest
}

function hexTime(ms: number): string {
  return timeOf(ms).toString(16).padStart(16, '0')
}
