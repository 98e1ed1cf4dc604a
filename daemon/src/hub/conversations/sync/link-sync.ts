import { setTimeout as pause } from 'node:timers/promises'
import { create } from '@bufbuild/protobuf'
import { limits } from '../../../limits.ts'
import { type ConversationId, conversationId, type DeviceId, type UserId } from '../../../protocol/ids.ts'
import { AckSchema, type Entries, type Event, type RightsEntries } from '../../../protocol/parley_pb.ts'
import type { Conversation } from '../conversation.ts'
import type { Refusal } from '../intake.ts'
import { bytesOf } from '../intake.ts'
import type { State } from '../state.ts'
import type { PeerLink } from '../types.ts'
import { Comparison } from './comparison.ts'
import type { Exchange } from './exchange.ts'
import type { ExchangeLink } from './exchange-link.ts'
import { Exchanges } from './exchanges.ts'
import { readHeads } from './heads.ts'
import { MarkLinks } from './mark-links.ts'
import { noneOfTheirs, notTakingPart, Refusals } from './refusals.ts'
import { RightsExchange } from './rights-exchange.ts'
import { type LinkHost, sharedWith, shareWith } from './sync-host.ts'
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
 * All conversations over one link. Both sides compare what they share; what differs is exchanged: membership entries before
 * anything else, then conversations in turn, entries as far as the one credit of the link goes.
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
  readonly #comparison: Comparison
  #owedCredit = 0
  /** ms to wait before the next event is looked at. */
  #penalty = 0

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
    const checkedInVain = (signatures: number) => this.#checkedInVain(signatures)
    const refuse = (id: ConversationId, refusal: Refusal) => this.refuse(id, refusal)
    this.#rights = new RightsExchange(host, { user: link.user, wake, refuse, checkedInVain })
    const [sync, exchanges, marks, rights] = [this, this.#exchanges, this.#marks, this.#rights]
    const failed = (error: unknown) => this.#talk.failed(error)
    const compared = { sync, exchanges, marks, rights, refuse, failed, wake, opened: () => this.#opened() }
    this.#comparison = new Comparison(host, link, compared)
    wake()
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
    this.#comparison.compare(conversation)
  }

  /** What this link lets one know of a conversation: see {@link Exchange.knowledge}. */
  knowledge(conversation: Conversation): 'unknown' | 'ready' | 'behind' {
    if (this.#link.signal.aborted || this.#comparison.isUnknown(conversation.id)) return 'unknown'
    return this.#exchanges.get(conversation.id)?.knowledge ?? 'ready'
  }

  /** A conversation has changed that the other side may know of, or may have to know of now. */
  changed(conversation: Conversation, { before, devices }: Committed): void {
    if (this.#comparison.isUnknown(conversation.id)) return
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
    if (!this.#comparison.isOpening && this.sharesLogs(conversation)) this.#exchange(conversation).offer(devices)
  }

  /** Asks again for what the other side has offered of these logs and not brought. */
  askAgain({ id }: Conversation, devices: ReadonlySet<DeviceId>): void {
    const exchange = this.#exchanges.get(id)
    exchange?.askAgain([...devices].filter(device => exchange.offers(device)))
  }

  /** Tells that something of a conversation was not accepted, or does not count. */
  refuse(id: ConversationId, refusal: Refusal): void {
    this.#refusals.tell(id, refusal)
    this.#talk.wake()
  }

  /** Takes one event of the link in. When storage fails it is tried again, which pauses the link. */
  async event(is: Frame): Promise<void> {
    for (let tries = 1; !this.#link.signal.aborted; tries++) {
      try {
        await this.#take(is)
        await this.#sitOut()
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
    this.#comparison.close()
    this.#exchanges.close()
    this.#marks.close()
  }

  /** Entries that came over this link are committed, or were given up. */
  #committed(conversation: Conversation, bytes: number, devices: ReadonlySet<DeviceId>): void {
    this.#owedCredit += bytes
    this.#exchange(conversation).acknowledge(devices)
  }

  async #take(is: Frame): Promise<void> {
    if (is.case === 'resume') {
      this.#talk.grant(is.value.credit)
      return this.#comparison.resume(is.value)
    }
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
    else if (is.case === 'marks') {
      const fate = await known.receipts.take(this.#marks.join(known), is.value)
      if (fate === 'forged') this.#checkedInVain(limits.forgedMarks)
    } else if (is.case === 'refuse') this.#refusals.heard(id, is.value)
    else if (!this.sharesLogs(known)) await this.#late(known, is)
    else if (is.case === 'have') {
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

  /** What is about the logs of a conversation that is shared no longer, as of a room that either side has left just now. */
  async #late(conversation: Conversation, is: Frame): Promise<void> {
    if (is.case === 'entries') {
      this.#giveBack(bytesOf(is.value))
      this.refuse(conversation.id, notTakingPart)
    } else if (is.case === 'want') this.#talk.grant(is.value.credit)
    else if (is.case === 'ack') {
      this.#talk.grant(is.value.credit)
      // They have committed what was handed over while it was shared.
      const own = conversation.account.device
      const places = readHeads(conversation, is.value.heads).get(own)
      if (places !== undefined && conversation.members.hasJoined(this.user))
        await conversation.acknowledge(this.device, own, places)
    }
  }

  // ---- comparing

  /** Both have told how all conversations stand. */
  #opened(): void {
    for (const conversation of sharedWith(this.#host, this.user)) {
      if (!this.#marks.has(conversation.id)) this.#begin(conversation)
      conversation.wake()
      if (this.sharesLogs(conversation)) this.#lookForWords(conversation)
    }
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
    const hadLogs = shareWith({ members, account: this.#host.account }, this.user) === 'all'
    if (!this.sharesLogs(conversation) || hadLogs) return
    this.#exchange(conversation).announced()
    this.compare(conversation)
  }

  // ---- entries

  async #entries(conversation: Conversation, frame: Entries): Promise<void> {
    const bytes = bytesOf(frame)
    const { accepted, refused, gaps, lacksRights } = await conversation.reception.check(frame.entries, bytes, {
      device: this.device,
      link: this,
      committed: logs => this.#committed(conversation, bytes, logs),
      missing: logs => this.#exchange(conversation).askAgain(logs),
    })
    const exchange = this.#exchange(conversation)
    exchange.progressed(new Set(accepted.map(({ device }) => device)))
    for (const refusal of refused) this.refuse(conversation.id, refusal)
    this.#checkedInVain(refused.filter(({ code }) => code === 'bad-signature').length)
    if (lacksRights) this.#rights.tell(conversation)
    if (gaps.size > 0) exchange.askAgain(gaps)
    await conversation.hasRoom()
  }

  /** To check is dear and to forge costs nothing: whoever brings what is not signed is listened to less. */
  #checkedInVain(signatures: number): void {
    this.#penalty = Math.min(this.#penalty + signatures * limits.forgedPause, limits.forgedPauseLongest)
  }

  async #sitOut(): Promise<void> {
    const penalty = this.#penalty
    if (penalty < limits.forgedPauseLeast) return
    this.#penalty = 0
    await pause(penalty, undefined, { signal: this.#link.signal, ref: false }).catch(() => undefined)
  }

  #lookForWords(conversation: Conversation): void {
    this.#words.look(conversation).catch(error => this.#talk.failed(error))
  }

  #giveBack(bytes: number): void {
    this.#owedCredit += bytes
    this.#talk.wake()
  }

  // ---- saying

  /**
   * How all stands first, then who takes part and how one conversation stands, which rests on that; what was refused, how far
   * people have read, and credit that goes with nothing else.
   */
  #nextFrame(): Frame | undefined {
    const first = this.#comparison.opening() ?? this.#rights.nextEntries() ?? this.#comparison.next()
    const frame = first ?? this.#refusals.next() ?? this.#rights.next() ?? this.#marks.next() ?? this.#words.next()
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
}
