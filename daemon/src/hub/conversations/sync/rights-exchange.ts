import { limits } from '../../../limits.ts'
import { type ConversationId, toText, type UserId } from '../../../protocol/ids.ts'
import type { Entry, Event, Rights, RightsEntries } from '../../../protocol/parley_pb.ts'
import type { Conversation } from '../conversation.ts'
import type { Refusal } from '../intake.ts'
import type { MembershipEntry } from '../members.ts'
import type { State } from '../state.ts'
import { tooManyInvitations } from './refusals.ts'
import { checkRights, lackingRights, type RightsGround, rightsEntriesFrames, rightsFrame } from './rights.ts'
import type { SyncHost } from './sync-host.ts'

type Frame = Event['is']

/** The link of an exchange of membership entries. */
interface RightsLink {
  readonly user: UserId
  /** There is something to say: {@link RightsExchange.nextEntries} and {@link RightsExchange.next} give it. */
  wake(): void
  refuse(id: ConversationId, refusal: Refusal): void
  /** So many signatures were checked of what was refused. */
  checkedInVain(signatures: number): void
}

/** The membership entries of conversations over one link: they come before anything else, and without the logs. */
export class RightsExchange {
  readonly #host: SyncHost
  readonly #link: RightsLink
  /** Rooms that the other side has named and that are not here. */
  readonly #unknown = new Set<ConversationId>()
  /** Of these the other side is to be asked what there is. */
  readonly #toAsk = new Set<ConversationId>()
  /** How both stood when this side told last what it has, so that two who refuse each other's fall silent. */
  readonly #told = new Map<ConversationId, string>()
  /** What the other side holds by its own word, hash behind hash, and is yet to be answered: nothing else of its frames is kept. */
  readonly #toAnswer = new Map<Conversation, Uint8Array>()
  /** Bytes of those. */
  #waiting = 0
  /** Of these the other side is to be told what is held here. */
  readonly #toTell = new Set<Conversation>()
  /** Membership entries that go out next. */
  #frames: Frame[] = []
  /** Hashes of one's own new membership entries, which go out behind those. */
  readonly #toPush = new Map<Conversation, Set<string>>()

  constructor(host: SyncHost, link: RightsLink) {
    this.#host = host
    this.#link = link
  }

  /** Tells what is held here, for the other side to send what is not. */
  tell(conversation: Conversation): void {
    this.#toTell.add(conversation)
    this.#link.wake()
  }

