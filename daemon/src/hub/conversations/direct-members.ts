import type { ReadEntry } from '../../protocol/entries.ts'
import type { DeviceId, UserId } from '../../protocol/ids.ts'
import { toText } from '../../protocol/ids.ts'
import { publicKeyOf } from '../../protocol/keys.ts'
import { readAct } from '../../protocol/membership-bodies.ts'
import type { Author, Cut, Doubt, JudgeContext, Keyring, Members, MembershipEntry } from './members.ts'
import { digestOfEntries } from './membership/entries-digest.ts'

/**
 * The two users of a direct conversation. Nobody comes or goes; the only membership entries are revocations of one's
 * own devices, each of which cuts the log of that device.
 */
export class DirectMembers implements Members {
  readonly users: ReadonlySet<UserId>
  readonly rights: readonly Uint8Array[]
  readonly entries: ReadonlyMap<string, MembershipEntry>
  readonly #keyring: Keyring
  readonly #cuts: ReadonlyMap<DeviceId, readonly Cut[]>
  readonly #revoked: ReadonlyMap<DeviceId, Author>
  readonly entriesDigest: Uint8Array

  constructor(users: ReadonlySet<UserId>, keyring: Keyring, entries: ReadonlyMap<string, MembershipEntry> = new Map()) {
    this.users = users
    this.entries = entries
    this.entriesDigest = digestOfEntries([...entries.values()].map(({ hash }) => hash))
    this.#keyring = keyring
    const named = new Set([...entries.values()].flatMap(({ header }) => header.rights.map(toText)))
    this.rights = [...entries].flatMap(([hash, entry]) => (named.has(hash) ? [] : [entry.hash]))
    const cuts = new Map<DeviceId, Cut[]>()
    const revoked = new Map<DeviceId, Author>()
    for (const { entry, user, header } of entries.values()) {
      const act = actOf(entry.body, header.kind)
      if (act?.is !== 'revocation' || !users.has(user)) continue
      // Whoever names a device of the other one's as their own revokes nothing.
      const known = keyring.keyOf(act.device) ?? revoked.get(act.device)
      if (known !== undefined && known.user !== user) continue
      revoked.set(act.device, { user, key: publicKeyOf(act.key) })
      cuts.set(act.device, [...(cuts.get(act.device) ?? []), { heads: act.cut }])
    }
    this.#cuts = cuts
    this.#revoked = revoked
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
    const author = this.#keyring.keyOf(device) ?? this.#revoked.get(device)
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

  cutsOf(device: DeviceId): readonly Cut[] {
    return this.#cuts.get(device) ?? []
  }

  floorsFor(): undefined {
    return undefined
  }

  with(entries: readonly MembershipEntry[]): Members {
    const next = new Map(this.entries)
    for (const entry of entries) next.set(toText(entry.hash), entry)
    return next.size === this.entries.size ? this : new DirectMembers(this.users, this.#keyring, next)
  }
}

/**
 * Whether a new entry is beyond a cut, by its number and hash. Where all heads of the cut are held, whatever is new is:
 * what comes before a held entry is held as well.
 */
export function isBeyond(cut: Cut, heldCuts: ReadonlySet<Cut>, seq: number, hash: Uint8Array): boolean {
  if (cut.heads.some(head => head.seq === seq && Buffer.compare(head.hash, hash) === 0)) return false
  return heldCuts.has(cut) || cut.heads.every(head => seq >= head.seq)
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
