import { create } from '@bufbuild/protobuf'
import { limits } from '../limits.ts'
import type { UserId } from '../protocol/ids.ts'
import {
  type Event,
  OnlineChangeSchema,
  type OnlineSnapshot,
  OnlineSnapshotSchema,
  type Person,
} from '../protocol/parley_pb.ts'

/** Somebody who is told of everybody's coming and going: a link. */
export interface Subscriber {
  /** Resolves when there is room for more. */
  send(event: Event['is']): Promise<void>
  close(code: 'busy', message: string): void
}

/**
 * The online list as its subscribers have it: a snapshot, then changes numbered one by one for each of them. What
 * happens while a subscriber is slow becomes one change of what is true by then, so its queue is never longer than the
 * list of people; one that takes nothing at all is cut.
 */
export class OnlineList {
  readonly #watchers = new Map<Subscriber, Watcher>()
  readonly #online: () => Iterable<UserId>
  readonly #person: (user: UserId) => Person | undefined
  readonly #total: () => number
  readonly #flushEvery: number
  readonly #slow: number
  #flush: NodeJS.Timeout | undefined

  constructor({
    online,
    person,
    total,
    flush = limits.presenceFlush,
    slow = limits.slowSubscriber,
  }: {
    /** Who is online now. */
    online: () => Iterable<UserId>
    /** Somebody as they are now. */
    person: (user: UserId) => Person | undefined
    /** How many accounts there are now. */
    total: () => number
    flush?: number
    slow?: number
  }) {
    this.#online = online
    this.#person = person
    this.#total = total
    this.#flushEvery = flush
    this.#slow = slow
  }

  /**
   * Subscribes: gives the first page; the others, and then the changes, follow as events. Again: starts over. `also`:
   * people whose rows are part of the snapshot though they are offline.
   */
  watch(subscriber: Subscriber, also: readonly UserId[] = []): OnlineSnapshot {
    this.unwatch(subscriber)
    const users = [...new Set([...this.#online(), ...also])]
    const first = users.splice(0, limits.peoplePerFrame)
    const watcher: Watcher = { number: 0n, pages: users, changed: new Set(), isPumping: false }
    this.#watchers.set(subscriber, watcher)
    // The reply with the first page must be on its way before any event.
    if (users.length > 0) this.#schedule()
    const { number } = watcher
    const total = this.#total()
    return create(OnlineSnapshotSchema, { number, people: this.#people(first), more: users.length > 0, total })
  }

  /** To be called when the subscriber is gone, too. */
  unwatch(subscriber: Subscriber): void {
    this.#watchers.delete(subscriber)
  }

  /** Somebody has come, gone or changed. */
  changed(user: UserId): void {
    for (const watcher of this.#watchers.values()) watcher.changed.add(user)
    if (this.#watchers.size > 0) this.#schedule()
  }

  close(): void {
    clearTimeout(this.#flush)
    this.#watchers.clear()
  }

  #schedule(): void {
    this.#flush ??= setTimeout(() => {
      this.#flush = undefined
      for (const [subscriber, watcher] of this.#watchers) if (!watcher.isPumping) void this.#pump(subscriber, watcher)
    }, this.#flushEvery)
  }

  async #pump(subscriber: Subscriber, watcher: Watcher): Promise<void> {
    watcher.isPumping = true
    try {
      while (this.#watchers.get(subscriber) === watcher) {
        const change = this.#next(watcher)
        if (!change) break
        await this.#send(subscriber, change)
      }
    } catch {
      // The link has closed; its owner knows. A subscriber that comes back asks for a snapshot.
      if (this.#watchers.get(subscriber) === watcher) this.unwatch(subscriber)
    } finally {
      watcher.isPumping = false
    }
  }

  #next(watcher: Watcher): Event['is'] | undefined {
    const isPage = watcher.pages.length > 0
    const users = isPage ? watcher.pages.splice(0, limits.peoplePerFrame) : take(watcher.changed, limits.peoplePerFrame)
    if (users.length === 0) return undefined
    if (!isPage) watcher.number++
    const { number } = watcher
    const value = create(OnlineChangeSchema, { number, people: this.#people(users), total: this.#total() })
    return { case: 'onlineChange', value }
  }

  async #send(subscriber: Subscriber, event: Event['is']): Promise<void> {
    const timer = setTimeout(
      () => subscriber.close('busy', 'This connection did not take what was sent to it.'),
      this.#slow,
    )
    try {
      await subscriber.send(event)
    } finally {
      clearTimeout(timer)
    }
  }

  #people(users: readonly UserId[]): Person[] {
    return users.flatMap(user => this.#person(user) ?? [])
  }
}

interface Watcher {
  /** Of the last event. */
  number: bigint
  /** Who of the snapshot was not sent yet. */
  readonly pages: UserId[]
  readonly changed: Set<UserId>
  isPumping: boolean
}

function take(users: Set<UserId>, count: number): UserId[] {
  const taken: UserId[] = []
  for (const user of users) {
    if (taken.length === count) break
    taken.push(user)
    users.delete(user)
  }
  return taken
}
