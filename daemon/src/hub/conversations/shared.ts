import type { Log, Storage } from '@parley/kit'
import type { Said } from '../../protocol/bodies.ts'
import type { HybridClock } from '../../protocol/clock.ts'
import type { ConversationId, UserId } from '../../protocol/ids.ts'
import type { Doubt, Keyring } from './members.ts'
import type { MembersOf } from './state.ts'
import type { Arrivals } from './sync/arrivals.ts'
import type { Links } from './sync/links.ts'
import type { Account, ConversationChange } from './types.ts'

/** Looks at what others write before it is shown, as plugins may. */
export type Guard = (
  conversation: ConversationId,
  message: { readonly user: UserId; readonly said: Said },
) => Promise<Doubt | undefined>

/** Somebody who is blocked, since a time of the hybrid clock. */
export interface BlockedSince {
  readonly user: UserId
  readonly since: bigint
}

/** What all conversations of a home share. */
export interface Shared {
  readonly storage: Storage
  readonly account: Account
  readonly clock: HybridClock
  readonly log: Log
  readonly membersOf: MembersOf
  readonly arrivals: Arrivals
  readonly keyring: Keyring
  /** Whether one lets others know how far one has read, and is shown how far they have. Absent: yes. */
  readonly areReceiptsOn?: () => boolean
  /** Whether nothing is taken from somebody in the conversation with them, and since when. Absent: it is. */
  readonly blocked?: (user: UserId) => BlockedSince | undefined
  /** Why a message that has come is not to be shown; undefined: it is. */
  readonly guard?: Guard | undefined
  readonly links: Links
  /** Tells the front ends. */
  changed(change: ConversationChange): void
}
