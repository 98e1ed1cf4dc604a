import { limits } from '../limits.ts'
import type { ConversationId, UserId } from './ids.ts'
import type { ActEvent, MembershipAct, Verdict, WhyNot } from './membership.ts'
import type { ActBody } from './membership-bodies.ts'
import type { ActGraph } from './membership-graph.ts'
import { Lists } from './membership-lists.ts'
import type { Counted } from './membership-revocations.ts'
import { type Person, rankOf } from './membership-roll.ts'
import type { Segment } from './membership-segment.ts'
import type { Registers, RoomState } from './membership-state.ts'

/** An act that shows another to have been without right after that one was taken already. */
export interface Conflict {
  readonly cause: number
  readonly author: UserId
  /** Of the author when the cause was taken, lower is more senior; one's own leaving comes before all else of one's own. */
  readonly rank: number
  readonly victims: readonly number[]
  readonly why: WhyNot
}

/** An act that counts. */
interface Taken {
  readonly rank: number
  readonly needsAdmin: boolean
}

export interface FoldParts {
  readonly room: ConversationId
  readonly graph: ActGraph
  readonly segment: Segment
  /** What the segments before have made. */
  readonly state: RoomState
}

/** One round of the fold of a segment, and what it has found. */
export class SegmentFold {
  readonly conflicts: Conflict[] = []
  /** Of acts that count, in the order in which they were taken. */
  readonly taken = new Map<number, Taken>()
  readonly revocations: Counted
  readonly #refused = new Map<number, WhyNot>()
  readonly #events = new Map<number, ActEvent>()
  /** By whom they befall: what counts in this segment, in order. */
  readonly invitations = new Lists<UserId>()
  readonly joinings = new Lists<UserId>()
  readonly exits = new Lists<UserId>()
  readonly roles = new Lists<UserId>()
  readonly #changes: number[] = []
  readonly #byAuthor = new Lists<UserId>()
  readonly #parts: FoldParts
  /** What earlier rounds have taken out. */
  readonly #dropped: ReadonlyMap<number, WhyNot>

  constructor(parts: FoldParts, revocations: Counted, dropped: ReadonlyMap<number, WhyNot>) {
    this.#parts = parts
    this.revocations = revocations
    this.#dropped = dropped
  }

  run(): void {
    const { segment } = this.#parts
    const { start } = segment
    const waiting = [...segment.waiting]
    const ready = new Lists<UserId>()
    const offer = (index: number) => {
      const user = segment.acts[index]?.user
      if (user !== undefined) ready.add(user, start + index)
    }
    for (const [index, count] of waiting.entries()) if (count === 0) offer(index)
    for (let act = this.#next(ready); act !== undefined; act = this.#next(ready)) {
      this.#take(act)
      for (const next of segment.after[act - start] ?? []) {
        const left = (waiting[next - start] ?? 0) - 1
        waiting[next - start] = left
        if (left === 0) offer(next - start)
      }
    }
  }

