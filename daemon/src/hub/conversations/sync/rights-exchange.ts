import { limits } from '../../../limits.ts'
import type { ConversationId, UserId } from '../../../protocol/ids.ts'
import type { Event, Rights, RightsEntries } from '../../../protocol/parley_pb.ts'
import type { Conversation } from '../conversation.ts'
import type { Refusal } from '../intake.ts'
import type { MembershipEntry } from '../members.ts'
import type { State } from '../state.ts'
import { checkRights, lackingRights, type RightsGround, rightsEntriesFrames, rightsFrame } from './rights.ts'
import type { SyncHost } from './sync-host.ts'

/** The link of an exchange of membership entries. */
interface RightsLink {
  readonly user: UserId
  say(frame: Event['is']): void
  refuse(id: ConversationId, refusal: Refusal): void
}

/** The membership entries of conversations over one link: they come before anything else, and without the logs. */
export class RightsExchange {
  readonly #host: SyncHost
  readonly #link: RightsLink
  /** Rooms that the other side has named and that are not here. */
  readonly #unknown = new Set<ConversationId>()
  /** How both stood when this side told last what it has, so that two who refuse each other's fall silent. */
  readonly #told = new Map<ConversationId, string>()

  constructor(host: SyncHost, link: RightsLink) {
    this.#host = host
    this.#link = link
  }

  /** Tells what is held here, for the other side to send what is not. */
  tell({ id, members }: Conversation): void {
    this.#link.say(rightsFrame(id, members, this.#link.user))
  }

  /** The other side tells what it holds: it gets what it lacks, and is told what there is here if it holds more. */
  told({ id, members }: Conversation, { hashes }: Rights): void {
    const { user } = this.#link
    for (const frame of lackingRights(id, members, user, hashes.slice(0, limits.membershipEntries))) {
      this.#link.say(frame)
    }
    const held = new Set([...members.entries.values()].map(({ hash }) => textOf(hash)))
    const stand = `${held.size} ${hashes.length}`
    if (hashes.every(hash => held.has(textOf(hash))) || this.#told.get(id) === stand) return
    this.#told.set(id, stand)
    this.#link.say(rightsFrame(id, members, user))
  }

  async take(conversation: Conversation, { entries }: RightsEntries): Promise<void> {
    const { accepted, refused } = await checkRights(entries, this.#ground(conversation.id, conversation))
    for (const refusal of refused) this.#link.refuse(conversation.id, refusal)
    if (accepted.length > 0) await conversation.admit(accepted)
  }

  /** Somebody names a room that is not here: its membership entries say whether one has a part in it. */
  askFor(id: ConversationId): void {
    if (this.#host.rooms === undefined || this.#unknown.size >= limits.unknownConversations) {
      this.#link.refuse(id, { code: 'stranger', message: 'That conversation is none of these two users.' })
      return
    }
    this.#unknown.add(id)
    this.#link.say(rightsFrame(id, undefined, this.#link.user))
  }

  /** Begins a room that is not here by its membership entries; undefined when one has no part in it. */
  async meet(id: ConversationId, { entries }: RightsEntries): Promise<Conversation | undefined> {
    if (this.#host.rooms === undefined) return undefined
    const { accepted, refused } = await checkRights(entries, this.#ground(id, undefined))
    for (const refusal of refused) this.#link.refuse(id, refusal)
    const conversation = await this.#host.begin(id, accepted)
    if (conversation !== undefined) this.#unknown.delete(id)
    return conversation
  }

  /** Membership entries of one's own go to everybody who is linked; those of others come by a comparison. */
  push({ id, members, account }: Conversation, before: State): void {
    const held = before.members.entries
    if (held.size === members.entries.size) return
    const known = members.knownTo(this.#link.user)
    const news = [...members.entries].slice(held.size).flatMap(([hash, { header, entry }]) => {
      return header.device === account.device && (known?.has(hash) ?? true) ? [entry] : []
    })
    for (const frame of rightsEntriesFrames(id, news)) this.#link.say(frame)
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

function textOf(hash: Uint8Array): string {
  return Buffer.from(hash.buffer, hash.byteOffset, hash.length).toString('latin1')
}
