import { ParleyError } from '../../errors.ts'
import { limits } from '../../limits.ts'
import type { Said } from '../../protocol/bodies.ts'
import type { DeviceId, UserId } from '../../protocol/ids.ts'
import type { ReadMap } from '../../protocol/marks.ts'
import type { Signed } from '../../protocol/parley_pb.ts'
import { Changes } from './changes.ts'
import type { CheckedEntry } from './intake.ts'
import type { Placed } from './timeline.ts'

interface WaitingSend {
  readonly said: Said
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
  dropped(): void
  /** Entries that are committed. */
  taken: number
}

/** A device has committed a log up to a number. */
interface Acknowledgement {
  readonly by: DeviceId
  readonly log: DeviceId
  readonly seq: number
}

/** How much of an inbox a batch covers, from the front. */
export interface Taken {
  /** For each message from the front: where it was put. */
  readonly sends: (Placed | undefined)[]
  entries: number
  readonly acks: readonly Acknowledgement[]
  /** How many of the changes. */
  changes: number
  /** The position up to which all is read now, if it was reached. */
  readonly readTo: string | undefined
  /** How many of the marks that wait, from the front. */
  readonly marks: number
}

/** How far somebody has read, as one of their devices says; its signature has been checked. */
export interface WaitingMark {
  readonly user: UserId
  readonly signed: Signed
  readonly read: ReadMap
}

/** What waits to be written to a conversation. Nothing leaves it before it is committed or given up. */
export class Inbox {
  #sends: WaitingSend[] = []
  #arrivals: Arrival[] = []
  #reads: WaitingRead[] = []
  #readTo: string | undefined
  readonly #marks: WaitingMark[] = []
  #arrivedBytes = 0
  #roomWaiters: (() => void)[] = []
  readonly #acks = new Map<string, Acknowledgement>()
  /** What else is to be changed. */
  readonly changes = new Changes()

  /** Resolves once the message is committed, with its place if it is new. */
  send(said: Said): Promise<Placed | undefined> {
    if (this.#sends.length >= limits.waitingSends) {
      const words = `${limits.waitingSends} messages of this conversation wait to be stored. Try again in a moment.`
      return Promise.reject(new ParleyError('busy', words, { retryAfter: limits.sendAgain }))
    }
    return new Promise((resolve, reject) => this.#sends.push({ said, resolve, reject, failures: 0 }))
  }

  /** Takes entries in: `done` is called once they are committed, `dropped` when they are given up. */
  arrive(entries: readonly CheckedEntry[], bytes: number, then: Pick<Arrival, 'done' | 'dropped'>): void {
    this.#arrivals.push({ entries, bytes, ...then, taken: 0 })
    this.#arrivedBytes += bytes
  }

  /** A device has committed a log of one's own up to `seq`. */
  acknowledge(by: DeviceId, log: DeviceId, seq: number): void {
    const key = `${by}/${log}`
    if (seq > (this.#acks.get(key)?.seq ?? 0)) this.#acks.set(key, { by, log, seq })
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

  /** Takes in how far somebody has read. What is too much is dropped: it is told again on the next link. */
  mark(mark: WaitingMark): void {
    if (this.#marks.length < limits.waitingMarks) this.#marks.push(mark)
  }

  /** The marks that wait. */
  get marks(): readonly WaitingMark[] {
    return this.#marks
  }

  /** Resolves when less has arrived than a peer may have in flight. */
  async hasRoom(): Promise<void> {
    while (this.#arrivedBytes >= limits.credit) await new Promise<void>(resolve => this.#roomWaiters.push(resolve))
  }

  get isEmpty(): boolean {
    const [sends, arrivals, acks, reads] = [this.#sends, this.#arrivals, this.#acks.size, this.#reads]
    return sends.length + arrivals.length + acks + reads.length + this.#marks.length + this.changes.count === 0
  }

  get hasSends(): boolean {
    return this.#sends.length > 0
  }

  /** The first messages and acts to send. */
  sends(most: number): Said[] {
    return this.#sends.slice(0, most).map(({ said }) => said)
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

  get acks(): readonly Acknowledgement[] {
    return [...this.#acks.values()]
  }

  /** What was taken is committed. */
  settle(taken: Taken): void {
    for (const [index, { resolve }] of this.#sends.splice(0, taken.sends.length).entries()) resolve(taken.sends[index])
    for (const ack of taken.acks) {
      const key = `${ack.by}/${ack.log}`
      if (this.#acks.get(key) === ack) this.#acks.delete(key)
    }
    this.changes.settle(taken.changes)
    if (taken.readTo !== undefined && taken.readTo === this.#readTo) {
      this.#readTo = undefined
      for (const { resolve } of this.#reads.splice(0)) resolve()
    }
    this.#marks.splice(0, taken.marks)
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
    this.changes.fail(error, mayTryAgain)
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
    for (const { dropped } of this.#arrivals.splice(0)) dropped()
    this.#arrivedBytes = 0
    this.#tellRoom()
  }

  #tellRoom(): void {
    if (this.#arrivedBytes >= limits.credit) return
    for (const resolve of this.#roomWaiters.splice(0)) resolve()
  }
}
