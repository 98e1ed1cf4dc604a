import { limits } from '../../../limits.ts'
import type { ReadEntry } from '../../../protocol/entries.ts'
import { type ConversationId, type DeviceId, fromText, toText, type UserId } from '../../../protocol/ids.ts'
import { publicKeyOf } from '../../../protocol/keys.ts'
import { foldMembership, type Membership, type MembershipAct } from '../../../protocol/membership.ts'
import type { CutHead } from '../../../protocol/membership-bodies.ts'
import { isBeyond } from '../direct-members.ts'
import type { Author, Cut, Doubt, JudgeContext, Keyring, Members, MembershipEntry } from '../members.ts'
import { actOf } from './acts.ts'

type Floors = NonNullable<ReturnType<Members['floorsFor']>>

export interface RoomParts {
  readonly room: ConversationId
  /** Oneself. */
  readonly self: UserId
  readonly keyring: Keyring
}

/** Who belongs to a room: the fold of its membership entries, made when it is first asked for. */
export class RoomMembers implements Members {
  readonly entries: ReadonlyMap<string, MembershipEntry>
  readonly #parts: RoomParts
  readonly #acts: ReadonlyMap<string, MembershipAct>
  #membership: Membership | undefined
  #named: ReadonlySet<UserId> | undefined
  /** Of devices that have written membership entries or were revoked. */
  #authors: ReadonlyMap<DeviceId, Author> | undefined
  readonly #cuts = new Map<readonly CutHead[], Map<DeviceId, Cut>>()

  private constructor(
    parts: RoomParts,
    entries: ReadonlyMap<string, MembershipEntry>,
    acts: ReadonlyMap<string, MembershipAct>,
  ) {
    this.#parts = parts
    this.entries = entries
    this.#acts = acts
  }

  static of(parts: RoomParts, entries: readonly MembershipEntry[]): RoomMembers {
    return new RoomMembers(parts, new Map(), new Map()).with(entries)
  }

  /** The room as those entries make it. */
  get membership(): Membership {
    this.#membership ??= foldMembership(this.#parts.room, this.#acts.values())
    return this.#membership
  }

  get users(): ReadonlySet<UserId> {
    return new Set(this.membership.members.map(({ user }) => user))
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

  get named(): ReadonlySet<UserId> {
    this.#named ??= namedIn(this.#acts.values())
    return this.#named
  }

  knownTo(user: UserId): ReadonlySet<string> | undefined {
    return this.membership.knownTo(user)
  }

  mayLink(device: DeviceId): Author | undefined {
    const author = this.#parts.keyring.keyOf(device) ?? this.#authorsHere.get(device)
    return author !== undefined && this.membership.hasJoined(author.user) ? author : undefined
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
    const known = new Map<string, MembershipAct>()
    const left = rights.map(toText)
    for (let hash = left.pop(); hash !== undefined; hash = left.pop()) {
      const act = this.#acts.get(hash)
      if (act === undefined || known.has(hash)) continue
      known.set(hash, act)
      left.push(...act.rights)
    }
    const standing = foldMembership(this.#parts.room, known.values()).standings.get(user)
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

  with(entries: readonly MembershipEntry[]): RoomMembers {
    const fresh = entries.filter(({ hash }) => !this.entries.has(toText(hash)))
    if (fresh.length === 0) return this
    const all = new Map(this.entries)
    const acts = new Map(this.#acts)
    for (const entry of fresh) {
      const hash = toText(entry.hash)
      all.set(hash, entry)
      acts.set(hash, actOf(entry))
    }
    return new RoomMembers(this.#parts, all, acts)
  }

  get #authorsHere(): ReadonlyMap<DeviceId, Author> {
    this.#authors ??= this.#findAuthors()
    return this.#authors
  }

  #findAuthors(): ReadonlyMap<DeviceId, Author> {
    const authors = new Map<DeviceId, Author>()
    for (const { hash, user, body } of this.#acts.values()) {
      if (body.is === 'revocation' && this.membership.verdict(hash).counts) {
        authors.set(body.device, { user, key: publicKeyOf(body.key) })
      }
    }
    // Who has signed something is known better than whose device somebody says to have revoked.
    for (const { header, user, key } of this.entries.values()) {
      authors.set(header.device, { user, key: publicKeyOf(key) })
    }
    return authors
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

/** Who has founded the room, and everybody whom anybody has invited. */
export function namedIn(acts: Iterable<MembershipAct>): Set<UserId> {
  const named = new Set<UserId>()
  for (const { body } of acts) if (body.is === 'founding' || body.is === 'invitation') named.add(body.user)
  return named
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