  /** Of the acts of the segment, by their numbers. */
  get verdicts(): Verdict[] {
    const { start, acts } = this.#parts.segment
    return acts.map((_, index) => {
      const act = start + index
      if (!this.taken.has(act)) return { counts: false, why: this.#refused.get(act) ?? 'no-right' }
      const event = this.#events.get(act)
      return { counts: true, ...(event && { event }) }
    })
  }

  /** Exits of somebody that nobody who knew of them has followed by an invitation. */
  openExitsOf(user: UserId): number[] {
    const { graph, state } = this.#parts
    const isOver = (exit: number) => this.invitations.of(user).some(invitation => graph.knows(invitation, exit))
    return [...state.openExits.of(user), ...this.exits.of(user)].filter(exit => !isOver(exit))
  }

  /** Demotions of somebody that nobody who knew of them has followed by an appointment. */
  openDemotionsOf(user: UserId): number[] {
    const { graph } = this.#parts
    const isOver = (demotion: number) => {
      return this.roles.of(user).some(other => this.#isAppointment(other) && graph.knows(other, demotion))
    }
    return this.#demotionsOf(user).filter(demotion => !isOver(demotion))
  }

  /** Of what was said last about name, topic and history: the most senior author's, then the lowest hash. */
  get registers(): Registers {
    const { state, graph } = this.#parts
    const founding = [...this.taken.keys()].map(act => graph.acts[act]?.body).find(body => body?.is === 'founding')
    const { name, topic, history } = founding?.is === 'founding' ? founding : state.registers
    if (this.#changes.length === 0) return { name, topic, history }
    return {
      name: this.#lastOf('name') ?? name,
      topic: this.#lastOf('topic') ?? topic,
      history: this.#lastOf('history') ?? history,
    }
  }

  #lastOf<Field extends keyof Registers>(field: Field): Registers[Field] | undefined {
    const { graph, segment } = this.#parts
    let last: { readonly act: number; readonly value: Registers[Field] } | undefined
    const known = new Uint32Array(Math.ceil(segment.acts.length / 32))
    // Whatever was known to a later one is known to one of those that nobody knew.
    for (const act of this.#changes.toReversed()) {
      const body = graph.acts[act]?.body
      const value = body?.is === 'change' ? body[field] : undefined
      const bit = act - segment.start
      if (value === undefined || ((known[bit >>> 5] ?? 0) & (1 << (bit & 31))) !== 0) continue
      segment.addKnown(known, act)
      const order = last && (this.#rankAt(act) - this.#rankAt(last.act) || act - last.act)
      if (order === undefined || order < 0) last = { act, value: value as Registers[Field] }
    }
    return last?.value
  }

  /**
   * Whether what `author` did is behind one of their exits, and no invitation that knew of it has let them in again: none of
   * the segments before, since the exit is open.
   */
  #isBeyond(author: UserId, exit: number, act: number): boolean {
    const { graph } = this.#parts
    if (graph.knows(exit, act)) return false
    return !this.invitations
      .of(author)
      .some(invitation => graph.knows(invitation, exit) && graph.knows(act, invitation))
  }

  /** The most senior author's act that is ready, the lowest hash first. */
  #next(ready: Lists<UserId>): number | undefined {
    let first: UserId | undefined
    let lowest = Number.POSITIVE_INFINITY
    for (const user of ready.keys) {
      const rank = rankOf(this.#roll.get(user))
      if (first !== undefined && (rank > lowest || (rank === lowest && user > first))) continue
      first = user
      lowest = rank
    }
    return first && ready.takeLowest(first)
  }

  #take(act: number): void {
    const said = this.#parts.graph.acts[act]
    if (said === undefined) return
    const rank = rankOf(this.#roll.get(said.user))
    const why = this.#dropped.get(act) ?? this.#whyNot(act, said) ?? this.#effect(act, said, rank)
    if (why !== undefined) {
      this.#refused.set(act, why)
      return
    }
    this.taken.set(act, { rank, needsAdmin: needsAdmin(said) })
    this.#byAuthor.add(said.user, act)
  }

  /** What stands against an act before it is looked at what it does. */
  #whyNot(act: number, { user, device, body, hash, rights }: MembershipAct): WhyNot | undefined {
    const { graph, room, state } = this.#parts
    if (body.is === 'founding') return hash === room && body.user === user ? undefined : 'no-right'
    if (body.is === 'unknown' || rights.length === 0) return 'malformed'
    if (body.is === 'revocation') return this.revocations.isCounted(act) ? undefined : 'revoked'
    if (this.revocations.of(user, device).some(each => !graph.knows(each, act))) return 'revoked'
    const isBehind = (exit: number) => this.#isBeyond(user, exit, act)
    const isOut = state.openExits.of(user).some(isBehind) || this.exits.of(user).some(isBehind)
    return isOut ? 'beyond-cut' : undefined
  }

  /** Changes the roll as the act says, or tells why not. */
  #effect(act: number, { user, body }: MembershipAct, rank: number): WhyNot | undefined {
    const roll = this.#roll
    const author = roll.get(user)
    switch (body.is) {
      case 'founding':
        roll.join(user, act, this.#number)
        this.joinings.add(user, act)
        this.#events.set(act, { is: 'founded' })
        return undefined
      case 'invitation':
        return this.#invite(act, body.user, author, rank)
      case 'joining':
        return this.#join(act, user, author)
      case 'leaving':
        if (author === undefined || author.is === 'out') return 'no-right'
        this.#events.set(act, this.#leave(user))
        this.#exit(act, user, user, rank)
        return undefined
      case 'removal':
        return this.#remove(act, body.user, { user, author, rank })
      case 'role':
        return this.#appoint(act, body, { user, author, rank })
      case 'change':
        if (!this.#mayAdminister(act, user, author)) return 'no-right'
        this.#changes.push(act)
        this.#noteChange(act, body)
        return undefined
      case 'revocation':
        return undefined
      case 'unknown':
        return 'malformed'
    }
  }

  #invite(act: number, target: UserId, author: Person | undefined, rank: number): WhyNot | undefined {
    if (author?.is !== 'joined') return 'no-right'
    const person = this.#roll.get(target)
    const { overruled, victims } = this.#against(this.exits.of(target), act, exit => {
      const { body } = this.#parts.graph.acts[exit] ?? {}
      // One's own leaving is nobody else's to overrule.
      return body?.is === 'removal' && rank < this.#rankAt(exit)
    })
    if (overruled) return 'overruled'
    const isNew = person === undefined || person.is === 'out'
    if (isNew && this.#roll.count >= limits.roomMembers) return 'full'
    this.#conflict(act, rank, victims, 'overruled')
    this.invitations.add(target, act)
    if (!isNew) return undefined
    this.#roll.invite(target, this.#author(act), this.#number)
    this.#events.set(act, { is: 'invited', user: target })
    return undefined
  }

