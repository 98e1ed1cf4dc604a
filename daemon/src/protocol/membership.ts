import type { RoomEvent, RoomHistory } from './control-infos.ts'
import type { ConversationId, DeviceId, UserId } from './ids.ts'
import type { ActBody, CutHead } from './membership-bodies.ts'
import { foldSegment } from './membership-fold.ts'
import { ActGraph } from './membership-graph.ts'
import { revocationKey } from './membership-revocations.ts'
import { RoomState } from './membership-state.ts'

/** A membership entry, checked for its signature: its author is who `user` says. */
export interface MembershipAct {
  /** The hash of the entry, as text. */
  readonly hash: string
  readonly user: UserId
  readonly device: DeviceId
  /** Hashes of the membership entries that its author knew last, and by them of all before. */
  readonly rights: readonly string[]
  readonly body: ActBody
}

/**
 * Why an act does not count. `no-right`: its author might not do that. `overruled`: somebody more senior did something else
 * at the same time. `beyond-cut`: its author was out by then, or was held to be. `revoked`: the device was. `pending`: what
 * it builds on is not here yet.
 */
export type WhyNot = 'no-right' | 'overruled' | 'beyond-cut' | 'revoked' | 'full' | 'malformed' | 'pending'

/** What has come of an act. `event`: what it has changed, for people to read. */
export type Verdict =
  | { readonly counts: true; readonly event?: ActEvent }
  | { readonly counts: false; readonly why: WhyNot }

/** As {@link RoomEvent}, of people without their names. */
export type ActEvent =
  | Exclude<RoomEvent, { readonly name: string }>
  | { readonly is: 'handed-over' | 'invited' | 'removed' | 'made-admin' | 'made-member'; readonly user: UserId }

export interface RoomMemberState {
  readonly user: UserId
  readonly role: 'owner' | 'admin' | 'member'
}

/** How somebody stands to a room. */
export type Standing = 'owner' | 'admin' | 'member' | 'invited' | 'out'

/** A room as a set of membership entries makes it. The same set makes the same room, in whatever order it came. */
export interface Membership {
  readonly room: ConversationId
  readonly name: string
  readonly topic: string
  readonly history: RoomHistory
  /** Who has joined, the most senior first. */
  readonly members: readonly RoomMemberState[]
  /** Who was invited and has not answered, and by whom. */
  readonly invited: ReadonlyMap<UserId, UserId>
  /** How everybody stands who ever belonged to it or was invited. */
  readonly standings: ReadonlyMap<UserId, Standing>
  /** The hashes that nothing else builds on: what the next entry names. */
  readonly heads: readonly string[]
  verdict(act: string): Verdict
  /** Whether somebody has ever joined: only then may an entry of theirs count. */
  hasJoined(user: UserId): boolean
  /** What holds back an entry that is no act, by what its author knew; undefined: it counts wherever it stands. */
  limitOf(author: UserId, device: DeviceId, rights: readonly string[]): LogLimit | undefined
  /** Every cut that counts of what that device of a user wrote, in the order in which they were made. */
  cutsOf(author: UserId, device: DeviceId): readonly (readonly CutHead[])[]
  /** The act by which somebody belongs to it now; undefined: they do not. */
  joinedBy(user: UserId): string | undefined
  /** Where the logs start for somebody who was invited to a part of the history; undefined: at their beginnings. */
  floorsOf(user: UserId): readonly CutHead[] | undefined
  /** The last act that invited somebody. */
  invitedBy(user: UserId): string | undefined
  /** The acts that somebody who is out may know of: all up to the last that put them out. Undefined: all. */
  knownTo(user: UserId): ReadonlySet<string> | undefined
  /**
   * The acts of which somebody is told nothing: of what happened before the first invitation of whoever was never invited
   * to all of the history. They are there, since who belongs to the room follows from them.
   */
  untoldTo(user: UserId): ReadonlySet<string>
  /** Whether whoever names `rights` knew of `act`. */
  knew(rights: readonly string[], act: string): boolean
  /** The room that these acts make together with those known already. */
  with(acts: Iterable<MembershipAct>): Membership
}

/** What an author wrote counts up to one of these places, or to none. Several: within each of them. */
export interface LogLimit {
  readonly why: 'removed' | 'revoked'
  readonly cuts: readonly (readonly CutHead[])[]
}

/**
 * The room that these acts make: a pure function of the set. It is folded segment by segment, see membership-graph.ts and
 * membership-fold.ts: what comes later knew of the segments before and takes nothing in them out. So {@link Membership.with}
 * folds only from the last segment on that anything is done at the same time as, and comes to the same.
 */
export function foldMembership(room: ConversationId, acts: Iterable<MembershipAct>): Membership {
  return new Folded(room, ActGraph.empty, 0, new RoomState()).with(acts)
}

