import { create } from '@bufbuild/protobuf'
import { limits } from '../../../limits.ts'
import { type ConversationId, conversationId } from '../../../protocol/ids.ts'
import { type Event, type Resume, type Resumed, ResumeSchema } from '../../../protocol/parley_pb.ts'
import type { Conversation } from '../conversation.ts'
import type { Refusal } from '../intake.ts'
import type { State } from '../state.ts'
import type { PeerLink } from '../types.ts'
import { type Cursor, nothingTaken, readCursors } from './arrivals.ts'
import { isEqual, sameDigests, totalDigest } from './digest.ts'
import type { Exchanges } from './exchanges.ts'
import type { GossipLink } from './gossip.ts'
import type { MarkLinks } from './mark-links.ts'
import { noneOfTheirs } from './refusals.ts'
import { type Listed, listedNow, resumedFrame, resumedOf } from './resumed.ts'
import type { RightsExchange } from './rights-exchange.ts'
import { type LinkHost, sharedWith, shareWith } from './sync-host.ts'

type Frame = Event['is']

/** What of a link a comparison speaks to. */
interface ComparedLink {
  readonly sync: GossipLink
  readonly exchanges: Exchanges
  readonly rights: RightsExchange
  readonly marks: MarkLinks
  refuse(id: ConversationId, refusal: Refusal): void
  /** Both have told how all conversations stand. */
  opened(): void
  failed(error: unknown): void
  /** There is something to say: {@link Comparison.opening} and {@link Comparison.next} give it. */
  wake(): void
}

/**
 * Compares how conversations stand on both sides of a link. At first both say a digest over all that they share; unless it is
 * the same, one of each conversation. What is to be compared later is kept as a set, and said as it stands by then: it takes
 * no more memory however slowly the other side reads.
 */
export class Comparison {
  readonly #host: LinkHost
  readonly #peer: PeerLink
  readonly #link: ComparedLink
  /** What was said of each conversation, while the answer to it is awaited. */
  #said = new Map<ConversationId, Listed>()
  readonly #saidDigest: Uint8Array
  /** What the other has said of conversations while this side had not yet. */
  #heard = new Map<ConversationId, Resumed>()
  /** `listing`: both say how each conversation stands. */
  #phase: 'opening' | 'listing' | 'open' = 'opening'
  #cursors: ReadonlyMap<string, Cursor> = new Map()
  /** The digest, then the list of one's own conversations. */
  #frames: Frame[] = []
  /** Of these the other side is to be told how they stand. */
  readonly #due = new Set<Conversation>()

