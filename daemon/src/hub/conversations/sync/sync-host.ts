import type { Log, Storage } from '@parley/kit'
import type { HybridClock } from '../../../protocol/clock.ts'
import type { ConversationId, UserId } from '../../../protocol/ids.ts'
import type { Resumed } from '../../../protocol/parley_pb.ts'
import type { Conversation } from '../conversation.ts'
import type { Keyring, MembershipEntry, Rooms } from '../members.ts'
import type { Account, PeerLink } from '../types.ts'
import type { Arrivals } from './arrivals.ts'
import type { Gossip } from './gossip.ts'

/** What the links of a home need of its conversations. */
export interface SyncHost {
  readonly account: Account
  readonly storage: Storage
  readonly arrivals: Arrivals
  readonly clock: HybridClock
  readonly keyring: Keyring
  readonly rooms?: Rooms
  readonly log: Log
  get(id: ConversationId): Conversation | undefined
  /** All conversations that are stored. */
  stored(): Iterable<Conversation>
  /** The direct conversation that a peer means by an id that is not known here; undefined: it is none. */
  meet(
    id: ConversationId,
    peer: Pick<PeerLink, 'user' | 'name' | 'displayName'>,
    told?: Resumed,
  ): Conversation | undefined
  /** Begins a room that is not known here, by its membership entries. */
  begin(room: ConversationId, entries: readonly MembershipEntry[]): Promise<Begun>
}

/** A room that has begun here; undefined when one has no part in it; `full`: one is invited to as many as may be. */
export type Begun = Conversation | 'full' | undefined

/** What one link needs. */
export interface LinkHost extends SyncHost {
  readonly gossip: Gossip
}

/**
 * What a user's devices are given of a conversation, and this side of theirs. One's own devices share what was said in a
 * room also once one is out of it.
 */
export function shareWith(
  { members, account }: Pick<Conversation, 'members' | 'account'>,
  user: UserId,
): 'all' | 'rights' | 'nothing' {
  if (user === account.user && members.hasJoined(user)) return 'all'
  const theirs = members.sharesWith(user)
  const ours = members.sharesWith(account.user)
  if (theirs === 'nothing' || ours === 'nothing') return 'nothing'
  return theirs === 'all' && ours === 'all' ? 'all' : 'rights'
}

/** The conversations that are stored of which a user's devices are given anything. */
export function* sharedWith(host: Pick<SyncHost, 'stored'>, user: UserId): Iterable<Conversation> {
  for (const conversation of host.stored()) {
    if (shareWith(conversation, user) !== 'nothing') yield conversation
  }
}
