import { setTimeout as pause } from 'node:timers/promises'
import { create } from '@bufbuild/protobuf'
import { limits } from '../../../limits.ts'
import { type ConversationId, conversationId, type DeviceId, type UserId } from '../../../protocol/ids.ts'
import type { Entries, Event, Resume, Resumed, RightsEntries } from '../../../protocol/parley_pb.ts'
import { AckSchema, ResumeSchema } from '../../../protocol/parley_pb.ts'
import type { Conversation } from '../conversation.ts'
import type { Refusal } from '../intake.ts'
import { bytesOf } from '../intake.ts'
import type { State } from '../state.ts'
import type { PeerLink } from '../types.ts'
import { type Cursor, nothingTaken, readCursors } from './arrivals.ts'
import { isEqual, sameDigests, totalDigest } from './digest.ts'
import type { Exchange } from './exchange.ts'
import type { ExchangeLink } from './exchange-link.ts'
import { Exchanges } from './exchanges.ts'
import { MarkLinks } from './mark-links.ts'
import { noneOfTheirs, notTakingPart, Refusals } from './refusals.ts'
import { type Listed, listedNow, resumedFrame, resumedOf } from './resumed.ts'
import { RightsExchange } from './rights-exchange.ts'
import { type LinkHost, shareWith } from './sync-host.ts'
import { Talk } from './talk.ts'
import { WordsExchange } from './words-exchange.ts'

type Frame = Event['is']

/** What a commit has changed. */
export interface Committed {
  readonly before: State
  /** Devices whose logs have changed. */
  readonly devices: ReadonlySet<DeviceId>
}

/**
 * All conversations over one link. At first both say a digest over all that they share; unless it is the same, one of
 * each conversation. What differs is exchanged: membership entries before anything else, then conversations in turn,
 * entries as far as the one credit of the link goes.
 */
export class LinkSync implements ExchangeLink {
  readonly user: UserId
  readonly device: DeviceId
  readonly #host: LinkHost
  readonly #link: PeerLink
  readonly #talk: Talk
  readonly #rights: RightsExchange
  readonly #refusals: Refusals
  readonly #exchanges = new Exchanges(this)
  readonly #marks: MarkLinks
  readonly #words: WordsExchange
  /** What was said of each conversation, while the answer to it is awaited. */
  #said = new Map<ConversationId, Listed>()
  readonly #saidDigest: Uint8Array
  /** What the other has said of conversations while this side had not yet. */
  #heard = new Map<ConversationId, Resumed>()
  /** `listing`: both say how each conversation stands. */
  #phase: 'opening' | 'listing' | 'open' = 'opening'
  #cursors: ReadonlyMap<string, Cursor> = new Map()
  #owedCredit = 0

  constructor(host: LinkHost, link: PeerLink) {
    this.#host = host
    this.#link = link
    this.user = link.user
    this.device = link.device
    this.#refusals = new Refusals(link, host.log)
    this.#talk = new Talk(
      link,
      host.log,
      () => this.#nextFrame(),
      exchange => this.#exchanges.rest(exchange),
    )
    const wake = () => this.#talk.wake()
    this.#marks = new MarkLinks(link, wake)
    this.#words = new WordsExchange(link.user, wake)
    const say = (frame: Frame) => this.#talk.say(frame)
    this.#rights = new RightsExchange(host, { user: link.user, say, wake, refuse: (id, why) => this.refuse(id, why) })
    for (const conversation of this.#shared()) {
      this.#said.set(conversation.id, listedNow(conversation, this.user))
      this.#marks.join(conversation)
    }
    this.#saidDigest = totalDigest(this.#said)
    const digest = new Uint8Array(this.#saidDigest)
    this.#talk.say({ case: 'resume', value: create(ResumeSchema, { digest, credit: limits.credit }) })
  }

  get arrivals() {
    return this.#host.arrivals
  }

  takeCredit(): number {
    const credit = this.#owedCredit
    this.#owedCredit = 0
    return credit
  }

  sharesLogs(conversation: Conversation): boolean {
    return shareWith(conversation, this.user) === 'all'
  }

  wake(exchange: Exchange): void {
    this.#talk.add(exchange)
  }

  /** Says how a conversation stands here, for the other to say what is missing on either side. */
  compare(conversation: Conversation): void {
    this.#talk.say(resumedFrame([resumedOf(conversation, this.user, undefined, this.#host.account)]))
  }