class Folded implements Membership {
  readonly room: ConversationId
  readonly name: string
  readonly topic: string
  readonly history: RoomHistory
  readonly members: readonly RoomMemberState[]
  readonly invited: ReadonlyMap<UserId, UserId>
  readonly standings: ReadonlyMap<UserId, Standing>
  readonly heads: readonly string[]
  readonly #graph: ActGraph
  readonly #state: RoomState
  /** After the segments that are closed: never changed. */
  readonly #base: RoomState

  /** `base`: what the first `folded` segments have made. */
  constructor(room: ConversationId, graph: ActGraph, folded: number, base: RoomState) {
    this.room = room
    this.#graph = graph
    let state = base
    const change = () => {
      // What others may have as well is not changed.
      if (state === base) state = new RoomState(base)
    }
    for (const segment of graph.segments.slice(folded, graph.closed)) {
      change()
      foldSegment({ room, graph, segment, state })
    }
    this.#base = state
    const open = graph.segments[graph.closed]
    if (open !== undefined) {
      state = new RoomState(state)
      foldSegment({ room, graph, segment: open, state })
    }
    this.#state = state
    const { name, topic, history } = state.registers
    this.name = name
    this.topic = topic
    this.history = history
    this.members = state.roll.members
    this.invited = state.roll.invited
    this.standings = state.roll.standings
    this.heads = graph.heads
  }

  with(acts: Iterable<MembershipAct>): Membership {
    const { graph, kept } = this.#graph.with(acts)
    const canGoOn = kept >= this.#graph.closed
    const [folded, base] = canGoOn ? [this.#graph.closed, this.#base] : [0, new RoomState()]
    return new Folded(this.room, graph, folded, base)
  }

  verdict(hash: string): Verdict {
    return this.#state.verdicts[this.#graph.numberOf(hash) ?? -1] ?? pending
  }

  hasJoined(user: UserId): boolean {
    return this.#state.joinings.of(user).length > 0
  }

  limitOf(author: UserId, device: DeviceId, rights: readonly string[]): LogLimit | undefined {
    const { exits, joinings, revocations } = this.#state
    const graph = this.#graph
    const known = graph.reach(rights)
    const hasReturned = (exit: number) =>
      joinings.of(author).some(joining => graph.knows(joining, exit) && known.has(joining))
    const revoked = revocations.of(revocationKey(author, device))
    const beyond = exits.of(author).filter(exit => !hasReturned(exit))
    const cuts = [...revoked, ...beyond].map(act => this.#cutIn(act))
    return cuts.length === 0 ? undefined : { why: revoked.length > 0 ? 'revoked' : 'removed', cuts }
  }

  cutsOf(author: UserId, device: DeviceId): readonly (readonly CutHead[])[] {
    const { exits, revocations } = this.#state
    const revoked = revocations.of(revocationKey(author, device))
    return [...revoked, ...exits.of(author)].map(act => this.#cutIn(act))
  }

  joinedBy(user: UserId): string | undefined {
    const standing = this.standings.get(user)
    if (standing === undefined || standing === 'out' || standing === 'invited') return undefined
    return this.#graph.acts[this.#state.roll.joinedBy(user) ?? -1]?.hash
  }

  floorsOf(user: UserId): readonly CutHead[] | undefined {
    const body = this.#bodyOf(this.#state.invitations.of(user).at(-1) ?? -1)
    return body?.is === 'invitation' && body.from.length > 0 ? body.from : undefined
  }

  invitedBy(user: UserId): string | undefined {
    return this.#graph.acts[this.#state.invitations.of(user).at(-1) ?? -1]?.hash
  }

  knownTo(user: UserId): ReadonlySet<string> | undefined {
    const standing = this.standings.get(user)
    if (standing !== undefined && standing !== 'out') return undefined
    const graph = this.#graph
    const exits = this.#state.exits.of(user)
    const isKnown = (act: number) => exits.some(exit => graph.knows(exit, act))
    return new Set(graph.acts.flatMap(({ hash }, act) => (isKnown(act) ? [hash] : [])))
  }

  untoldTo(user: UserId): ReadonlySet<string> {
    const invitations = this.#state.invitations.of(user)
    const [first] = invitations
    const isToPart = (act: number) => {
      const body = this.#bodyOf(act)
      return body?.is === 'invitation' && body.from.length > 0
    }
    if (first === undefined || !invitations.every(isToPart)) return new Set()
    const graph = this.#graph
    return new Set(graph.acts.flatMap(({ hash }, act) => (act !== first && graph.knows(first, act) ? [hash] : [])))
  }

  knew(rights: readonly string[], hash: string): boolean {
    return this.#graph.reach(rights).has(this.#graph.numberOf(hash) ?? -1)
  }

  #bodyOf(act: number): ActBody | undefined {
    return this.#graph.acts[act]?.body
  }

  #cutIn(act: number): readonly CutHead[] {
    const body = this.#bodyOf(act)
    return body !== undefined && 'cut' in body ? body.cut : []
  }
}

const pending: Verdict = { counts: false, why: 'pending' }
