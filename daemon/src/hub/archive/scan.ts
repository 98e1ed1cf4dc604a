import { findTerms, type SearchTerm, type Storage } from '@parley/kit'
import { limits } from '../../limits.ts'
import { timeOf } from '../../protocol/clock.ts'
import type { ConversationId, UserId } from '../../protocol/ids.ts'
import { keys } from '../conversations/keys.ts'
import { Pace } from '../conversations/pace.ts'
import { readMessageRow } from '../conversations/rows.ts'
import { documentId, documentOf } from './documents.ts'

/** What is looked for, in which conversations. */
export interface Scan {
  readonly terms: readonly SearchTerm[]
  readonly conversations: readonly ConversationId[]
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
  const readers = wanted.conversations.map(id => new Reader(storage, id, start))
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

/** The messages of one conversation, backwards. */
class Reader {
  readonly #storage: Storage
  readonly #conversation: ConversationId
  #rows: (readonly [string, Uint8Array])[] = []
  #after: string | undefined

  constructor(storage: Storage, conversation: ConversationId, start: string) {
    this.#storage = storage
    this.#conversation = conversation
    this.#after = keys.message(conversation, start)
  }

  /** Of the next message; undefined: there is none. */
  get position(): string | undefined {
    return this.#rows.at(-1)?.[0].slice(keys.messagesOf(this.#conversation).length)
  }

  async load(): Promise<void> {
    if (this.#rows.length > 0 || this.#after === undefined) return
    const range = { after: this.#after, limit: limits.historyRows, reverse: true }
    const { rows, more } = await this.#storage.list(keys.messagesOf(this.#conversation), range)
    this.#rows = rows.map(([key, value]) => [key, value] as const).reverse()
    this.#after = more ? rows.at(-1)?.[0] : undefined
  }

  /** Goes on by one message; gives it if it is one that is looked for. */
  take({ terms, users, hasFile }: Scan): string | undefined {
    const { position } = this
    const row = this.#rows.pop()
    if (row === undefined || position === undefined) return undefined
    const shown = readMessageRow(...row)
    const document = documentOf(this.#conversation, position, shown)
    if (document === undefined || (hasFile && !document.hasFile)) return undefined
    if (users !== undefined && !users.includes(shown.user)) return undefined
    if (findTerms(document.text, terms) === undefined) return undefined
    return documentId({ conversation: this.#conversation, user: shown.user, message: shown.message })
  }
}

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
