import { setImmediate as nextTurn } from 'node:timers/promises'
import { create } from '@bufbuild/protobuf'
import { type ErrorCode, ParleyError } from '../errors.ts'
import { limits } from '../limits.ts'
import type { UserId } from '../protocol/ids.ts'
import { encodePeople, onlineChangeFrame } from '../protocol/online-frames.ts'
import { type OnlineSnapshot, OnlineSnapshotSchema, type Person } from '../protocol/parley_pb.ts'
import { ChangeLog } from './change-log.ts'
import { Pages } from './pages.ts'
import { Turns } from './turns.ts'

/** Somebody who is told of everybody's coming and going: a link. */
export interface Subscriber {
  /**
   * Puts a whole frame on its way. undefined while at most `below` bytes are unsent, else what resolves when that is so
   * again, and rejects when the link has closed.
   */
  sendFrame(frame: Uint8Array, below?: number): Promise<void> | undefined
  close(code: ErrorCode, message: string): void
}

/**
 * The online list as its subscribers have it: a snapshot, then changes numbered one by one for each of them. One log of
 * who has changed serves them all: each knows up to where they were told, and whoever is told the same is sent the same
 * bytes. What happens while a subscriber is slow becomes one change of what is true by then; one that takes nothing at all
 * is cut.
 *
 * A large team asks for more than can be done at once: 20,000 who come back want 20,000 rows each. So pages are encoded
 * once for all, only so many snapshots are under way at a time, in the order in which they were asked for, and a round of
 * changes leaves most of the time to everything else.
 */
export class OnlineList {
  readonly #watchers = new Map<Subscriber, Watcher>()
  readonly #options: OnlineListOptions
  readonly #flush: number
  readonly #slow: number
  readonly #again: number
  readonly #log = new ChangeLog<UserId>()
  /** Who has changed since the pages were brought up to date. */
  readonly #changed = new Set<UserId>()
  readonly #pages: Pages<UserId>
  readonly #snapshots: Turns<Watcher>
  readonly #closing = new AbortController()
  #round: NodeJS.Timeout | undefined
  #isSeeded = false
  /** Up to which change the present or last round tells: where all stand who are told at the same pace, and so share bytes. */
  #target = 0
  /** Before this moment, in ms of performance.now(), no round begins. */
  #rest = 0

  constructor(options: OnlineListOptions) {
    this.#options = options
    this.#flush = options.flush ?? limits.presenceFlush
    this.#slow = options.slow ?? limits.slowSubscriber
    this.#again = options.again ?? limits.watchAgain
    this.#pages = new Pages(limits.peoplePerPage, users => this.#encode(users), limits.pageStale)
    this.#snapshots = new Turns(limits.snapshotsAtOnce, watcher => this.#sendPages(watcher))
  }

