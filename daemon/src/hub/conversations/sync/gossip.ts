import { limits } from '../../../limits.ts'
import type { DeviceId } from '../../../protocol/ids.ts'
import type { Head } from '../../../protocol/parley_pb.ts'
import { isWhole } from '../branches.ts'
import type { Conversation } from '../conversation.ts'
import { readHeads } from './heads.ts'
import { shareWith } from './sync-host.ts'

/** A link as gossip sees it. */
export interface GossipLink {
  readonly user: Parameters<typeof shareWith>[1]
  sharesLogs(conversation: Conversation): boolean
  offer(conversation: Conversation, devices: ReadonlySet<DeviceId>): void
  compare(conversation: Conversation): void
}

/**
 * What has come of others and is offered to those who are linked here, in case they have no link to whoever wrote it: a few
 * at random now and then, until each was offered all, or has told that they hold it. So everything reaches everybody to
 * whom any chain of links leads, at no more than a few frames a round however much is said; then the wire falls silent.
 */
export class Gossip {
  /** Logs that were not offered yet since they have changed. */
  readonly #owed = new Map<Conversation, Map<GossipLink, Set<DeviceId>>>()
  /** With whom membership entries were not compared since there are more. */
  readonly #uncompared = new Map<Conversation, Set<GossipLink>>()

  get isDone(): boolean {
    return this.#owed.size === 0 && this.#uncompared.size === 0
  }

  /**
   * A log of somebody else has changed; `over`: the link that has brought it. Its author may lack it where that is none of
   * theirs, or one that is gone or leads to a copy of their home: that goes by the same name as the home does.
   */
  changed(conversation: Conversation, log: DeviceId, over: object | undefined, links: Iterable<GossipLink>): void {
    const owed = this.#owed.get(conversation) ?? new Map<GossipLink, Set<DeviceId>>()
    for (const link of links) {
      if (link === over || !link.sharesLogs(conversation)) continue
      owed.set(link, (owed.get(link) ?? new Set()).add(log))
    }
    if (owed.size > 0) this.#owed.set(conversation, owed)
  }

  /** There are more membership entries. */
  regrouped(conversation: Conversation, links: Iterable<GossipLink>): void {
    const sharing = [...links].filter(({ user }) => shareWith(conversation, user) !== 'nothing')
    if (sharing.length > 0) this.#uncompared.set(conversation, new Set(sharing))
  }

  /** The other side of a link has told what it has. */
  holds(link: GossipLink, conversation: Conversation, heads: readonly Head[]): void {
    const owed = this.#owed.get(conversation)
    const logs = owed?.get(link)
    if (owed === undefined || logs === undefined) return
    for (const [device, places] of readHeads(conversation, heads)) {
      const log = conversation.state.logs.get(device)
      if (log && isWhole(log, places)) logs.delete(device)
    }
    if (logs.size === 0) this.#settle(this.#owed, conversation, link)
  }

  /** The other side of a link has the same membership entries. */
  agrees(link: GossipLink, conversation: Conversation): void {
    this.#settle(this.#uncompared, conversation, link)
  }

  /** A link is gone. */
  left(link: GossipLink): void {
    for (const conversation of [...this.#owed.keys()]) this.#settle(this.#owed, conversation, link)
    for (const conversation of [...this.#uncompared.keys()]) this.#settle(this.#uncompared, conversation, link)
  }

  /** Offers to a few, of each conversation. */
  round(): void {
    for (const [conversation, owed] of [...this.#owed]) {
      for (const link of some(owed.keys())) {
        const logs = owed.get(link)
        this.#settle(this.#owed, conversation, link)
        if (logs && link.sharesLogs(conversation)) link.offer(conversation, logs)
      }
    }
    for (const [conversation, links] of [...this.#uncompared]) {
      for (const link of some(links)) {
        this.#settle(this.#uncompared, conversation, link)
        if (shareWith(conversation, link.user) !== 'nothing') link.compare(conversation)
      }
    }
  }

  #settle<Kept extends { delete(link: GossipLink): boolean; readonly size: number }>(
    of: Map<Conversation, Kept>,
    conversation: Conversation,
    link: GossipLink,
  ): void {
    const kept = of.get(conversation)
    kept?.delete(link)
    if (kept?.size === 0) of.delete(conversation)
  }
}

/** A few at random. */
function some(links: Iterable<GossipLink>): GossipLink[] {
  const left = [...links]
  const chosen: GossipLink[] = []
  while (chosen.length < limits.offerTo && left.length > 0) {
    chosen.push(...left.splice(Math.floor(Math.random() * left.length), 1))
  }
  return chosen
}
