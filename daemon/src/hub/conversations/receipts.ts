import { create } from '@bufbuild/protobuf'
import type { Log } from '@parley/kit'
import { asParleyError, ParleyError } from '../../errors.ts'
import { limits } from '../../limits.ts'
import { type ConversationId, type DeviceId, fromText, type UserId } from '../../protocol/ids.ts'
import { isWithin, readMark } from '../../protocol/marks.ts'
import { type Event, type Marks as MarksFrame, MarksSchema, type Signed } from '../../protocol/parley_pb.ts'
import { verify } from '../../protocol/signed.ts'
import type { WaitingMark } from './inbox.ts'
import { digestOfMarks, type Marks } from './marks.ts'
import type { Author } from './members.ts'
import { namesOfAcks, OwnAcks, type OwnAcksGround } from './own-acks.ts'
import { Pace } from './pace.ts'

/** A link that carries the conversation. */
export interface MarkLink {
  /** Whose device is at the other end. */
  readonly user: UserId
  readonly device: DeviceId
  /** There is something to say: {@link Receipts.next} gives it. */
  wake(): void
}

export interface ReceiptsGround extends OwnAcksGround {
  readonly conversation: ConversationId
  /** Oneself. */
  readonly user: UserId
  /** As committed. */
  readonly marks: Marks
  /** Whether one lets others know how far one has read. */
  readonly areOn: boolean
  /** Whether somebody takes part now. */
  isMember(user: UserId): boolean
  /** Whose device that is now: of one that was revoked, nobody's. */
  keyOf(device: DeviceId): Author | undefined
  /** Takes a mark whose signature holds. */
  commit(mark: WaitingMark): void
  readonly log: Log
}

/** ms between telling others; tests shorten them. */
export interface ReceiptPauses {
  readonly own?: number
  readonly gossip?: number
}

/**
 * The marks of one conversation over its links. One's own mark goes to one's own devices at once, to others now and then, and
 * only while receipts are on; what others have told goes on to one's own devices, and in rooms to some of those who may
 * lack it. What is to be said is kept by user, so a slow link hears only how it stands in the end.
 */
export class Receipts {
  readonly #ground: ReceiptsGround
  readonly #pauses: Required<ReceiptPauses>
  readonly #links = new Map<MarkLink, Outgoing>()
  #ownTimer: NodeJS.Timeout | undefined
  #ownTold = Number.NEGATIVE_INFINITY
  #gossipTimer: NodeJS.Timeout | undefined
  #acksTimer: NodeJS.Timeout | undefined
  /** Of people who do not take part by what is known so far: a mark may come before what says that they joined. */
  readonly #early = new Map<string, Signed>()

  constructor(ground: ReceiptsGround, { own = limits.marksPause, gossip = limits.marksGossip }: ReceiptPauses = {}) {
    this.#ground = ground
    this.#pauses = { own, gossip }
  }

  join(link: MarkLink): void {
    const acks = link.user === this.#ground.user ? new OwnAcks(this.#ground) : undefined
    const nothing = { pending: new Set<UserId>(), later: new Set<UserId>(), withheld: new Set<UserId>() }
    this.#links.set(link, { ...nothing, known: new WeakSet(), ...(acks && { acks }) })
  }

  leave(link: MarkLink): void {
    this.#links.delete(link)
  }