  /**
   * Subscribes: gives the first page, of a long list an empty one; the others, and then the changes, follow as events.
   * Again: starts over, but not at once, or one subscriber would keep the others waiting. `also`: people whose rows are
   * part of the snapshot though they are offline.
   *
   * @throws ParleyError `busy` while an earlier one waits to be answered, `closed`
   */
  async watch(subscriber: Subscriber, also: readonly UserId[] = []): Promise<OnlineSnapshot> {
    const before = this.#watchers.get(subscriber)
    if (before) await this.#pause(subscriber, before)
    this.#settle()
    const isLong = this.#pages.size > limits.peoplePerFrame
    const here = isLong ? [] : [...this.#pages.items()]
    const gone = [...new Set(also)].filter(user => isLong || !this.#pages.has(user))
    const page = isLong ? 0 : Number.POSITIVE_INFINITY
    const watcher = { subscriber, number: 0n, page, told: this.#target, isBusy: isLong, began: performance.now() }
    this.#watchers.set(subscriber, watcher)
    // The reply must be on its way before any event.
    if (isLong) setImmediate(() => this.#snapshots.add(watcher))
    const total = this.#options.total()
    return create(OnlineSnapshotSchema, { people: this.#people([...here, ...gone]), more: isLong, total })
  }

  /** To be called when the subscriber is gone, too. */
  unwatch(subscriber: Subscriber): void {
    this.#watchers.delete(subscriber)
  }

  /** Somebody has come, gone or changed. */
  changed(user: UserId): void {
    if (!this.#isSeeded) return
    this.#changed.add(user)
    this.#log.add(user)
    if (this.#log.isLong) this.#forget()
    this.#schedule()
  }

  close(): void {
    this.#closing.abort()
    clearTimeout(this.#round)
    this.#snapshots.close()
    this.#watchers.clear()
  }

  /** Brings the pages up to date: whoever changes may be known in whole a moment later. */
  #settle(): void {
    if (!this.#isSeeded) for (const user of this.#options.online()) this.#pages.set(user)
    this.#isSeeded = true
    for (const user of this.#changed) {
      const status = this.#options.person(user)?.status
      if (status === undefined || status === 'offline') this.#pages.delete(user)
      else this.#pages.set(user)
    }
    this.#changed.clear()
  }

  /** Waits until a subscriber may start over. */
  async #pause(subscriber: Subscriber, watcher: Watcher): Promise<void> {
    if (watcher.isWaiting) throw new ParleyError('busy', 'The list was asked for and comes in a moment.')
    const wait = watcher.began + this.#again - performance.now()
    if (wait <= 0) return
    watcher.isWaiting = true
    await new Promise(resolve => setTimeout(resolve, wait).unref())
    if (this.#watchers.get(subscriber) !== watcher) throw new ParleyError('closed', 'The connection was closed.')
  }

  #schedule(): void {
    if (this.#round || this.#closing.signal.aborted) return
    const wait = Math.max(this.#flush, this.#rest - performance.now())
    this.#round = setTimeout(() => void this.#tellAll(), wait)
  }

  /** Tells everybody what has changed, some at a time, and then rests for as long as others need. */
  async #tellAll(): Promise<void> {
    const target = this.#log.last
    this.#target = target
    const made = new Map<string, Change>()
    let busy = 0
    let began = performance.now()
    for (const watcher of this.#watchers.values()) {
      if (!watcher.isBusy && watcher.told < target) this.#tell(watcher, made)
      const took = performance.now() - began
      if (took < limits.presenceTurn) continue
      busy += took
      await nextTurn()
      if (this.#closing.signal.aborted) return
      began = performance.now()
    }
    busy += performance.now() - began
    this.#rest = performance.now() + limits.presenceRest * busy
    this.#round = undefined
    if (target < this.#log.last) this.#schedule()
  }

  /** Sends one change; a subscriber that has no room for another is told more when it has. */
  #tell(watcher: Watcher, made: Map<string, Change>): void {
    const key = `${watcher.told} ${watcher.number}`
    const change = made.get(key) ?? this.#changeAfter(watcher, made)
    made.set(key, change)
    watcher.told = change.upTo
    watcher.number++
    this.#await(watcher, watcher.subscriber.sendFrame(change.frame))
    if (change.upTo < this.#target) this.#schedule()
  }

  /** Those who were told the same so far share what is encoded, and with the same number the whole frame. */
  #changeAfter({ told, number }: Watcher, made: Map<string, Change>): Change {
    const shared = made.get(`${told}`)
    const { items, upTo } = shared ?? this.#log.after(told, this.#target, limits.peoplePerFrame)
    const people = shared?.people ?? this.#encode(items)
    const change = { items, upTo, people, frame: onlineChangeFrame(number + 1n, people) }
    if (!shared) made.set(`${told}`, change)
    return change
  }

  /**
   * Sends the pages of a snapshot, each when the one before has left. Whoever takes long over one gives their turn to the
   * others, and gets another when it has left: nobody can hold up the snapshots of all.
   */
  async #sendPages(watcher: Watcher): Promise<void> {
    const { subscriber } = watcher
    while (watcher.page < this.#pages.count && this.#watchers.get(subscriber) === watcher) {
      this.#settle()
      const { bytes, at } = this.#pages.page(watcher.page++, this.#target)
      watcher.told = Math.min(watcher.told, at)
      const frame = onlineChangeFrame(watcher.number, bytes)
      const sent = subscriber.sendFrame(frame, limits.snapshotUnsent)
      if (sent === undefined) continue
      const taken = this.#cutting(watcher, sent).then(() => true)
      if (await Promise.race([taken, stall()])) continue
      void taken.then(() => this.#snapshots.add(watcher))
      return
    }
    watcher.isBusy = false
    if (watcher.told < this.#log.last) this.#schedule()
  }

  /** Does not wait, but tells the subscriber no more until there is room. */
  #await(watcher: Watcher, sent: Promise<void> | undefined): void {
    if (sent === undefined) return
    watcher.isBusy = true
    void this.#cutting(watcher, sent).then(() => {
      watcher.isBusy = false
      if (watcher.told < this.#log.last) this.#schedule()
    })
  }

  /** Cuts a subscriber for whom there is no room for too long. */
  async #cutting(watcher: Watcher, sent: Promise<void> | undefined): Promise<void> {
    if (sent === undefined) return
    const { subscriber } = watcher
    const cut = () => subscriber.close('busy', 'This connection did not take what was sent to it.')
    const timer = setTimeout(cut, this.#slow)
    try {
      await sent
    } catch {
      // The link has closed; its owner knows. A subscriber that comes back asks for a snapshot.
      if (this.#watchers.get(subscriber) === watcher) this.unwatch(subscriber)
    } finally {
      clearTimeout(timer)
    }
  }

  /** Everybody was told everything up to the one who was told least. */
  #forget(): void {
    let least = this.#log.last
    for (const { told } of this.#watchers.values()) if (told < least) least = told
    this.#log.forget(least)
    this.#pages.forget(least)
  }

  #encode(users: readonly UserId[]): Uint8Array {
    return encodePeople(this.#people(users), this.#options.total())
  }

  #people(users: readonly UserId[]): Person[] {
    return users.flatMap(user => this.#options.person(user) ?? [])
  }
}

/** Resolves with false when it is time to let others go on. */
function stall(): Promise<boolean> {
  return new Promise(resolve => setTimeout(resolve, limits.snapshotStall, false).unref())
}

interface OnlineListOptions {
  /** Who is online now. */
  readonly online: () => Iterable<UserId>
  /** Somebody as they are now. */
  readonly person: (user: UserId) => Person | undefined
  /** How many accounts there are now. */
  readonly total: () => number
  /** ms from a change until it is told; in large teams it takes longer. */
  readonly flush?: number | undefined
  /** ms after which a subscriber that takes nothing is cut. */
  readonly slow?: number | undefined
  /** ms between two snapshots of one subscriber. */
  readonly again?: number | undefined
}

interface Watcher {
  readonly subscriber: Subscriber
  /** Of the last event. */
  number: bigint
  /** The next page of the snapshot. */
  page: number
  /** Up to which change of the log it was told. */
  told: number
  /** It is in its snapshot, or has no room. */
  isBusy: boolean
  /** When the snapshot was asked for, in ms of performance.now(). */
  readonly began: number
  /** Its subscriber wants to start over and waits. */
  isWaiting?: true
}

interface Change {
  readonly items: UserId[]
  readonly upTo: number
  readonly people: Uint8Array
  readonly frame: Uint8Array
}
