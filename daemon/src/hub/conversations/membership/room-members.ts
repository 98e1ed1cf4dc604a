import type { KeyObject } from 'node:crypto'
import { limits } from '../../../limits.ts'
import type { ReadEntry } from '../../../protocol/entries.ts'
import { type ConversationId, type DeviceId, fromText, toText, type UserId } from '../../../protocol/ids.ts'
import { publicKeyOf } from '../../../protocol/keys.ts'
import { foldMembership, type Membership, type MembershipAct, type Standing } from '../../../protocol/membership.ts'
import type { CutHead } from '../../../protocol/membership-bodies.ts'
import { isBeyond } from '../direct-members.ts'
import type { Author, Cut, Doubt, JudgeContext, Keyring, Members, MembershipEntry } from '../members.ts'
import { actOf } from './acts.ts'
import { digestOfEntries } from './entries-digest.ts'
import { entriesByUser, hasRoomFor } from './shares.ts'

type Floors = NonNullable<ReturnType<Members['floorsFor']>>

export interface RoomParts {
  readonly room: ConversationId
  /** Oneself. */
  readonly self: UserId
  readonly keyring: Keyring
}

/** What is known of the same room with fewer entries. */
interface Earlier {
  readonly membership: Membership
  /** What has come since. */
  readonly fresh: readonly MembershipAct[]
}

interface Before {
  readonly named: ReadonlySet<UserId>
  readonly earlier: Earlier | undefined
  readonly keys: Map<DeviceId, KeyObject>
}

/** Who belongs to a room: the fold of its membership entries, made when it is first asked for. */
export class RoomMembers implements Members {
  readonly entries: ReadonlyMap<string, MembershipEntry>
  /** Who has founded the room, and everybody whom anybody has invited. */
  readonly named: ReadonlySet<UserId>
  readonly #parts: RoomParts
  readonly #acts: ReadonlyMap<string, MembershipAct>
  #earlier: Earlier | undefined
  #membership: Membership | undefined
  #users: ReadonlySet<UserId> | undefined
  #joiners: ReadonlySet<UserId> | undefined
  #digest: Uint8Array | undefined
  /** Those devices that have written membership entries. */
  #authors: ReadonlyMap<DeviceId, Signer> | undefined
  /** Devices that revocations which count are about, by each who says to have revoked them. */
  #claims: ReadonlyMap<DeviceId, readonly Signer[]> | undefined
  /** Made of their bytes once, whatever entries come. */
  readonly #keys: Map<DeviceId, KeyObject>
  readonly #cuts = new Map<readonly CutHead[], Map<DeviceId, Cut>>()
  /** Who could delete what others wrote, by the membership heads that they knew: the latest asked for. */
  readonly #moderators = new Map<string, ReadonlyMap<UserId, Standing>>()

  private constructor(
    parts: RoomParts,
    entries: ReadonlyMap<string, MembershipEntry>,
    acts: ReadonlyMap<string, MembershipAct>,
    before?: Before,
  ) {
    this.#parts = parts
    this.entries = entries
    this.#acts = acts
    this.#earlier = before?.earlier
    this.#keys = before?.keys ?? new Map()
    this.named = before?.named ?? namedIn(acts.values())
  }

  static of(parts: RoomParts, entries: readonly MembershipEntry[]): RoomMembers {
    return new RoomMembers(parts, new Map(), new Map()).with(entries)
  }

  /** The room as those entries make it. */
  get membership(): Membership {
    if (this.#membership === undefined) {
      const { membership, fresh } = this.#earlier ?? {}
      this.#membership = membership?.with(fresh ?? []) ?? foldMembership(this.#parts.room, this.#acts.values())
      this.#earlier = undefined
    }
    return this.#membership
  }

  get users(): ReadonlySet<UserId> {
    this.#users ??= new Set(this.membership.members.map(({ user }) => user))
    return this.#users
  }

  get entriesDigest(): Uint8Array {
    this.#digest ??= digestOfEntries([...this.entries.values()].map(({ hash }) => hash))
    return this.#digest
  }

  get rights(): readonly Uint8Array[] {
    return this.rightsAbout(undefined)
  }

