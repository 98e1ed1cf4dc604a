import { hash } from 'node:crypto'
import {
  type ConversationId,
  conversationId,
  type DeviceId,
  deviceId,
  registryId,
  toText,
  type UserId,
  userId,
} from '../../daemon/src/protocol/ids.ts'
import { foldMembership, type Membership, type MembershipAct } from '../../daemon/src/protocol/membership.ts'
import type { ActBody, CutHead } from '../../daemon/src/protocol/membership-bodies.ts'

/** A user with a name, for tests that sign nothing. */
export function userNamed(name: string): UserId {
  return userId(digest(`user ${name}`).subarray(0, 16))
}

export function deviceNamed(name: string): DeviceId {
  return deviceId(digest(`device ${name}`))
}

export function place(device: string, seq: number): CutHead {
  return { device: deviceNamed(device), seq, hash: new Uint8Array(digest(`${device} ${seq}`)) }
}

/** Membership acts of a room as a script writes them; `salt` gives other hashes to the same acts. */
export class Script {
  readonly acts: MembershipAct[] = []
  readonly room: ConversationId
  readonly founding: string
  readonly #salt: string

  constructor(owner: string, { name = 'Room', salt = '' }: { name?: string; salt?: string } = {}) {
    this.#salt = salt
    const ids = { registry: registryId(new Uint8Array(32).fill(7)), user: userNamed(owner), nonce: new Uint8Array(16) }
    this.founding = this.act(owner, [], { is: 'founding', ...ids, name, topic: '', history: 'all' })
    this.room = conversationId(this.founding)
  }

  /** What `by` does who knows `rights`; `by` may name a device too: `bob/phone`. Gives its hash. */
  act(by: string, rights: readonly string[], body: ActBody): string {
    const [user = by] = by.split('/')
    const words = JSON.stringify([this.#salt, this.acts.length, by, rights, body])
    const act = toText(digest(words))
    this.acts.push({ hash: act, user: userNamed(user), device: deviceNamed(by), rights, body })
    return act
  }

  invite(by: string, who: string, rights: readonly string[]): string {
    return this.act(by, rights, { is: 'invitation', user: userNamed(who), from: [] })
  }

  join(who: string, rights: readonly string[]): string {
    return this.act(who, rights, { is: 'joining' })
  }

  /** Invites somebody and lets them join. */
  add(by: string, who: string, rights: readonly string[]): string {
    return this.join(who, [this.invite(by, who, rights)])
  }

  remove(by: string, who: string, rights: readonly string[], cut: readonly CutHead[] = []): string {
    return this.act(by, rights, { is: 'removal', user: userNamed(who), cut })
  }

  leave(who: string, rights: readonly string[], cut: readonly CutHead[] = []): string {
    return this.act(who, rights, { is: 'leaving', cut })
  }

  appoint(by: string, who: string, rights: readonly string[]): string {
    return this.act(by, rights, { is: 'role', user: userNamed(who), role: 'admin' })
  }

  demote(by: string, who: string, rights: readonly string[]): string {
    return this.act(by, rights, { is: 'role', user: userNamed(who), role: 'member' })
  }

  rename(by: string, name: string, rights: readonly string[]): string {
    return this.act(by, rights, { is: 'change', name })
  }

  fold(acts: Iterable<MembershipAct> = this.acts): Membership {
    return foldMembership(this.room, acts)
  }
}

/** Everything that a fold says, to compare. */
export function said(membership: Membership, acts: readonly MembershipAct[]): unknown {
  const { name, topic, history, members, invited, standings, heads } = membership
  const sorted = <Value>(map: ReadonlyMap<string, Value>) => [...map].sort(([a], [b]) => (a < b ? -1 : 1))
  const verdicts = acts.map(({ hash }) => [hash, membership.verdict(hash)] as const)
  const limits = acts.map(({ user, device, rights }) => membership.limitOf(user, device, rights))
  return {
    ...{ name, topic, history, members, heads, limits },
    invited: sorted(invited),
    standings: sorted(standings),
    verdicts: sorted(new Map(verdicts)),
  }
}

function digest(text: string): Buffer {
  return hash('sha256', text, 'buffer')
}
