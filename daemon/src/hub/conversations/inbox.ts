import { ParleyError } from '../../errors.ts'
import { limits } from '../../limits.ts'
import type { DeviceId } from '../../protocol/ids.ts'
import type { Placed } from './draft.ts'
import type { CheckedEntry } from './intake.ts'
import type { Content } from './rows.ts'

interface WaitingSend {
  readonly content: Content
  /** Given where the message was put; nothing when it had a place already. */
  resolve(placed: Placed | undefined): void
  reject(error: ParleyError): void
  failures: number
}

interface WaitingRead {
  resolve(): void
  reject(error: ParleyError): void
}

interface Arrival {
  readonly entries: readonly CheckedEntry[]
  readonly bytes: number
  done(): void
  /** Entries that are committed. */
  taken: number
}

/** How much of an inbox a batch covers, from the front. */
export interface Taken {
  /** For each message from the front: where it was put. */
  readonly sends: (Placed | undefined)[]
  entries: number
  readonly acks: ReadonlyMap<DeviceId, number>
  /** The position up to which all is read now, if it was reached. */
  readonly readTo: string | undefined
}

/** What waits to be written to a conversation. Nothing leaves it before it is committed or given up. */
export class Inbox {
  #sends: WaitingSend[] = []
  #arrivals: Arrival[] = []
  #reads: WaitingRead[] = []
  #readTo: string | undefined
  #arrivedBytes = 0
  #roomWaiters: (() => void)[] = []
  readonly #acks = new Map<DeviceId, number>()

  /** Resolves once the message is committed, with its place if it is new. */
  send(content: Content): Promise<Placed | undefined> {
    if (this.#sends.length >= limits.waitingSends) {
      const words = `${limits.waitingSends} messages of this conversation wait to be stored. Try again in a moment.`
      return Promise.reject(new ParleyError('busy', words, { retryAfter: limits.sendAgain }))
    }
    return new Promise((resolve, reject) => this.#sends.push({ content, resolve, reject, failures: 0 }))
  }

  /** `done` is called once the entries are committed. */
  arrive(entries: readonly CheckedEntry[], bytes: number, done: () => void): void {
    this.#arrivals.push({ entries, bytes, done, taken: 0 })
    this.#arrivedBytes += bytes
  }

  acknowledge(device: DeviceId, seq: number): void {
    if (seq > (this.#acks.get(device) ?? 0)) this.#acks.set(device, seq)
  }

  /** Resolves once everything up to `position` is committed as read. */
  read(position: string): Promise<void> {
    if (this.#readTo === undefined || position > this.#readTo) this.#readTo = position
    return new Promise((resolve, reject) => this.#reads.push({ resolve, reject }))
  }

  /** The position up to which all is to be read. */
  get readTo(): string | undefined {
    return this.#readTo
  }

  /** Resolves when less has arrived than a peer may have in flight. */
  async hasRoom(): Promise<void> {
    while (this.#arrivedBytes >= limits.credit) await new Promise<void>(resolve => this.#roomWaiters.push(resolve))
  }

  get isEmpty(): boolean {
    return this.#sends.length === 0 && this.#arrivals.length === 0 && this.#acks.size === 0 && this.#reads.length === 0
  }

  get hasSends(): boolean {
    return this.#sends.length > 0
  }

  /** The first messages to send. */
  sends(most: number): Content[] {
    return this.#sends.slice(0, most).map(({ content }) => content)
  }

  /** The first entries to link. */
  entries(most: number): CheckedEntry[] {
    const entries: CheckedEntry[] = []
    for (const arrival of this.#arrivals) {
      entries.push(...arrival.entries.slice(arrival.taken, arrival.taken + most - entries.length))
      if (entries.length === most) break
    }
    return entries
  }

  get acks(): ReadonlyMap<DeviceId, number> {
    return new Map(this.#acks)
  }

  /** What was taken is committed. */
  settle(taken: Taken): void {
    for (const [index, { resolve }] of this.#sends.splice(0, taken.sends.length).entries()) resolve(taken.sends[index])
    for (const [device, seq] of taken.acks) if (this.#acks.get(device) === seq) this.#acks.delete(device)
    if (taken.readTo !== undefined && taken.readTo === this.#readTo) {
      this.#readTo = undefined
      for (const { resolve } of this.#reads.splice(0)) resolve()
    }
    let left = taken.entries
    let finished = 0
    for (const arrival of this.#arrivals) {
      const count = Math.min(left, arrival.entries.length - arrival.taken)
      arrival.taken += count
      left -= count
      if (arrival.taken < arrival.entries.length) break
      finished++
      this.#arrivedBytes -= arrival.bytes
      arrival.done()
    }
    this.#arrivals.splice(0, finished)
    this.#tellRoom()
  }

  /** A write has failed: each message that waits is tried once more, if `mayTryAgain`. */
  fail(error: ParleyError, mayTryAgain: boolean): void {
    const kept: WaitingSend[] = []
    for (const send of this.#sends) {
      send.failures++
      if (mayTryAgain && send.failures < 2) kept.push(send)
      else send.reject(error)
    }
    this.#sends = kept
    // Whoever reads on says so again, with a later position.
    this.#readTo = undefined
    for (const { reject } of this.#reads.splice(0)) reject(error)
  }

  close(): void {
    this.dropArrivals()
    this.fail(new ParleyError('closed', 'The hub is stopping; the message was not stored. Send it again later.'), false)
  }

  /** Gives up what arrived: it will be asked for again. */
  dropArrivals(): void {
    this.#arrivals = []
    this.#arrivedBytes = 0
    this.#tellRoom()
  }

  #tellRoom(): void {
    if (this.#arrivedBytes >= limits.credit) return
    for (const resolve of this.#roomWaiters.splice(0)) resolve()
  }
}
