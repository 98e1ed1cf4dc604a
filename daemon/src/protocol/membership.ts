import type { RoomEvent, RoomHistory } from './control-infos.ts'
import type { ConversationId, DeviceId, UserId } from './ids.ts'
import type { ActBody, CutHead } from './membership-bodies.ts'
import { foldOnce, type Pass } from './membership-fold.ts'
import { ActGraph } from './membership-graph.ts'
import { effectiveRevocations, type Revocations } from './membership-revocations.ts'

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
  | { readonly is: 'invited' | 'removed' | 'made-admin' | 'made-member'; readonly user: UserId }

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
  /** The acts that somebody who is out may know of: all up to the last that put them out. Undefined: all. */
  knownTo(user: UserId): ReadonlySet<string> | undefined
  /** Whether whoever names `rights` knew of `act`. */
  knew(rights: readonly string[], act: string): boolean
}

/** What an author wrote counts up to one of these places, or to none. Several: within each of them. */
export interface LogLimit {
  readonly why: 'removed' | 'revoked'
  readonly cuts: readonly (readonly CutHead[])[]
}

/**
 * The room that these acts make: a pure function of the set. Acts are taken in topological order of what they know, those of
 * senior authors first; each counts when its author has the right at that point. What shows only later to have been beyond
 * somebody's cut, or overruled, is taken out, the most senior cause first, and all is folded anew: each round takes out at
 * least one act, so there is an end.
 */
export function foldMembership(room: ConversationId, acts: Iterable<MembershipAct>): Membership {
  const graph = new ActGraph(acts)
  const revocations = effectiveRevocations(graph)
  const dropped = new Map<number, WhyNot>()
  for (;;) {
    const pass = foldOnce({ room, graph, revocations, dropped })
    if (pass.conflicts.length === 0) return membershipOf(room, graph, { pass, revocations })
    for (const [victim, why] of settle(pass)) dropped.set(victim, why)
  }
}

/** The victims of the most senior author among the causes: nobody can take these back later. */
function settle({ conflicts }: Pass): Map<number, WhyNot> {
  const [first] = conflicts.toSorted((a, b) => a.rank - b.rank || a.cause - b.cause)
  const settled = new Map<number, WhyNot>()
  for (const conflict of conflicts) {
    if (conflict.author !== first?.author || settled.has(conflict.cause)) continue
    for (const victim of conflict.victims) settled.set(victim, conflict.why)
  }
  return settled
}

function membershipOf(
  room: ConversationId,
  graph: ActGraph,
  { pass, revocations }: { pass: Pass; revocations: Revocations },
): Membership {
  const { roll } = pass
  const standings = roll.standings
  const bodyOf = (act: number) => graph.acts[act]?.body
  const knowledge = (rights: readonly string[]) => graph.reach(rights)
  return {
    room,
    ...registersOf(graph, pass),
    members: roll.members,
    invited: roll.invited,
    standings,
    heads: graph.heads,
    verdict: hash => {
      const act = graph.numberOf(hash)
      if (act === undefined || graph.isPending(act)) return { counts: false, why: 'pending' }
      if (!pass.taken.has(act)) return { counts: false, why: pass.refused.get(act) ?? 'no-right' }
      const event = pass.events.get(act)
      return { counts: true, ...(event && { event }) }
    },
    hasJoined: user => pass.joinings.of(user).length > 0,
    limitOf: (author, device, rights) => {
      const known = knowledge(rights)
      const hasReturned = (exit: number) =>
        pass.joinings.of(author).some(joining => graph.knows(joining, exit) && known.has(joining))
      const exits = pass.exits.of(author).filter(exit => !hasReturned(exit))
      const revoked = revocations.of(author, device)
      const cuts = [...revoked, ...exits].map(act => cutIn(bodyOf(act)))
      return cuts.length === 0 ? undefined : { why: revoked.length > 0 ? 'revoked' : 'removed', cuts }
    },
    cutsOf: (author, device) =>
      [...revocations.of(author, device), ...pass.exits.of(author)].map(act => cutIn(bodyOf(act))),
    joinedBy: user => {
      const standing = standings.get(user)
      if (standing === undefined || standing === 'out' || standing === 'invited') return undefined
      return graph.acts[roll.joinedBy(user) ?? -1]?.hash
    },
    floorsOf: user => {
      const body = bodyOf(pass.invitations.of(user).at(-1) ?? -1)
      return body?.is === 'invitation' && body.from.length > 0 ? body.from : undefined
    },
    knownTo: user => {
      const standing = standings.get(user)
      if (standing !== undefined && standing !== 'out') return undefined
      const exits = pass.exits.of(user)
      const isKnown = (act: number) => exits.some(exit => graph.knows(exit, act))
      return new Set(graph.acts.flatMap(({ hash }, act) => (isKnown(act) ? [hash] : [])))
    },
    knew: (rights, hash) => knowledge(rights).has(graph.numberOf(hash) ?? -1),
  }
}

function cutIn(body: ActBody | undefined): readonly CutHead[] {
  return body !== undefined && 'cut' in body ? body.cut : []
}

type Registers = Pick<Membership, 'name' | 'topic' | 'history'>

/** Of what was said last about name, topic and history: the most senior author's, then the lowest hash. */
function registersOf(graph: ActGraph, pass: Pass): Registers {
  const founding = graph.acts.map(({ body }) => body).find((body, act) => body.is === 'founding' && pass.taken.has(act))
  const base: Registers = founding?.is === 'founding' ? founding : { name: '', topic: '', history: 'all' }
  const last = <Field extends keyof Registers>(field: Field): Registers[Field] => {
    const said = pass.changes.flatMap(act => {
      const body = graph.acts[act]?.body
      const value = body?.is === 'change' ? body[field] : undefined
      return value === undefined ? [] : [{ act, value, rank: pass.taken.get(act)?.rank ?? 0 }]
    })
    const heads = said.filter(({ act }) => !said.some(other => other.act !== act && graph.knows(other.act, act)))
    const [first] = heads.sort((a, b) => a.rank - b.rank || a.act - b.act)
    return (first?.value as Registers[Field] | undefined) ?? base[field]
  }
  return { name: last('name'), topic: last('topic'), history: last('history') }
}