  #join(act: number, user: UserId, author: Person | undefined): WhyNot | undefined {
    const { graph, state } = this.#parts
    if (author === undefined || author.is === 'out') return 'no-right'
    if (author.is === 'invited') {
      const isInvited =
        state.invitations.of(user).length > 0 ||
        this.invitations.of(user).some(invitation => graph.knows(act, invitation))
      if (!isInvited) return 'no-right'
      this.#roll.join(user, act, this.#number)
      this.#events.set(act, { is: 'joined' })
    }
    this.joinings.add(user, act)
    return undefined
  }

  #remove(act: number, target: UserId, by: By): WhyNot | undefined {
    const person = this.#roll.get(target)
    if (by.author?.is !== 'joined' || person === undefined || target === by.user) return 'no-right'
    const takesBack = person.is === 'invited' && person.by === by.user
    const isSenior = by.rank < rankOf(person) && this.#mayAdminister(act, by.user, by.author)
    if (!takesBack && !isSenior) return 'no-right'
    const { overruled, victims } = this.#against(
      this.invitations.of(target),
      act,
      invitation => by.rank <= this.#rankAt(invitation),
    )
    if (overruled) return 'overruled'
    this.#conflict(act, by.rank, victims, 'overruled')
    if (person.is !== 'out') this.#events.set(act, { is: 'removed', user: target })
    this.#roll.out(target)
    this.#exit(act, target, by.user, by.rank)
    return undefined
  }

  #appoint(act: number, { user: target, role }: ActBody & { is: 'role' }, by: By): WhyNot | undefined {
    const { graph } = this.#parts
    const person = this.#roll.get(target)
    if (person?.is !== 'joined' || person.role === 'owner') return 'no-right'
    if (!this.#mayAdminister(act, by.user, by.author)) return 'no-right'
    if (role === 'member' && target !== by.user && by.rank >= rankOf(person)) return 'no-right'
    const { overruled, victims } = this.#against(this.roles.of(target), act, other => {
      const rank = this.#rankAt(other)
      if (by.rank !== rank) return by.rank < rank
      const { body } = graph.acts[other] ?? {}
      if (body?.is !== 'role' || body.role === role) return act < other
      return role === 'member'
    })
    if (overruled) return 'overruled'
    this.#conflict(act, by.rank, victims, 'overruled')
    this.roles.add(target, act)
    if (person.role !== role)
      this.#events.set(act, { is: role === 'admin' ? 'made-admin' : 'made-member', user: target })
    this.#roll.appoint(target, role, this.#number)
    if (role !== 'member') return undefined
    const beyond = this.#byAuthor.of(target).filter(other => {
      return this.taken.get(other)?.needsAdmin === true && this.#isDemoted(target, act, other)
    })
    this.#conflict(act, by.rank, beyond, 'no-right')
    return undefined
  }

  /** Whether an act that only admins may do is behind a demotion, and no appointment that knew of it has come since. */
  #isDemoted(user: UserId, demotion: number, act: number): boolean {
    const { graph } = this.#parts
    if (graph.knows(demotion, act)) return false
    const isAgain = (other: number) =>
      this.#isAppointment(other) && graph.knows(other, demotion) && graph.knows(act, other)
    return !this.roles.of(user).some(isAgain)
  }

  #mayAdminister(act: number, user: UserId, author: Person | undefined): boolean {
    if (author?.is !== 'joined' || author.role === 'member') return false
    if (author.role === 'owner') return true
    return !this.#demotionsOf(user).some(demotion => this.#isDemoted(user, demotion, act))
  }

  /** The demotions of somebody that count and may not be over. */
  #demotionsOf(user: UserId): number[] {
    const here = this.roles.of(user).filter(other => !this.#isAppointment(other))
    return [...this.#parts.state.openDemotions.of(user), ...here]
  }

  /** Somebody goes of themselves; who owned the room hands over to whoever owns it then. */
  #leave(user: UserId): ActEvent {
    const roll = this.#roll
    const wasOwner = roll.owner === user
    roll.out(user)
    return wasOwner && roll.owner !== undefined ? { is: 'handed-over', user: roll.owner } : { is: 'left' }
  }

  #isAppointment(act: number): boolean {
    const { body } = this.#parts.graph.acts[act] ?? {}
    return body?.is === 'role' && body.role === 'admin'
  }

  /** Somebody is out from here on: what they did besides, without whoever put them out knowing, does not count. */
  #exit(act: number, target: UserId, author: UserId, rank: number): void {
    const { graph } = this.#parts
    const beyond = this.#byAuthor.of(target).filter(other => {
      if (graph.acts[other]?.body.is === 'revocation') return false
      return this.#isBeyond(target, act, other)
    })
    this.exits.add(target, act)
    this.#conflict(act, author === target ? rank - 0.5 : rank, beyond, 'beyond-cut')
  }

  /** What `others` did about the same at the same time: it wins over all of them, or one of them wins over it. */
  #against(others: readonly number[], act: number, wins: (other: number) => boolean) {
    const rivals = others.filter(other => !this.#parts.graph.knows(act, other))
    return { overruled: !rivals.every(wins), victims: rivals }
  }

  #conflict(cause: number, rank: number, victims: readonly number[], why: WhyNot): void {
    if (victims.length > 0) this.conflicts.push({ cause, author: this.#author(cause), rank, victims, why })
  }

  #noteChange(act: number, { name, topic, history }: ActBody & { is: 'change' }): void {
    if (name !== undefined) this.#events.set(act, { is: 'renamed', text: name })
    else if (topic !== undefined) this.#events.set(act, { is: 'topic', text: topic })
    else if (history !== undefined) this.#events.set(act, { is: 'history', history })
  }

  get #roll(): RoomState['roll'] {
    return this.#parts.state.roll
  }

  /** How many acts counted before this one. */
  get #number(): number {
    return this.#parts.state.count + this.taken.size
  }

  #rankAt(act: number): number {
    return this.taken.get(act)?.rank ?? Number.POSITIVE_INFINITY
  }

  #author(act: number): UserId {
    return this.#parts.graph.acts[act]?.user ?? ('' as UserId)
  }
}

interface By {
  readonly user: UserId
  readonly author: Person | undefined
  readonly rank: number
}

/** Appointing, removing a member, and what the room is called are for admins; so is what they did once they are none. */
function needsAdmin({ body }: MembershipAct): boolean {
  return body.is === 'role' || body.is === 'change' || body.is === 'removal'
}