  /** Of the marks that somebody's devices are told. */
  digestFor(user: UserId): Uint8Array<ArrayBuffer> {
    const { marks, user: own } = this.#ground
    const said = [...marks].flatMap(([of, { signed }]) => (this.#maySay(of, user) ? signed : []))
    return digestOfMarks(said, user === own ? namesOfAcks(this.#ground) : [])
  }

  /** The other end has other marks: it is told all. */
  differ(link: MarkLink): void {
    const outgoing = this.#links.get(link)
    if (outgoing === undefined) return
    // What it was told before it may have refused, as before it knew who takes part.
    outgoing.known = new WeakSet()
    for (const user of this.#ground.marks.keys()) outgoing.pending.add(user)
    outgoing.acks?.owe()
    link.wake()
  }

  /** Devices have committed more of the logs of one's own: the other devices of one's own are told now and then. */
  acked(devices: Iterable<DeviceId>): void {
    for (const { acks } of this.#links.values()) acks?.owe(devices)
    this.#acksTimer ??= setTimeout(() => {
      this.#acksTimer = undefined
      for (const [link, { acks }] of this.#links) if (acks?.isOwed) link.wake()
    }, this.#pauses.own).unref()
  }

  /** Somebody's mark is another now, as committed. */
  changed(user: UserId): void {
    const { user: own } = this.#ground
    for (const [link, outgoing] of this.#links) {
      if (link.user !== own) continue
      outgoing.pending.add(user)
      link.wake()
    }
    if (user === own) {
      const wait = Math.max(0, this.#ownTold + this.#pauses.own - performance.now())
      this.#ownTimer ??= setTimeout(() => this.#tellOwn(), wait).unref()
    } else {
      for (const [link, { later }] of this.#links) if (link.user !== own && link.user !== user) later.add(user)
      this.#gossipSoon()
    }
  }

  /** Others take part now than before: what came too early is taken after all, and what was withheld is told. */
  membersChanged(): void {
    for (const [link, { withheld }] of this.#links) {
      const now = [...withheld].filter(user => this.#ground.isMember(user))
      for (const user of now) withheld.delete(user)
      this.#offer(link, now)
    }
    for (const [name, signed] of [...this.#early]) {
      if (!this.#ground.isMember(readMark(signed).user)) continue
      this.#early.delete(name)
      this.#take(signed)
    }
  }

  /** The next frame for a link. */
  next(link: MarkLink): Event['is'] | undefined {
    const outgoing = this.#links.get(link)
    if (outgoing === undefined) return undefined
    const reached = outgoing.acks?.next() ?? []
    const marks: Signed[] = []
    let bytes = 0
    for (const user of outgoing.pending) {
      if (!this.#ground.isMember(user)) outgoing.withheld.add(user)
      const news = this.#maySay(user, link.user) ? this.#newsOf(user, outgoing) : []
      for (const { payload } of news) bytes += payload.length + 100
      if (marks.length > 0 && (bytes > limits.marksBytes || marks.length + news.length > limits.marksPage)) break
      outgoing.pending.delete(user)
      for (const mark of news) outgoing.known.add(mark)
      marks.push(...news)
    }
    if (marks.length + reached.length === 0) return undefined
    const conversation = fromText(this.#ground.conversation)
    return { case: 'marks', value: create(MarksSchema, { conversation, marks, reached }) }
  }

  /**
   * Takes what a link tells: what is lower or known changes nothing; what is forged is logged, once for each link, and nothing
   * behind it is looked at. Whether any was.
   */
  async take(link: MarkLink, { marks, reached }: MarksFrame): Promise<'forged' | 'taken'> {
    const outgoing = this.#links.get(link)
    outgoing?.acks?.take(reached)
    const pace = new Pace()
    for (const signed of marks.slice(0, limits.marksPage)) {
      await pace.step()
      const fate = this.#take(signed, link)
      if (fate === 'bad') return 'forged'
      if (fate === 'news') outgoing?.known.add(signed)
    }
    return 'taken'
  }

  close(): void {
    clearTimeout(this.#ownTimer)
    clearTimeout(this.#gossipTimer)
    clearTimeout(this.#acksTimer)
    this.#links.clear()
  }

  #take(signed: Signed, link?: MarkLink): 'news' | 'known' | 'bad' {
    try {
      const mark = this.#check(signed)
      if (mark === undefined) return 'known'
      this.#ground.commit(mark)
      return 'news'
    } catch (error) {
      const outgoing = link && this.#links.get(link)
      if (outgoing?.hasForged) return 'bad'
      if (outgoing) outgoing.hasForged = true
      const { conversation, log } = this.#ground
      const { code, message } = asParleyError(error)
      log.warn({ conversation, peer: link?.user, code }, message)
      return 'bad'
    }
  }

  /** The mark, if it is news; throws `forged` or `bad-signature`. */
  #check(signed: Signed): WaitingMark | undefined {
    const { conversation, marks, keyOf, isMember } = this.#ground
    const mark = readMark(signed)
    if (mark.conversation !== conversation) {
      throw new ParleyError('forged', 'How far somebody has read another conversation was not taken for this one.')
    }
    const known = marks.get(mark.user)
    if (known && isWithin(mark.read, known.read)) return undefined
    if (!isMember(mark.user)) {
      if (this.#early.size < limits.marksPage) this.#early.set(`${mark.user}/${mark.device}`, signed)
      return undefined
    }
    const author = keyOf(mark.device)
    if (author?.user !== mark.user) return undefined
    if (!verify('mark', signed, author.key)) {
      throw new ParleyError(
        'bad-signature',
        'How far somebody has read is not signed by their device; it was left out.',
      )
    }
    return { user: mark.user, signed, read: mark.read }
  }

  #maySay(of: UserId, to: UserId): boolean {
    // Of whoever takes no part any more nobody takes a mark.
    return this.#ground.isMember(of) && (of !== this.#ground.user || to === of || this.#ground.areOn)
  }

  #newsOf(user: UserId, { known }: Outgoing): Signed[] {
    return (this.#ground.marks.get(user)?.signed ?? []).filter(mark => !known.has(mark))
  }

  #tellOwn(): void {
    const { user } = this.#ground
    this.#ownTimer = undefined
    this.#ownTold = performance.now()
    for (const link of this.#links.keys()) if (link.user !== user) this.#offer(link, [user])
  }

  #gossipSoon(): void {
    const isOwed = [...this.#links.values()].some(({ later }) => later.size > 0)
    if (isOwed) this.#gossipTimer ??= setTimeout(() => this.#tellSome(), this.#pauses.gossip).unref()
  }

  /** Whoever has read tells it all whom they are linked with; others hear of it from here, a few at a time. */
  #tellSome(): void {
    this.#gossipTimer = undefined
    const owed = [...this.#links].filter(([, { later }]) => later.size > 0)
    for (let count = 0; count < limits.marksGossipTo && owed.length > 0; count++) {
      for (const [link, { later }] of owed.splice(Math.floor(Math.random() * owed.length), 1)) {
        this.#offer(link, [...later])
        later.clear()
      }
    }
    this.#gossipSoon()
  }

  #offer(link: MarkLink, users: readonly UserId[]): void {
    const outgoing = this.#links.get(link)
    if (outgoing === undefined || users.length === 0) return
    for (const user of users) outgoing.pending.add(user)
    link.wake()
  }
}

interface Outgoing {
  /** Whether something forged has come from there. */
  hasForged?: boolean
  /** Whose marks the other end may lack. */
  readonly pending: Set<UserId>
  /** Whose marks it may lack and is told of when it is its turn. */
  readonly later: Set<UserId>
  /** Whose marks it may lack, and who took no part when it was to be told. */
  readonly withheld: Set<UserId>
  /** Marks that it has told, or was told. */
  known: WeakSet<Signed>
  /** Of a link to another device of one's own. */
  readonly acks?: OwnAcks
}