  /** The other side tells what it holds: it gets what it lacks, and is told what there is here if it holds more. */
  told(conversation: Conversation, rights: Rights): void {
    this.#waiting -= this.#toAnswer.get(conversation)?.length ?? 0
    this.#toAnswer.delete(conversation)
    const held = rights.hashes.filter(({ length }) => length === hashSize).slice(0, limits.membershipEntries)
    // Whoever tells so much and listens to nothing compares again with the next link.
    if (this.#waiting + held.length * hashSize > limits.rightsWaiting) return
    this.#toAnswer.set(conversation, Buffer.concat(held))
    this.#waiting += held.length * hashSize
    this.#link.wake()
  }

  /** The next frame of membership entries that were asked for, or are new. */
  nextEntries(): Frame | undefined {
    const frame = this.#frames.shift()
    if (frame !== undefined) return frame
    for (const [conversation, hashes] of this.#toPush) {
      this.#toPush.delete(conversation)
      const entries = [...hashes].flatMap(hash => conversation.members.entries.get(hash)?.entry ?? [])
      this.#frames = rightsEntriesFrames(conversation.id, entries)
      return this.nextEntries()
    }
    return undefined
  }

  /** The next frame of what is owed. Where the other side asks faster than it listens, what it has said last counts. */
  next(): Frame | undefined {
    for (const [conversation, held] of this.#toAnswer) {
      this.#toAnswer.delete(conversation)
      this.#waiting -= held.length
      this.#answer(conversation, held)
      const frame = this.nextEntries()
      if (frame !== undefined) return frame
    }
    for (const id of this.#toAsk) {
      this.#toAsk.delete(id)
      return rightsFrame(id, undefined, this.#link.user)
    }
    for (const conversation of this.#toTell) {
      this.#toTell.delete(conversation)
      return rightsFrame(conversation.id, conversation.members, this.#link.user)
    }
    return undefined
  }

  async take(conversation: Conversation, { entries }: RightsEntries): Promise<void> {
    const accepted = await this.#check(conversation.id, entries, conversation)
    if (accepted.length > 0) await conversation.admit(accepted)
  }

  /** Somebody names a room that is not here, or in which they have no part by what is: its membership entries say whether one has a part in it. */
  askFor(id: ConversationId): void {
    if (this.#host.rooms === undefined || this.#unknown.size >= limits.unknownConversations) {
      this.#link.refuse(id, { code: 'stranger', message: 'That conversation is none of these two users.' })
      return
    }
    this.#unknown.add(id)
    this.#toAsk.add(id)
    this.#link.wake()
  }

  /** Begins a room that is not here by its membership entries; undefined when one has no part in it. */
  async meet(id: ConversationId, { entries }: RightsEntries): Promise<Conversation | undefined> {
    if (this.#host.rooms === undefined) return undefined
    const conversation = await this.#host.begin(id, await this.#check(id, entries, this.#host.get(id)))
    if (conversation === 'full') {
      this.#link.refuse(id, tooManyInvitations)
      return undefined
    }
    if (conversation !== undefined) this.#unknown.delete(id)
    return conversation
  }

  /** Membership entries of one's own go to everybody who is linked; those of others come by a comparison. */
  push(conversation: Conversation, before: State): void {
    const { members, account } = conversation
    const held = before.members.entries
    // The answer that is owed brings them as well, behind what they build on.
    if (held.size === members.entries.size || this.#toAnswer.has(conversation)) return
    const known = members.knownTo(this.#link.user)
    const pushed = this.#toPush.get(conversation) ?? new Set()
    for (const [hash, { header }] of [...members.entries].slice(held.size)) {
      if (header.device === account.device && (known?.has(hash) ?? true)) pushed.add(hash)
    }
    if (pushed.size > 0) this.#toPush.set(conversation, pushed)
    this.#link.wake()
  }

  #answer(conversation: Conversation, held: Uint8Array): void {
    const { id, members } = conversation
    const theirs = new Set<string>()
    for (let from = 0; from < held.length; from += hashSize) theirs.add(toText(held.subarray(from, from + hashSize)))
    this.#frames = lackingRights(id, members, this.#link.user, theirs)
    const stand = `${members.entries.size} ${theirs.size}`
    if ([...theirs].every(hash => members.entries.has(hash)) || this.#told.get(id) === stand) return
    this.#told.set(id, stand)
    this.#toTell.add(conversation)
  }

  async #check(
    id: ConversationId,
    entries: readonly Entry[],
    known: Conversation | undefined,
  ): Promise<readonly MembershipEntry[]> {
    const { accepted, refused, inVain } = await checkRights(entries, this.#ground(id, known))
    for (const refusal of refused) this.#link.refuse(id, refusal)
    this.#link.checkedInVain(inVain)
    return accepted
  }

  #ground(id: ConversationId, known: Conversation | undefined): RightsGround {
    const { rooms, keyring, clock } = this.#host
    return {
      ...{ conversation: id, members: known?.members, keyring, now: clock.physical() },
      make: (entries: readonly MembershipEntry[]) => {
        const made = known?.members.with(entries) ?? rooms?.membersOf(id, entries, keyring)
        if (made === undefined) throw new Error('there are no rooms here')
        return made
      },
      meet: async (users: readonly UserId[]) => rooms?.meet(users),
    }
  }
}

const hashSize = 32
