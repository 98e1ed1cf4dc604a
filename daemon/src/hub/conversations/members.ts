import type { KeyObject } from 'node:crypto'
import type { ErrorCode } from '../../errors.ts'
import type { ReadEntry } from '../../protocol/entries.ts'
import type { ConversationId, DeviceId, UserId } from '../../protocol/ids.ts'
import type { Place } from './keys.ts'

/** Whose device a key is. */
export interface Author {
  readonly user: UserId
  readonly key: KeyObject
}

/** The keys of all devices known: of people, by the highest roster seen, and one's own. Those of revoked devices a conversation knows by itself. */
export interface Keyring {
  keyOf(device: DeviceId): Author | undefined
  devicesOf(user: UserId): ReadonlyMap<DeviceId, KeyObject>
  /** Whose device that was until it was revoked, by the statements of people; undefined: nobody's, or several people's. */
  formerOwner(device: DeviceId): UserId | undefined
}

/** A membership entry (kinds 32 to 47) as it is kept: with its signature checked, and who wrote it. */
export interface MembershipEntry extends ReadEntry {
  readonly user: UserId
  /** SPKI of the device that wrote it. */
  readonly key: Uint8Array
}

/** Why an entry that links does not count: it is kept with its body, shows nothing, and is judged anew whenever the members change. */
export interface Doubt {
  readonly code: ErrorCode
  readonly message: string
}

/** What `judge` is told beside the entry. */
export interface JudgeContext {
  readonly author: UserId
  /** Its membership heads: those it names, else those inherited from what it follows. */
  readonly rights: readonly Uint8Array[]
  /** The cuts among {@link Members.cutsOf} whose heads are all held here: what is new cannot be within those. */
  readonly heldCuts: ReadonlySet<Cut>
}

/** The last entries of a device that count: beyond them nothing does, whatever its date. */
export interface Cut {
  /** Of that device's log; empty: nothing of it counts. */
  readonly heads: readonly Place[]
}

/**
 * Who takes part in a conversation, by the set of its membership entries alone: a value that {@link with} replaces and
 * nothing changes, so that a batch which is not committed leaves no trace.
 */
export interface Members {
  /** Who takes part now: oneself included, those who are merely invited not. */
  readonly users: ReadonlySet<UserId>
  /** Since when somebody takes part, as a hybrid time: of a direct conversation, and of the owner, 0. Undefined: they do not. */
  joined(user: UserId): bigint | undefined
  /** What a user's devices are given: all, the membership entries alone (as of those invited or removed), or nothing. */
  sharesWith(user: UserId): 'all' | 'rights' | 'nothing'
  /** Who may have written membership entries: whoever takes part, ever did or was invited, whether or not that counts. */
  readonly named: ReadonlySet<UserId>
  /** Hashes in base32 of the membership entries that a user may know of, such as those up to their removal; undefined: all. */
  knownTo(user: UserId): ReadonlySet<string> | undefined
  /**
   * Whose entries link: those of members past and present, of revoked devices too. More entries never take it away, so that
   * all who know the same hold the same: also of whoever joined while they were put out, which makes nothing of theirs count.
   */
  mayLink(device: DeviceId): Author | undefined
  /** Whether anything may count that somebody wrote: in a room once they have joined. */
  hasJoined(user: UserId): boolean
  /** Why an entry does not count; undefined: it does. */
  judge(entry: ReadEntry, context: JudgeContext): Doubt | undefined
  /** Whether somebody may delete what others wrote, by the membership entries that those heads lead to. */
  mayModerate(user: UserId, rights: readonly Uint8Array[]): boolean
  /** Every cut that was made of that device's log. */
  cutsOf(device: DeviceId): readonly Cut[]
  /** Where the logs start that a user is given; undefined: at their beginning. */
  floorsFor(user: UserId): ReadonlyMap<DeviceId, readonly Place[]> | undefined
  /** When a user was invited last, by the hybrid clock. */
  invited(user: UserId): bigint | undefined
  /** Hashes of the membership entries that the next entry names: those that no other names. */
  readonly rights: readonly Uint8Array[]
  /** The membership entries that are held, by their hash in base32. */
  readonly entries: ReadonlyMap<string, MembershipEntry>
  /** First 8 bytes of SHA-256 over the hashes of these entries, ascending; empty: there are none. */
  readonly entriesDigest: Uint8Array
  /** The members once these entries are held as well; those held already change nothing. */
  with(entries: readonly MembershipEntry[]): Members
}

/** Makes the members of rooms; given to `openConversations`. */
export interface Rooms {
  /** By the entries that are held of a room. */
  membersOf(room: ConversationId, entries: readonly MembershipEntry[], keyring: Keyring): Members
  /** Looks for the devices of people who are not known. Resolves when it has done what it could. */
  meet(users: readonly UserId[]): Promise<void>
}