  constructor(host: LinkHost, peer: PeerLink, link: ComparedLink) {
    this.#host = host
    this.#peer = peer
    this.#link = link
    for (const conversation of sharedWith(host, peer.user)) {
      this.#said.set(conversation.id, listedNow(conversation, peer.user))
      link.marks.join(conversation)
    }
    this.#saidDigest = totalDigest(this.#said)
    const digest = new Uint8Array(this.#saidDigest)
    this.#frames = [{ case: 'resume', value: create(ResumeSchema, { digest, credit: limits.credit }) }]
  }

  /** Whether the other side has told nothing yet. */
  get isOpening(): boolean {
    return this.#phase === 'opening'
  }

  /** Whether it is not known yet how the other side has that conversation. */
  isUnknown(id: ConversationId): boolean {
    return this.isOpening || this.#said.has(id)
  }

  /** Says how a conversation stands here, for the other to say what is missing on either side. */
  compare(conversation: Conversation): void {
    this.#due.add(conversation)
    this.#link.wake()
  }

  /** The next frame of how all conversations stand, which comes before anything else. */
  opening(): Frame | undefined {
    return this.#frames.shift()
  }

  /** The next frame of how one stands. */
  next(): Frame | undefined {
    for (const conversation of this.#due) {
      this.#due.delete(conversation)
      return resumedFrame([resumedOf(conversation, this.#peer.user, undefined, this.#host.account)])
    }
    return undefined
  }

  async resume(resume: Resume): Promise<void> {
    if (this.#phase === 'opening' && resume.digest.length > 0) {
      if (isEqual(resume.digest, this.#saidDigest)) return this.#open(true)
      return this.#list()
    }
    for (const resumed of resume.conversations) this.#compareWith(resumed)
    if (this.#phase === 'listing' && !resume.more) this.#open(false)
  }

  close(): void {
    this.#frames = []
    this.#due.clear()
  }

  /** Both stand differently: says how each conversation stands now. */
  async #list(): Promise<void> {
    const { account, storage } = this.#host
    const { user, device } = this.#peer
    this.#cursors = await readCursors(storage, device)
    this.#phase = 'listing'
    this.#said = new Map()
    const listed: Resumed[] = []
    for (const conversation of sharedWith(this.#host, user)) {
      this.#said.set(conversation.id, listedNow(conversation, user))
      listed.push(resumedOf(conversation, user, this.#cursors.get(conversation.id), account))
    }
    for (let from = 0; from === 0 || from < listed.length; from += limits.resumePage) {
      const page = listed.slice(from, from + limits.resumePage)
      this.#frames.push(resumedFrame(page, from + limits.resumePage < listed.length))
    }
    this.#link.wake()
    this.#takeHeard()
  }

  #takeHeard(): void {
    const heard = [...this.#heard.values()]
    this.#heard = new Map()
    for (const resumed of heard) this.#compareWith(resumed)
  }

  #compareWith(resumed: Resumed): void {
    const id = conversationId(resumed.conversation)
    if (this.#phase === 'opening') {
      if (this.#heard.size < limits.unknownConversations) this.#heard.set(id, resumed)
      return
    }
    const conversation = this.#host.get(id) ?? this.#host.meet(id, this.#peer, resumed)
    const share = conversation === undefined ? 'nothing' : shareWith(conversation, this.#peer.user)
    if (conversation !== undefined && share !== 'nothing') this.#compareShared(conversation, share, resumed)
    // Of a room that was put back to an older copy they know more than is known here.
    else if (conversation?.peer === undefined) this.#link.rights.askFor(id)
    else this.#link.refuse(id, noneOfTheirs)
  }

  #compareShared(conversation: Conversation, share: 'all' | 'rights', resumed: Resumed): void {
    const { sync, exchanges, rights, marks } = this.#link
    const said = this.#said.get(conversation.id)
    this.#said.delete(conversation.id)
    const ours = said ?? listedNow(conversation, this.#peer.user)
    const link = marks.join(conversation)
    if (isEqual(ours.rights, resumed.rights)) this.#host.gossip.agrees(sync, conversation)
    else rights.tell(conversation)
    if (!isEqual(ours.marks, resumed.marks)) conversation.receipts.differ(link)
    if (share !== 'all') return
    const since = { epoch: resumed.epoch, arrival: Number(resumed.arrival) }
    const exchange = exchanges.of(conversation)
    if (!isEqual(ours.heads, resumed.digest)) {
      if (said !== undefined || this.#phase === 'listing') exchange.differ(since)
      else exchange.answer(since)
    } else if (said === undefined) exchange.acknowledge([this.#peer.device])
    else {
      exchange.inStep(said.state.logs)
      this.#inStep(conversation, said.state)
    }
  }

  /** The other has committed all that was here. */
  #inStep(conversation: Conversation, { logs }: State): void {
    for (const [device, { heads }] of logs) {
      const isOwn = conversation.members.mayLink(device)?.user === this.#host.account.user
      if (isOwn) conversation.acknowledge(this.#peer.device, device, heads).catch(error => this.#link.failed(error))
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
        this.#link.exchanges.of(conversation).inStep(listed.state.logs)
        if (!sameDigests(listed, listedNow(conversation, this.#peer.user))) this.compare(conversation)
      }
    }
    this.#link.opened()
    this.#takeHeard()
    this.#link.wake()
  }

  /** The other side lacks a conversation that it was told of. */
  #tellWhole(conversation: Conversation): void {
    conversation.receipts.differ(this.#link.marks.join(conversation))
    if (shareWith(conversation, this.#peer.user) === 'all') this.#link.exchanges.of(conversation).differ(nothingTaken)
  }
}