  /** What this link lets one know of a conversation: see {@link Exchange.knowledge}. */
  knowledge(conversation: Conversation): 'unknown' | 'ready' | 'behind' {
    if (this.#link.signal.aborted || this.#phase === 'opening' || this.#said.has(conversation.id)) return 'unknown'
    return this.#exchanges.get(conversation.id)?.knowledge ?? 'ready'
  }

  /** A conversation has changed that the other side may know of, or may have to know of now. */
  changed(conversation: Conversation, { before, devices }: Committed): void {
    if (this.#phase === 'opening' || this.#said.has(conversation.id)) return
    const { id } = conversation
    const share = shareWith(conversation, this.user)
    if (share === 'nothing') return
    const isNew = before.stored === undefined
    const hadShare = !isNew && this.#marks.has(id)
    if (!hadShare) this.#begin(conversation)
    else if (before.members !== conversation.members) {
      this.#rights.push(conversation, before)
      this.#tellMembers(conversation, before)
    }
    if (share === 'all' && conversation.state.row.hollow > before.row.hollow) this.#lookForWords(conversation)
    const exchange = this.#exchanges.get(id)
    if (exchange === undefined && share === 'all' && devices.has(this.#host.account.device)) {
      this.#exchange(conversation).inStep(before.logs)
    }
    const open = this.#exchanges.get(id)
    if (open === undefined) return
    this.#exchanges.use(open, each => each.committed(devices, before)).catch(error => this.#talk.failed(error))
  }

  /** Offers logs of others that have changed here. */
  offer(conversation: Conversation, devices: ReadonlySet<DeviceId>): void {
    if (this.#phase !== 'opening' && this.sharesLogs(conversation)) this.#exchange(conversation).offer(devices)
  }

  /** Tells that something of a conversation was not accepted, or does not count. */
  refuse(id: ConversationId, refusal: Refusal): void {
    const frame = this.#refusals.tell(id, refusal)
    if (frame !== undefined) this.#talk.say(frame)
  }

  /** Takes one event of the link in. When storage fails it is tried again, which pauses the link. */
  async event(is: Frame): Promise<void> {
    for (let tries = 1; !this.#link.signal.aborted; tries++) {
      try {
        await this.#take(is)
        return
      } catch (error) {
        if (this.#refusals.isMalformed(is.case, error)) break
        this.#host.log.error({ error, peer: this.user, event: is.case }, 'A frame of a peer could not be handled.')
        if (tries === limits.eventTries) break
        await pause(limits.askAgain, undefined, { signal: this.#link.signal, ref: false }).catch(() => undefined)
      }
    }
    if (is.case === 'entries') this.#giveBack(bytesOf(is.value))
  }

  close(): void {
    this.#talk.close()
    this.#exchanges.close()
    this.#marks.close()
  }

  /** Entries that came over this link are committed, or were given up. */
  #committed(conversation: Conversation, bytes: number, devices: ReadonlySet<DeviceId>): void {
    this.#owedCredit += bytes
    this.#exchange(conversation).acknowledge(devices)
  }

  async #take(is: Frame): Promise<void> {
    if (is.case === 'resume') return this.#resume(is.value)
    if (is.case === undefined || !('conversation' in is.value)) return
    if (is.case === 'ack' && is.value.conversation.length === 0) return this.#talk.grant(is.value.credit)
    const id = conversationId(is.value.conversation)
    const known = this.#host.get(id) ?? this.#host.meet(id, this.#link)
    const isUnknown = known === undefined || (!known.peer && shareWith(known, this.user) === 'nothing')
    if (isUnknown && is.case === 'rightsEntries') return this.#meetRoom(id, is.value)
    if (known === undefined || shareWith(known, this.user) === 'nothing') {
      if (is.case === 'entries') this.#giveBack(bytesOf(is.value))
      return this.refuse(id, noneOfTheirs)
    }
    if (is.case === 'rights') this.#rights.told(known, is.value)
    else if (is.case === 'rightsEntries') await this.#rights.take(known, is.value)
    else if (is.case === 'marks') await known.receipts.take(this.#marks.join(known), is.value)
    else if (is.case === 'refuse') this.#refusals.heard(id, is.value)
    else if (!this.sharesLogs(known)) {
      if (is.case !== 'entries') return
      this.#giveBack(bytesOf(is.value))
      this.refuse(id, notTakingPart)
    } else if (is.case === 'have') {
      this.#host.gossip.holds(this, known, is.value.heads)
      await this.#use(known, exchange => exchange.have(is.value))
    } else if (is.case === 'want') {
      this.#talk.grant(is.value.credit)
      await this.#use(known, exchange => exchange.want(is.value))
    } else if (is.case === 'ack') {
      this.#talk.grant(is.value.credit)
      await this.#use(known, exchange => exchange.ack(is.value.heads))
    } else if (is.case === 'entries') await this.#entries(known, is.value)
    else if (is.case === 'askWords') await this.#words.asked(known, is.value)
    else if (is.case === 'words') await this.#words.take(known, is.value)
  }

  // ---- comparing

  async #resume(resume: Resume): Promise<void> {
    this.#talk.grant(resume.credit)
    if (this.#phase === 'opening' && resume.digest.length > 0) {
      if (isEqual(resume.digest, this.#saidDigest)) return this.#open(true)
      return this.#list()
    }
    for (const resumed of resume.conversations) await this.#compareWith(resumed)
    if (this.#phase === 'listing' && !resume.more) this.#open(false)
  }

  /** Both stand differently: says how each conversation stands now. */
  async #list(): Promise<void> {
    this.#cursors = await readCursors(this.#host.storage, this.device)
    this.#phase = 'listing'
    this.#said = new Map()
    const listed: Resumed[] = []
    for (const conversation of this.#shared()) {
      this.#said.set(conversation.id, listedNow(conversation, this.user))
      listed.push(resumedOf(conversation, this.user, this.#cursors.get(conversation.id), this.#host.account))
    }
    for (let from = 0; from === 0 || from < listed.length; from += limits.resumePage) {
      const page = listed.slice(from, from + limits.resumePage)
      this.#talk.say(resumedFrame(page, from + limits.resumePage < listed.length))
    }
    for (const resumed of this.#heard.values()) await this.#compareWith(resumed)
    this.#heard = new Map()
  }

  async #compareWith(resumed: Resumed): Promise<void> {
    const id = conversationId(resumed.conversation)
    if (this.#phase === 'opening') {
      if (this.#heard.size < limits.unknownConversations) this.#heard.set(id, resumed)
      return
    }
    const conversation = this.#host.get(id) ?? this.#host.meet(id, this.#link, resumed)
    if (conversation === undefined) return this.#rights.askFor(id)
    const share = shareWith(conversation, this.user)
    // Of a room that was put back to an older copy they know more than is known here.
    if (share === 'nothing' && conversation.peer === undefined) return this.#rights.askFor(id)
    if (share === 'nothing') return this.refuse(id, noneOfTheirs)
    const said = this.#said.get(id)
    this.#said.delete(id)
    const ours = said ?? listedNow(conversation, this.user)
    const marks = this.#marks.join(conversation)
    if (isEqual(ours.rights, resumed.rights)) this.#host.gossip.agrees(this, conversation)
    else this.#rights.tell(conversation)
    if (!isEqual(ours.marks, resumed.marks)) conversation.receipts.differ(marks)
    if (share !== 'all') return
    const since = { epoch: resumed.epoch, arrival: Number(resumed.arrival) }
    if (isEqual(ours.heads, resumed.digest)) this.#sameHeads(conversation, said)
    else if (said !== undefined || this.#phase === 'listing') this.#exchange(conversation).differ(since)
    else this.#exchange(conversation).answer(since)
  }

  #sameHeads(conversation: Conversation, said: Listed | undefined): void {
    const exchange = this.#exchange(conversation)
    if (said === undefined) exchange.acknowledge([this.device])
    else {
      exchange.inStep(said.state.logs)
      this.#inStep(conversation, said.state)
    }
  }

  /** The other has committed all that was here. */
  #inStep(conversation: Conversation, { logs }: State): void {
    for (const [device, { heads }] of logs) {
      const isOwn = conversation.members.mayLink(device)?.user === this.#host.account.user
      if (isOwn) conversation.acknowledge(this.device, device, heads).catch(error => this.#talk.failed(error))
    }
  }

  /** Both have told what there is: what the other has not named it lacks. */
  #open(isSame: boolean): void {
    const left = [...this.#said]
    this.#said = new Map()
    this.#phase = 'open'
    for (const [id, listed] of left) {
      const conversation = this.#host.get(id)
      if (conversation === undefined) continue
      if (!isSame) this.#tellWhole(conversation)
      else {
        this.#inStep(conversation, listed.state)
        if (conversation.state === listed.state) continue
        this.#exchange(conversation).inStep(listed.state.logs)
        if (!sameDigests(listed, listedNow(conversation, this.user))) this.compare(conversation)
      }
    }
    for (const conversation of this.#shared()) {
      if (!this.#marks.has(conversation.id)) this.#begin(conversation)
      conversation.wake()
      if (this.sharesLogs(conversation)) this.#lookForWords(conversation)
    }
    for (const resumed of this.#heard.values()) void this.#compareWith(resumed)
    this.#heard = new Map()
    this.#talk.wake()
  }

  /** The other side lacks a conversation that it was told of. */
  #tellWhole(conversation: Conversation): void {
    conversation.receipts.differ(this.#marks.join(conversation))
    if (this.sharesLogs(conversation)) this.#exchange(conversation).differ(nothingTaken)
  }

  /** A conversation has begun, or is shared with the other side only now. */
  #begin(conversation: Conversation): void {
    this.#marks.join(conversation)
    // With the other one of a direct conversation nothing has to be told first: both know its id.
    if (conversation.peer?.user === this.user) {
      const exchange = this.#exchange(conversation)
      exchange.inStep(new Map())
      const { device } = this.#host.account
      exchange.offer([...conversation.state.logs.keys()].filter(log => log !== device && log !== this.device))
      if (conversation.state.logs.has(this.device)) exchange.offer([this.device])
      if (conversation.members.entries.size > 0) this.compare(conversation)
      return
    }
    this.#exchange(conversation).announced()
    this.compare(conversation)
  }

  async #meetRoom(id: ConversationId, frame: RightsEntries): Promise<void> {
    const conversation = await this.#rights.meet(id, frame)
    if (conversation !== undefined && shareWith(conversation, this.user) !== 'nothing') this.#begin(conversation)
  }

  /** The members of a conversation are others now. */
  #tellMembers(conversation: Conversation, { members }: State): void {
    const { user } = this.#host.account
    const hadLogs = members.sharesWith(this.user) === 'all' && members.sharesWith(user) === 'all'
    if (!this.sharesLogs(conversation) || hadLogs) return
    this.#exchange(conversation).announced()
    this.compare(conversation)
  }

  // ---- entries

  async #entries(conversation: Conversation, frame: Entries): Promise<void> {
    const bytes = bytesOf(frame)
    const { accepted, refused, gaps, lacksRights } = await conversation.reception.check(frame.entries, bytes, {
      device: this.device,
      committed: logs => this.#committed(conversation, bytes, logs),
      missing: logs => this.#exchange(conversation).askAgain(logs),
    })
    const exchange = this.#exchange(conversation)
    exchange.progressed(new Set(accepted.map(({ device }) => device)))
    for (const refusal of refused) this.refuse(conversation.id, refusal)
    if (lacksRights) this.#rights.tell(conversation)
    if (gaps.size > 0) exchange.askAgain(gaps)
    await conversation.hasRoom()
  }

  #lookForWords(conversation: Conversation): void {
    this.#words.look(conversation).catch(error => this.#talk.failed(error))
  }

  #giveBack(bytes: number): void {
    this.#owedCredit += bytes
    this.#talk.wake()
  }

  // ---- saying

  /** Who takes part, how far people have read, and credit that goes with nothing else. */
  #nextFrame(): Frame | undefined {
    const frame = this.#rights.next() ?? this.#marks.next() ?? this.#words.next()
    if (frame !== undefined) return frame
    if (this.#owedCredit < limits.credit / 2) return undefined
    return { case: 'ack', value: create(AckSchema, { credit: this.takeCredit() }) }
  }

  #exchange(conversation: Conversation): Exchange {
    return this.#exchanges.of(conversation)
  }

  #use(conversation: Conversation, run: (exchange: Exchange) => Promise<void>): Promise<void> {
    return this.#exchanges.use(this.#exchange(conversation), run)
  }

  *#shared(): Iterable<Conversation> {
    for (const conversation of this.#host.stored()) {
      if (shareWith(conversation, this.user) !== 'nothing') yield conversation
    }
  }
}
