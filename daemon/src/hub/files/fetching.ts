import type { Log, Storage } from '@parley/kit'
import { ParleyError } from '../../errors.ts'
import { limits } from '../../limits.ts'
import type { Attachment } from '../../protocol/files.ts'
import { type ConversationId, conversationId, type FileHash } from '../../protocol/ids.ts'
import { Fetch, type FetchParts } from './fetch.ts'
import { type Holder, Lane, type Load } from './lane.ts'
import { fileKeys, fileRow, readFileRow } from './rows.ts'
import type { FileStore } from './store.ts'

export interface FetchingParts {
  readonly store: FileStore
  readonly storage: Storage
  /** Whoever is linked and takes part in that conversation, and one's own other devices. */
  readonly holders: (conversation: ConversationId) => Iterable<Holder>
  /** Nobody is linked who could give a file that a message there names. */
  readonly sought: (conversations: readonly ConversationId[]) => void
  /** How far a file is has changed. */
  readonly progressed: (fetch: Fetch) => void
  /** A file is whole here; these conversations name it. */
  readonly whole: (hash: FileHash, conversations: readonly ConversationId[]) => void
  readonly log: Log
}

/**
 * The files that are to be fetched: kept over restarts until each is whole, and gone on with by themselves whenever
 * somebody comes who may have them. A few at a time; the others wait for their turn.
 */
export class Fetching {
  readonly #parts: FetchingParts
  readonly #fetches = new Map<FileHash, Fetch>()
  /** Those that are being fetched. */
  readonly #active = new Set<Fetch>()
  readonly #lanes = new WeakMap<AbortSignal, Lane>()
  readonly #load: Load = { inFlight: 0 }
  readonly #closing = new AbortController()
  /** Those that wait have to be looked at again. */
  #isStale = true
  #immediate: NodeJS.Immediate | undefined
  #timer: NodeJS.Timeout | undefined
  /** When those that wait are to be looked at again, in steps of `limits.fileNews` ms. */
  readonly #dues = new Set<number>()

  constructor(parts: FetchingParts) {
    this.#parts = parts
  }

  /** Goes on with what an earlier run has not finished. @throws ParleyError `damaged-data`, and what storage throws */
  async load(): Promise<void> {
    const { storage, store } = this.#parts
    for (let after: string | undefined; ; ) {
      const page = await storage.list(fileKeys.wanted, { limit: limits.filesWanted, ...(after && { after }) })
      for (const [key, value] of page.rows) {
        after = key
        const { hash, size } = readFileRow(key, value)
        if (store.files.has(hash)) await storage.write([{ remove: key }])
        else this.#fetchOf(hash).name(conversationOf(key), size)
      }
      if (!page.more) break
    }
    this.#wake()
  }

  /** A file on its way; undefined when it is not wanted. */
  get(hash: FileHash): Fetch | undefined {
    return this.#fetches.get(hash)
  }

