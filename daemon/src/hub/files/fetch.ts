import { randomInt } from 'node:crypto'
import { asParleyError, ParleyError } from '../../errors.ts'
import { limits } from '../../limits.ts'
import { chunkHashSize, chunksOf, hashOfFile } from '../../protocol/files.ts'
import type { ConversationId, DeviceId, FileHash } from '../../protocol/ids.ts'
import { storeError } from './errors.ts'
import type { Holder, Lane } from './lane.ts'
import { bytesOfBits, Part, storedHashes } from './part.ts'
import { Plan } from './plan.ts'
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
  /** Who was asked for the hashes of its chunks, and when. */
  readonly #hashesAsked = new Map<Lane, number>()
  #plan: Plan | undefined
  #part: Part | undefined
  #isOpening = false
  #hasLooked = false
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

  /** What is here of it; `soon`: that is being looked at, or is about to be whole. */
  get part(): Part | 'soon' | undefined {
    if (this.#isOpening || this.#isOver) return 'soon'
    return this.#part
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
    if (this.#isOver || this.#isOpening || performance.now() < this.#troubleUntil) return
    const awake = this.#ways().filter(({ lane }) => !this.#isResting(lane))
    const quick = awake.filter(({ lane }) => !lane.isHanging)
    const ways = quick.length > 0 ? quick : awake
    const [part, plan] = [this.#part, this.#plan]
    if (part === undefined || plan === undefined) {
      this.#begin(ways)
      return
    }
    let hasAsked = ways.length > 0 && !part.isWhole
    while (hasAsked) {
      hasAsked = false
      for (const way of ways) {
        if (!way.lane.isFree) continue
        const chunk = plan.take(way.lane)
        if (chunk === undefined) continue
        hasAsked = true
        void this.#fetch(way, chunk, plan)
      }
    }
    for (const { lane } of ways) if (plan.isUseless(lane)) this.#restPartial(lane, plan)
    if (plan.isWaiting) this.#parts.wake(limits.fileStall)
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

  async #fetch({ lane, conversation }: Way, chunk: number, plan: Plan): Promise<void> {
    const { signal, wake } = this.#parts
    try {
      const { bytes, here } = await lane.ask({ conversation, hash: this.hash, chunk }, signal)
      if (this.#isOver || this.#part === undefined) return
      if (bytes.length === 0 && here.length === bytesOfBits(this.#part.chunks)) plan.learned(lane, here)
      else await this.#keep(lane, chunk, bytes, this.#part)
    } catch (error) {
      this.#refused(lane, asParleyError(error))
    } finally {
      plan.answered(lane, chunk)
      if (this.#part?.isWhole) await this.#finish()
      wake()
    }
  }

  async #keep(lane: Lane, chunk: number, bytes: Uint8Array, part: Part): Promise<void> {
    const isRight = await part.write(chunk, bytes).catch(error => this.#troubled(error))
    if (isRight === false) this.#lied(lane)
    if (!isRight) return
    if (this.#waiting !== undefined) {
      this.#waiting = undefined
      this.look() // it may have come from somebody who has gone since
    }
    this.#parts.progressed(this)
  }

  #lied({ holder }: Lane): void {
    this.#liars.add(holder.device)
    this.#parts.lied(this, holder)
  }

  /** Looks for what an earlier run has begun; else asks one holder, and another one while the first says nothing. */
  #begin(ways: readonly Way[]): void {
    if (!this.#hasLooked) {
      this.#isOpening = true
      void this.#look()
      return
    }
    const asked = Math.max(Number.NEGATIVE_INFINITY, ...this.#hashesAsked.values())
    if (asked > performance.now() - limits.fileStall) {
      this.#parts.wake(limits.fileStall)
      return
    }
    const way = ways.find(({ lane }) => lane.isFree && !this.#hashesAsked.has(lane))
    if (!way) return
    this.#hashesAsked.set(way.lane, performance.now())
    void this.#askHashes(way)
    this.#parts.wake(limits.fileStall)
  }

  async #look(): Promise<void> {
    const hashes = await storedHashes(this.#parts.store, this.hash)
    this.#hasLooked = true
    this.#isOpening = false
    if (hashes) await this.#open(hashes)
    this.#parts.wake()
  }

  async #askHashes({ lane, conversation }: Way): Promise<void> {
    try {
      const { bytes } = await lane.ask({ conversation, hash: this.hash, chunk: 'hashes' }, this.#parts.signal)
      if (this.#isOver || this.#isOpening || this.#part) return
      if (hashOfFile(bytes) !== this.hash || bytes.length % chunkHashSize !== 0) this.#lied(lane)
      else await this.#open(bytes)
    } catch (error) {
      this.#refused(lane, asParleyError(error))
    } finally {
      this.#hashesAsked.delete(lane)
      this.#parts.wake()
    }
  }

  async #open(hashes: Uint8Array): Promise<void> {
    if (this.#isOver) return
    if (hashes.length > chunksOf(this.size) * chunkHashSize) {
      await this.#giveUp(new ParleyError('forged', 'The file is larger than its message says, so it was not fetched.'))
      return
    }
    this.#isOpening = true
    try {
      const part = await Part.open(this.#parts.store, this.hash, hashes)
      if (this.#isOver) return void (await part.close())
      this.#part = part
      this.#plan = new Plan(part, randomInt(Math.max(1, part.chunks)))
    } catch (error) {
      this.#troubled(error)
      return
    } finally {
      this.#isOpening = false
    }
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
      this.#plan = undefined
      this.#hasLooked = false
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

  /** That holder is fetching it, too, and has nothing that is lacking here: it may have more later. */
  #restPartial(lane: Lane, plan: Plan): void {
    plan.forget(lane)
    this.#resting.set(lane, { until: performance.now() + limits.filePartAgain, isLacking: true })
    this.#parts.wake()
    this.#parts.wake(limits.filePartAgain)
  }

  /** What has come cannot be kept here: nothing is asked for until it may be again. */
  #troubled(error: unknown): void {
    if (this.#isOver) return
    const { message } = storeError(error)
    this.#troubleUntil = performance.now() + limits.fileWriteAgain
    this.wait(message)
    this.#parts.wake(limits.fileWriteAgain)
  }
}

const nobody = 'Nobody who has it is online.'
