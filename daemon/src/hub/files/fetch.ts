import { asParleyError, ParleyError } from '../../errors.ts'
import { limits } from '../../limits.ts'
import { chunkHashSize, chunksOf, hashOfFile } from '../../protocol/files.ts'
import type { ConversationId, DeviceId, FileHash } from '../../protocol/ids.ts'
import { storeError } from './errors.ts'
import type { Holder, Lane } from './lane.ts'
import { Part, storedHashes } from './part.ts'
import type { FileStore } from './store.ts'

/** What one file on its way needs of all. */
export interface FetchParts {
  readonly store: FileStore
  readonly signal: AbortSignal
  /** Whoever is linked and takes part in that conversation, and one's own other devices. */
  holders(conversation: ConversationId): Iterable<Holder>
  laneOf(holder: Holder): Lane
  /** A chunk more is here, or what it waits for is another thing. */
  progressed(fetch: Fetch): void
  /** It has come to its end: whole, or not to be had. */
  ended(fetch: Fetch): void
  /** Nobody is linked who could give it: those who take part should be dialled. */
  sought(fetch: Fetch): void
  /** There may be something to ask for, now or (ms) later. */
  wake(later?: number): void
  /** A holder gave bytes that are not the file's. */
  lied(fetch: Fetch, holder: Holder): void
}

/** A way to ask: over which link, as of which conversation. */
interface Way {
  readonly lane: Lane
  readonly conversation: ConversationId
}

/**
 * A file on its way: first the hashes of its chunks, which its own hash proves, then its chunks, from all who are linked
 * at once. A holder that gives wrong bytes is asked no more; one that goes or hangs is replaced by any other.
 */
export class Fetch {
  readonly hash: FileHash
  /** Whole here; rejects with ParleyError `forged` for a file that is not what its message says, `closed` at the end. */
  readonly whole: Promise<void>
  readonly #parts: FetchParts
  /** The conversations that name it, with the largest size that a message there says. */
  readonly #conversations = new Map<ConversationId, number>()
  readonly #settle: PromiseWithResolvers<void>
  readonly #liars = new Set<DeviceId>()
  /** Who is not asked before that time, of the clock that never goes back. */
  readonly #resting = new Map<Lane, { readonly until: number; readonly isLacking: boolean }>()
  readonly #asked = new Map<number, { readonly lane: Lane; readonly at: number; isAskedTwice: boolean }>()
  #again: number[] = []
  #next = 0
  #part: Part | undefined
  #isBusy = false
  #troubleUntil = 0
  #waiting: string | undefined
  #isSought = false
  #isOver = false

  constructor(hash: FileHash, parts: FetchParts) {
    this.hash = hash
    this.#parts = parts
    this.#settle = Promise.withResolvers()
    this.whole = this.#settle.promise
    this.whole.catch(() => {}) // often nobody waits for it
  }