  /** Those that are on their way or wait. */
  get hashes(): readonly FileHash[] {
    return [...this.#fetches.keys()]
  }

  /** The conversations of those that nobody who is linked has. */
  get sought(): ReadonlySet<ConversationId> {
    return new Set([...this.#fetches.values()].flatMap(fetch => (fetch.isSought ? fetch.conversations : [])))
  }

  /** How many there are of them. */
  get count(): number {
    return this.#fetches.size
  }

  /**
   * Begins to fetch a file that a message of that conversation names; resolves once that is kept.
   * @throws ParleyError `busy` for too many, and what storage throws
   */
  async want(conversation: ConversationId, attachment: Attachment): Promise<Fetch> {
    const { hash, size } = attachment
    if (!this.#fetches.has(hash) && this.#fetches.size >= limits.filesWanted) {
      throw new ParleyError('busy', 'Too many files are on their way already. Try again once some of them are here.')
    }
    const fetch = this.#fetchOf(hash)
    fetch.name(conversation, size)
    await this.#parts.storage.write([{ put: fileKeys.wantedIn(hash, conversation), value: fileRow(attachment) }])
    this.#isStale = true
    this.#wake()
    return fetch
  }

  /** Somebody has come who may have something. */
  linked(): void {
    if (this.#fetches.size === 0) return
    this.#isStale = true
    this.#wake()
  }

  /** No message names it any more: what has come of it goes as well. */
  drop(hash: FileHash): Promise<void> {
    return this.#giveUp(hash, new ParleyError('no-file', 'The message with this file was deleted.'))
  }

  /** The person does not want it any more: what has come of it goes as well. */
  cancel(hash: FileHash): Promise<void> {
    return this.#giveUp(hash, new ParleyError('closed', 'It is not fetched any more, because that was cancelled.'))
  }

  async #giveUp(hash: FileHash, why: ParleyError): Promise<void> {
    const fetch = this.#fetches.get(hash)
    if (!fetch) return
    await fetch.close(why)
    await this.#ended(fetch)
    await this.#parts.store.removePart(hash)
  }

  async close(): Promise<void> {
    this.#closing.abort(new ParleyError('closed', 'The hub is stopping; the file comes later.'))
    clearImmediate(this.#immediate)
    clearTimeout(this.#timer)
    this.#dues.clear()
    const closed = new ParleyError('closed', 'The hub is stopping; the file goes on when it runs again.')
    await Promise.all([...this.#fetches.values()].map(fetch => fetch.close(closed)))
    this.#fetches.clear()
    this.#active.clear()
  }

  #fetchOf(hash: FileHash): Fetch {
    const known = this.#fetches.get(hash)
    if (known) return known
    const { store, holders, progressed, log } = this.#parts
    const parts: FetchParts = {
      store,
      signal: this.#closing.signal,
      holders,
      sought: fetch => this.#parts.sought(fetch.conversations),
      laneOf: holder => this.#laneOf(holder),
      progressed,
      ended: fetch => void this.#ended(fetch),
      wake: later => this.#wake(later),
      lied: ({ hash: file }, { user, device }) =>
        log.warn({ file, user, device }, 'A peer gave bytes that are not of the file it was asked for.'),
    }
    const fetch = new Fetch(hash, parts)
    this.#fetches.set(hash, fetch)
    return fetch
  }

  #laneOf(holder: Holder): Lane {
    const { signal } = holder.link
    const lane = this.#lanes.get(signal) ?? new Lane(holder, this.#load)
    this.#lanes.set(signal, lane)
    return lane
  }

  async #ended(fetch: Fetch): Promise<void> {
    const { storage, store, whole, progressed, log } = this.#parts
    const { hash } = fetch
    if (this.#fetches.get(hash) !== fetch) return
    this.#fetches.delete(hash)
    this.#active.delete(fetch)
    if (store.files.has(hash)) whole(hash, fetch.conversations)
    else progressed(fetch)
    this.#isStale = true
    this.#wake()
    try {
      const { rows } = await storage.list(fileKeys.wantedOf(hash), { limit: limits.filesWanted })
      if (rows.length > 0) await storage.write(rows.map(([key]) => ({ remove: key })))
    } catch (error) {
      // The next start finds that it is here.
      log.warn({ file: hash, error }, 'A file that is no longer wanted could not be crossed out.')
    }
  }

  /** `later`: in so many ms; else once what runs now has ended. */
  #wake(later?: number): void {
    if (this.#closing.signal.aborted || this.#fetches.size === 0) return
    if (later === undefined) {
      this.#immediate ??= setImmediate(() => {
        this.#immediate = undefined
        this.#pump()
      })
      return
    }
    // In steps, so that there are few; a step late, because timers may be early.
    this.#dues.add(Math.ceil((performance.now() + later) / limits.fileNews) + 1)
    this.#arm()
  }

  /** One timer, for what is due first. */
  #arm(): void {
    clearTimeout(this.#timer)
    if (this.#dues.size === 0) return
    const first = Math.min(...this.#dues)
    const wait = Math.max(0, first * limits.fileNews - performance.now())
    this.#timer = setTimeout(() => {
      for (const due of this.#dues) if (due <= first) this.#dues.delete(due)
      this.#isStale = true
      this.#pump()
      this.#arm()
    }, wait).unref()
  }

  #pump(): void {
    for (const fetch of this.#active) {
      if (fetch.look()) continue
      this.#active.delete(fetch)
      this.#isStale = true
    }
    if (this.#isStale) this.#choose()
    // Each in its turn is the first to ask.
    const [first] = this.#active
    for (const fetch of this.#active) fetch.pump()
    if (first && this.#active.delete(first)) this.#active.add(first)
  }

  #choose(): void {
    this.#isStale = false
    for (const fetch of this.#fetches.values()) {
      if (this.#active.has(fetch) || !fetch.look()) continue
      if (this.#active.size < limits.filesFetched) this.#active.add(fetch)
      else fetch.wait('It waits for other files.')
    }
  }
}

function conversationOf(wantedKey: string): ConversationId {
  return conversationId(wantedKey.slice(wantedKey.lastIndexOf('/') + 1))
}
