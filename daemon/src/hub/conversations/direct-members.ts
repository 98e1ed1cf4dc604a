import type { KeyObject } from 'node:crypto'
import { limits } from '../../limits.ts'
import type { ReadEntry } from '../../protocol/entries.ts'
import type { DeviceId, UserId } from '../../protocol/ids.ts'
import { toText } from '../../protocol/ids.ts'
import { publicKeyOf } from '../../protocol/keys.ts'
import { readAct } from '../../protocol/membership-bodies.ts'
import type { Author, Cut, Doubt, JudgeContext, Keyring, Members, MembershipEntry } from './members.ts'
import { digestOfEntries } from './membership/entries-digest.ts'
import { entriesByUser, hasRoomFor } from './membership/shares.ts'

/**
 * The two users of a direct conversation. Nobody comes or goes; the only membership entries are revocations of one's
 * own devices, each of which cuts the log of that device.
 */
export class DirectMembers implements Members {
  readonly users: ReadonlySet<UserId>
  readonly entries: ReadonlyMap<string, MembershipEntry>
  readonly #keyring: Keyring
  /** By device, what each of both says to have revoked. */
  readonly #revocations: ReadonlyMap<DeviceId, readonly Revocation[]>
  /** Of revoked devices; made of their bytes once, whatever entries come. */
  readonly #keys: Map<DeviceId, KeyObject>
  #rights: readonly Uint8Array[] | undefined
  #digest: Uint8Array | undefined

  constructor(users: ReadonlySet<UserId>, keyring: Keyring, before?: Before) {
    this.users = users
    this.entries = before?.entries ?? new Map()
    this.#keyring = keyring
    this.#revocations = before?.revocations ?? new Map()
    this.#keys = before?.keys ?? new Map()
  }

  get rights(): readonly Uint8Array[] {
    this.#rights ??= headsOf(this.entries)
    return this.#rights
  }

  get entriesDigest(): Uint8Array {
    this.#digest ??= digestOfEntries([...this.entries.values()].map(({ hash }) => hash))
    return this.#digest
  }

  joined(user: UserId): bigint | undefined {
    return this.users.has(user) ? 0n : undefined
  }

  get named(): ReadonlySet<UserId> {
    return this.users
  }

  knownTo(): undefined {
    return undefined
  }

  sharesWith(user: UserId): 'all' | 'nothing' {
    return this.users.has(user) ? 'all' : 'nothing'
  }

  mayLink(device: DeviceId): Author | undefined {
    const author = this.#keyring.keyOf(device) ?? this.#revoked(device)
    return author !== undefined && this.users.has(author.user) ? author : undefined
  }

  hasJoined(user: UserId): boolean {
    return this.users.has(user)
  }

  judge({ header, hash }: ReadEntry, { heldCuts }: JudgeContext): Doubt | undefined {
    return this.cutsOf(header.device).some(cut => isBeyond(cut, heldCuts, header.seq, hash)) ? beyond : undefined
  }

  mayModerate(): boolean {
    return false
  }

  /** Whoever names a device of the other one's as their own cuts nothing. */
  cutsOf(device: DeviceId): readonly Cut[] {
    const made = this.#revocations.get(device)
    const owner = made && this.mayLink(device)?.user
    return made?.flatMap(({ user, cut }) => (user === owner ? [cut] : [])) ?? []
  }

  invited(): undefined {
    return undefined
  }

  floorsFor(): undefined {
    return undefined
  }

  with(entries: readonly MembershipEntry[]): Members {
    const all = new Map(this.entries)
    const revocations = new Map(this.#revocations)
    const counts = entriesByUser(this.entries.values())
    for (const entry of entries) {
      const { hash, header, user } = entry
      const isHeld = all.has(toText(hash))
      if (isHeld || !hasRoomFor(user, { founder: undefined, counts, total: all.size })) continue
      all.set(toText(hash), entry)
      counts.set(user, (counts.get(user) ?? 0) + 1)
      const act = actOf(entry.entry.body, header.kind)
      if (act?.is !== 'revocation' || !this.users.has(user)) continue
      const made = { user, key: act.key, cut: { heads: act.cut } }
      revocations.set(act.device, [...(revocations.get(act.device) ?? []), made])
    }
    if (all.size === this.entries.size) return this
    return new DirectMembers(this.users, this.#keyring, { entries: all, revocations, keys: this.#keys })
  }

  /** A device that no roster tells of any more. Whoever says that it was theirs is believed only where their statements say so. */
  #revoked(device: DeviceId): Author | undefined {
    const made = this.#revocations.get(device)
    const owner = made && this.#keyring.formerOwner(device)
    const revocation = made?.find(({ user }) => user === owner)
    if (revocation === undefined) return undefined
    const key = this.#keys.get(device) ?? publicKeyOf(revocation.key)
    this.#keys.set(device, key)
    return { user: revocation.user, key }
  }
}

interface Revocation {
  readonly user: UserId
  /** SPKI. */
  readonly key: Uint8Array
  readonly cut: Cut
}

interface Before {
  readonly entries: ReadonlyMap<string, MembershipEntry>
  readonly revocations: ReadonlyMap<DeviceId, readonly Revocation[]>
  readonly keys: Map<DeviceId, KeyObject>
}

/**
 * Whether a new entry is beyond a cut, by its number and hash. Where all heads of the cut are held, whatever is new is:
 * what comes before a held entry is held as well.
 */
export function isBeyond(cut: Cut, heldCuts: ReadonlySet<Cut>, seq: number, hash: Uint8Array): boolean {
  if (cut.heads.some(head => head.seq === seq && Buffer.compare(head.hash, hash) === 0)) return false
  return heldCuts.has(cut) || cut.heads.every(head => seq >= head.seq)
}

/** Those entries that no other names, as many as one may name. */
function headsOf(entries: ReadonlyMap<string, MembershipEntry>): Uint8Array[] {
  const named = new Set([...entries.values()].flatMap(({ header }) => header.rights.map(toText)))
  const heads = [...entries].flatMap(([hash, entry]) => (named.has(hash) ? [] : [entry.hash]))
  return heads.slice(-limits.rights)
}

const beyond: Doubt = {
  code: 'device-denied',
  message: 'A message shows nothing: its device was revoked before it was written.',
}

function actOf(body: Uint8Array, kind: number) {
  try {
    return readAct(body, kind)
  } catch {
    return undefined
  }
}