  get conversations(): readonly ConversationId[] {
    return [...this.#conversations.keys()]
  }

  /** Bytes that are here. */
  get done(): number {
    return Math.min(this.#part?.done ?? 0, this.size)
  }

  /** As messages say, the largest. */
  get size(): number {
    return Math.max(0, ...this.#conversations.values())
  }

  /** Why it does not go on, in a sentence; undefined: it does. */
  get waiting(): string | undefined {
    return this.#waiting
  }

  /** Whether nobody is linked who has it, as far as is known. */
  get isSought(): boolean {
    return this.#isSought
  }

  /** A message of that conversation names it, with that size. */
  name(conversation: ConversationId, size: number): void {
    this.#conversations.set(conversation, Math.max(size, this.#conversations.get(conversation) ?? 0))
  }

  /** Whether somebody is there who can be asked; says why not, if nobody is. */
  look(): boolean {
    if (performance.now() < this.#troubleUntil) return false
    const ways = this.#ways()
    const isThere = ways.some(({ lane }) => !this.#isResting(lane))
    if (!isThere) this.wait(this.#whyNobody(ways))
    const wasSought = this.#isSought
    this.#isSought = !isThere && !this.#mayAnswer(ways)
    if (this.#isSought && !wasSought) this.#parts.sought(this)
    return isThere
  }

  wait(why: string | undefined): void {
    if (this.#waiting === why || this.#isOver) return
    this.#waiting = why
    this.#parts.progressed(this)
  }

  /** Asks for as much as may be asked for now. */
  pump(): void {
    if (this.#isOver || this.#isBusy || performance.now() < this.#troubleUntil) return
    const ways = this.#ways().filter(({ lane }) => !this.#isResting(lane))
    if (this.#part === undefined) {
      this.#begin(ways)
      return
    }
    let hasAsked = ways.length > 0 && !this.#part.isWhole
    while (hasAsked) {
      hasAsked = false
      for (const way of ways) {
        if (!way.lane.isFree) continue
        const chunk = this.#take(way.lane)
        if (chunk === undefined) continue
        hasAsked = true
        void this.#fetch(way, chunk)
      }
    }
    if (this.#asked.size > 0 && this.#next >= this.#part.chunks) this.#parts.wake(limits.fileStall)
  }

  /** Nothing more is asked for. What is here stays for the next time. */
  async close(why: ParleyError): Promise<void> {
    if (this.#isOver) return
    this.#isOver = true
    this.#settle.reject(why)
    await this.#part?.close().catch(() => {})
  }

  /** It has come in another way. */
  async came(): Promise<void> {
    if (this.#isOver) return
    this.#isOver = true
    this.#waiting = undefined
    await this.#part?.close().catch(() => {})
    this.#settle.resolve()
    this.#parts.ended(this)
  }

  #ways(): Way[] {
    const ways = new Map<Lane, Way>()
    for (const conversation of this.#conversations.keys()) {
      for (const holder of this.#parts.holders(conversation)) {
        if (holder.link.signal.aborted || this.#liars.has(holder.device)) continue
        const lane = this.#parts.laneOf(holder)
        if (!ways.has(lane)) ways.set(lane, { lane, conversation })
      }
    }
    for (const lane of this.#resting.keys()) if (lane.isClosed) this.#resting.delete(lane)
    return [...ways.values()]
  }

  #isResting(lane: Lane): boolean {
    return performance.now() < (this.#resting.get(lane)?.until ?? 0)
  }

  #whyNobody(ways: readonly Way[]): string {
    if (ways.length === 0) {
      return this.#liars.size > 0 ? 'What came was not this file. Others are asked once they are online.' : nobody
    }
    return this.#mayAnswer(ways) ? 'Whoever has it does not answer just now.' : 'Nobody who is online has it.'
  }

  /** Whether somebody rests who has not said that they lack it. */
  #mayAnswer(ways: readonly Way[]): boolean {
    return ways.some(({ lane }) => this.#resting.get(lane)?.isLacking === false)
  }

  /** The first chunk that is not here and was asked of nobody; else one that hangs with somebody else. */
  #take(lane: Lane): number | undefined {
    const part = this.#part
    if (part === undefined) return undefined
    for (let chunk = this.#again.pop(); chunk !== undefined; chunk = this.#again.pop()) {
      if (!part.has(chunk) && !this.#asked.has(chunk)) return chunk
    }
    while (this.#next < part.chunks) {
      const chunk = this.#next++
      if (!part.has(chunk)) return chunk
    }
    const late = performance.now() - limits.fileStall
    for (const [chunk, asked] of this.#asked) {
      if (asked.at > late || asked.isAskedTwice || asked.lane === lane) continue
      asked.isAskedTwice = true
      return chunk
    }
    return undefined
  }

  async #fetch({ lane, conversation }: Way, chunk: number): Promise<void> {
    const { signal, lied, wake, progressed } = this.#parts
    const own = { lane, at: performance.now(), isAskedTwice: this.#asked.has(chunk) }
    this.#asked.set(chunk, own)
    try {
      const bytes = await lane.ask({ conversation, hash: this.hash, chunk }, signal)
      if (this.#isOver || this.#part === undefined) return
      const isRight = await this.#part.write(chunk, bytes).catch(error => this.#troubled(error))
      if (isRight === false) {
        this.#liars.add(lane.holder.device)
        lied(this, lane.holder)
      } else if (isRight) progressed(this)
    } catch (error) {
      this.#refused(lane, asParleyError(error))
    } finally {
      if (this.#asked.get(chunk) === own) this.#asked.delete(chunk)
      if (this.#part?.has(chunk) === false) this.#again.push(chunk)
      if (this.#part?.isWhole) await this.#finish()
      wake()
    }
  }

  #begin(ways: readonly Way[]): void {
    const way = ways.find(({ lane }) => lane.isFree)
    if (!way) return
    this.#isBusy = true
    this.#prepare(way).then(
      () => {
        this.#isBusy = false
        this.#parts.wake()
      },
      error => {
        this.#isBusy = false
        this.#troubled(error)
      },
    )
  }

  async #prepare({ lane, conversation }: Way): Promise<void> {
    const { store, signal, lied } = this.#parts
    let hashes = await storedHashes(store, this.hash)
    if (hashes === undefined) {
      try {
        hashes = await lane.ask({ conversation, hash: this.hash, chunk: 'hashes' }, signal)
      } catch (error) {
        this.#refused(lane, asParleyError(error))
        return
      }
      if (hashOfFile(hashes) !== this.hash || hashes.length % chunkHashSize !== 0) {
        this.#liars.add(lane.holder.device)
        lied(this, lane.holder)
        return
      }
    }
    if (this.#isOver) return
    if (hashes.length > chunksOf(this.size) * chunkHashSize) {
      await this.#giveUp(new ParleyError('forged', 'The file is larger than its message says, so it was not fetched.'))
      return
    }
    this.#part = await Part.open(store, this.hash, hashes)
    this.#again = []
    this.#next = 0
    this.#parts.progressed(this)
    if (this.#part.isWhole) await this.#finish()
  }

  async #finish(): Promise<void> {
    if (this.#isOver) return
    const part = this.#part
    this.#isOver = true
    try {
      await part?.finish()
    } catch (error) {
      this.#isOver = false
      this.#part = undefined
      await part?.close().catch(() => {})
      this.#troubled(error)
      return
    }
    this.#waiting = undefined
    this.#settle.resolve()
    this.#parts.ended(this)
  }

  async #giveUp(why: ParleyError): Promise<void> {
    await this.close(why)
    this.#waiting = why.message
    this.#parts.ended(this)
  }

  /** A holder did not give what it was asked for. */
  #refused(lane: Lane, { code, retryAfter }: ParleyError): void {
    if (lane.isClosed || this.#isOver) return
    const isLater = code === 'busy' || code === 'timeout' || code === 'internal' || code === 'storage'
    const rest = isLater ? (retryAfter ?? limits.fileBusyAgain) : limits.fileAskAgain
    const until = performance.now() + Math.min(rest, limits.fileAskAgain)
    this.#resting.set(lane, { until, isLacking: !isLater })
    this.#parts.wake(rest)
  }

  /** What has come cannot be kept here: nothing is asked for until it may be again. */
  #troubled(error: unknown): void {
    const { message } = storeError(error)
    this.#troubleUntil = performance.now() + limits.fileWriteAgain
    this.wait(message)
    this.#parts.wake(limits.fileWriteAgain)
  }
}

const nobody = 'Nobody who has it is online.'