  /**
   * What the next entry names, where it cannot name all heads those of one's own first, as it has to name one's own joining,
   * and those of `about`, since an entry that puts somebody out counts what it knew of them.
   */
  rightsAbout(about: UserId | undefined): readonly Uint8Array[] {
    const { heads } = this.membership
    if (heads.length <= limits.rights) return heads.map(fromText)
    const isFirst = (hash: string) => {
      const user = this.#acts.get(hash)?.user
      return user === this.#parts.self || user === about
    }
    const turned = [...heads.filter(isFirst), ...heads.filter(hash => !isFirst(hash))]
    return turned.slice(0, limits.rights).map(fromText)
  }

  joined(user: UserId): bigint | undefined {
    const act = this.membership.joinedBy(user)
    if (act === undefined) return undefined
    return act === this.#parts.room ? 0n : this.entries.get(act)?.header.time
  }

  sharesWith(user: UserId): 'all' | 'rights' | 'nothing' {
    const standing = this.membership.standings.get(user)
    if (standing === undefined) return 'nothing'
    return standing === 'invited' || standing === 'out' ? 'rights' : 'all'
  }

  knownTo(user: UserId): ReadonlySet<string> | undefined {
    return this.membership.knownTo(user)
  }

  /** The entries of which oneself is told nothing: see {@link Membership.untoldTo}. */
  get untold(): ReadonlySet<string> {
    return this.membership.untoldTo(this.#parts.self)
  }

  mayLink(device: DeviceId): Author | undefined {
    const author = this.#parts.keyring.keyOf(device) ?? this.#authorHere(device)
    return author !== undefined && this.#joining.has(author.user) ? author : undefined
  }

  hasJoined(user: UserId): boolean {
    return this.membership.hasJoined(user)
  }

  judge({ header, hash }: ReadEntry, { author, rights, heldCuts }: JudgeContext): Doubt | undefined {
    if (!this.membership.hasJoined(author)) return stranger
    const limit = this.membership.limitOf(author, header.device, rights.map(toText))
    if (limit === undefined) return undefined
    const cuts = limit.cuts.map(heads => this.#cut(heads, header.device))
    if (!cuts.some(cut => isBeyond(cut, heldCuts, header.seq, hash))) return undefined
    return limit.why === 'revoked' ? revoked : removed
  }

  /** What came about since does not count here: whoever was an admin, as far as they knew, has deleted. */
  mayModerate(user: UserId, rights: readonly Uint8Array[]): boolean {
    const standing = this.#standingsAt(rights.map(toText)).get(user)
    return standing === 'owner' || standing === 'admin'
  }

  cutsOf(device: DeviceId): readonly Cut[] {
    const author = this.mayLink(device)
    if (author === undefined) return []
    return this.membership.cutsOf(author.user, device).map(heads => this.#cut(heads, device))
  }

  floorsFor(user: UserId): Floors | undefined {
    const from = this.membership.floorsOf(user)
    if (from === undefined) return undefined
    const floors = new Map<DeviceId, { seq: number; hash: Uint8Array }[]>()
    for (const { device, seq, hash } of from) floors.set(device, [...(floors.get(device) ?? []), { seq, hash }])
    return floors
  }

  invited(user: UserId): bigint | undefined {
    return this.entries.get(this.membership.invitedBy(user) ?? '')?.header.time
  }

  with(entries: readonly MembershipEntry[]): RoomMembers {
    const fresh = entries.filter(({ hash }) => !this.entries.has(toText(hash)))
    if (fresh.length === 0) return this
    const all = new Map(this.entries)
    const acts = new Map(this.#acts)
    const made: MembershipAct[] = []
    const counts = entriesByUser(this.entries.values())
    for (const entry of fresh) {
      const founder = all.get(this.#parts.room)?.user ?? entry.user
      if (!hasRoomFor(entry.user, { founder, counts, total: all.size })) continue
      counts.set(entry.user, (counts.get(entry.user) ?? 0) + 1)
      const act = actOf(entry)
      all.set(act.hash, entry)
      acts.set(act.hash, act)
      made.push(act)
    }
    if (made.length === 0) return this
    const { membership } = this.#earlier ?? {}
    const earlier = this.#membership
      ? { membership: this.#membership, fresh: made }
      : membership && { membership, fresh: [...(this.#earlier?.fresh ?? []), ...made] }
    const named = new Set([...this.named, ...namedIn(made)])
    return new RoomMembers(this.#parts, all, acts, { named, earlier, keys: this.#keys })
  }

  /** Whoever has founded the room or says to have joined it, whether or not that counts. */
  get #joining(): ReadonlySet<UserId> {
    this.#joiners ??= joiningIn(this.#acts.values())
    return this.#joiners
  }

  /** How everybody stood as those knew who name `rights`. */
  #standingsAt(rights: readonly string[]): ReadonlyMap<UserId, Standing> {
    const { heads, standings } = this.membership
    if (heads.every(head => rights.includes(head))) return standings
    const name = [...rights].sort().join()
    const kept = this.#moderators.get(name)
    if (kept !== undefined) return kept
    const known = new Map<string, MembershipAct>()
    const left = [...rights]
    for (let hash = left.pop(); hash !== undefined; hash = left.pop()) {
      const act = this.#acts.get(hash)
      if (act === undefined || known.has(hash)) continue
      known.set(hash, act)
      left.push(...act.rights)
    }
    const then = foldMembership(this.#parts.room, known.values()).standings
    const [oldest] = this.#moderators.keys()
    if (oldest !== undefined && this.#moderators.size >= limits.standingsKept) this.#moderators.delete(oldest)
    this.#moderators.set(name, then)
    return then
  }

  /** A device that no roster tells of any more. Whoever says that it was theirs is believed only where their statements say so. */
  #authorHere(device: DeviceId): Author | undefined {
    this.#authors ??= new Map([...this.entries.values()].map(({ header, user, key }) => [header.device, { user, key }]))
    this.#claims ??= this.#findClaims()
    const claims = this.#claims.get(device)
    const owner = claims && this.#parts.keyring.formerOwner(device)
    const signer = this.#authors.get(device) ?? claims?.find(({ user }) => user === owner)
    if (signer === undefined) return undefined
    const key = this.#keys.get(device) ?? publicKeyOf(signer.key)
    this.#keys.set(device, key)
    return { user: signer.user, key }
  }

  #findClaims(): ReadonlyMap<DeviceId, readonly Signer[]> {
    const claims = new Map<DeviceId, Signer[]>()
    for (const { hash, user, body } of this.#acts.values()) {
      if (body.is !== 'revocation' || !this.membership.verdict(hash).counts) continue
      claims.set(body.device, [...(claims.get(body.device) ?? []), { user, key: body.key }])
    }
    return claims
  }

  /** One cut of one log: the same object each time, so that it can be named. */
  #cut(heads: readonly CutHead[], device: DeviceId): Cut {
    const known = this.#cuts.get(heads) ?? new Map<DeviceId, Cut>()
    this.#cuts.set(heads, known)
    const cut = known.get(device) ?? { heads: heads.filter(head => head.device === device) }
    known.set(device, cut)
    return cut
  }
}

interface Signer {
  readonly user: UserId
  readonly key: Uint8Array
}

/** Whoever has founded the room, and everybody whom anybody has invited. */
function namedIn(acts: Iterable<MembershipAct>): Set<UserId> {
  const named = new Set<UserId>()
  for (const { body } of acts) if (body.is === 'founding' || body.is === 'invitation') named.add(body.user)
  return named
}

function joiningIn(acts: Iterable<MembershipAct>): Set<UserId> {
  const joining = new Set<UserId>()
  for (const { user, body } of acts) if (body.is === 'founding' || body.is === 'joining') joining.add(user)
  return joining
}

const stranger: Doubt = {
  code: 'stranger',
  message: 'A message shows nothing: whoever wrote it has never joined the room.',
}
const removed: Doubt = {
  code: 'stranger',
  message: 'A message shows nothing: whoever wrote it was out of the room by then.',
}
const revoked: Doubt = {
  code: 'device-denied',
  message: 'A message shows nothing: the device that wrote it was revoked.',
}
