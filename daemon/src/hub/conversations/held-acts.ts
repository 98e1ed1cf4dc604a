import type { Log } from '@parley/kit'
import { limits } from '../../limits.ts'
import type { DeviceId } from '../../protocol/ids.ts'
import type { Conversation } from './conversation.ts'
import { type DeviceLog, topOf } from './device-log.ts'
import type { Draft } from './draft.ts'
import { sizeOf } from './intake.ts'
import type { MembershipEntry } from './members.ts'
import { Pace } from './pace.ts'
import type { Source } from './reception.ts'
import type { State } from './state.ts'
import type { Links } from './sync/links.ts'

interface Surroundings {
  readonly log: Log
  readonly links: Pick<Links, 'askAgain'>
}

/**
 * Membership entries that are held by themselves and follow what is here of their device's log: they are linked as if somebody
 * had brought them with it. Where whoever is left in a room has a log only from a floor on, nobody else may bring what is
 * before that, and without it nothing behind it links.
 */
export class HeldActs {
  readonly #conversation: Conversation
  readonly #around: Surroundings
  readonly #source: Source
  #followers: Followers | undefined
  /** Hashes in base32 of those that were found in their logs. */
  readonly #linked = new Set<string>()
  /** The last look has failed, or what it found was given up. */
  #isOwed = false

  constructor(conversation: Conversation, around: Surroundings) {
    this.#conversation = conversation
    this.#around = around
    this.#source = {
      device: conversation.account.device,
      committed: devices => around.links.askAgain(conversation, devices),
      missing: () => this.#look(),
    }
    this.#look()
  }

  /** Links what follows the logs as they are. */
  #look(): void {
    const { state } = this.#conversation
    if (state.members.entries.size === 0) return
    const { first, behind } = this.#index()
    const starts = first.filter(({ header }) => (state.logs.get(header.device)?.heads.length ?? 0) === 0)
    for (const [device, { heads }] of state.logs) {
      for (const { hash } of heads) starts.push(...(behind.get(placeText(device, hash)) ?? []))
    }
    this.#link(starts)
    this.#lookWithin().catch(error => this.#failed(error))
  }

  /** Links what follows an entry that others follow already: it begins a branch of its own, as where a home ran twice. */
  async #lookWithin(): Promise<void> {
    const { state, logs, members } = this.#conversation
    const pace = new Pace()
    const starts: MembershipEntry[] = []
    for (const [name, entry] of members.entries) {
      const { device, seq, prev } = entry.header
      if (this.#linked.has(name) || seq > topOf(state.logs.get(device))) continue
      await pace.step()
      const isHere = (hash: Uint8Array, at: number) => logs.isHere(device, { seq: at, hash })
      if (await isHere(entry.hash, seq)) this.#linked.add(name)
      else if ((await Promise.all(prev.map(hash => isHere(hash, seq - 1)))).some(Boolean)) starts.push(entry)
    }
    if (starts.length > 0) this.#link(starts)
  }

  /** Something was committed: what follows it may link now. */
  committed(before: State, { linked }: Pick<Draft, 'linked'>): void {
    const { members } = this.#conversation
    if (before.members !== members || this.#isOwed) this.#look()
    else if (linked.length > 0 && members.entries.size > 0) {
      const { behind } = this.#index()
      const starts = linked.flatMap(({ checked: { device, hash } }) => behind.get(placeText(device, hash)) ?? [])
      this.#link(starts)
    }
  }

  #link(starts: readonly MembershipEntry[]): void {
    this.#isOwed = false
    const chain = this.#chainFrom(starts.filter(entry => this.#isWhole(entry)))
    if (chain.length === 0) return
    const entries = chain.map(({ entry }) => entry)
    const bytes = entries.reduce((sum, entry) => sum + sizeOf(entry), 0)
    this.#conversation.reception.check(entries, bytes, this.#source).catch(error => this.#failed(error))
  }

  #failed(error: unknown): void {
    this.#isOwed = true
    this.#around.log.error({ conversation: this.#conversation.id, error }, 'Held entries could not be linked yet.')
  }

  /** Whether the person here takes part and has all of that log, not only what is behind a floor. */
  #isWhole({ header }: MembershipEntry): boolean {
    const { state, account } = this.#conversation
    const { members } = state
    const log: DeviceLog | undefined = state.logs.get(header.device)
    if (!members.users.has(account.user) || (log?.floors.length ?? 0) > 0) return false
    return !members.floorsFor(account.user)?.has(header.device)
  }

  /** These, each with what follows it, about as much as one run has; what is left follows once they are committed. */
  #chainFrom(starts: readonly MembershipEntry[]): MembershipEntry[] {
    const chain = new Set<MembershipEntry>()
    const open = [...starts].reverse()
    let bytes = 0
    for (let next = open.pop(); next !== undefined && bytes < limits.run; next = open.pop()) {
      if (chain.has(next)) continue
      chain.add(next)
      bytes += sizeOf(next.entry)
      open.push(...(this.#index().behind.get(placeText(next.header.device, next.hash)) ?? []))
    }
    return [...chain]
  }

  #index(): Followers {
    const { entries } = this.#conversation.members
    if (this.#followers?.of !== entries) this.#followers = followersIn(entries)
    return this.#followers
  }
}

interface Followers {
  readonly of: ReadonlyMap<string, MembershipEntry>
  /** Those that begin a log. */
  readonly first: readonly MembershipEntry[]
  /** By the device and hash of an entry those that follow it in its log. */
  readonly behind: ReadonlyMap<string, readonly MembershipEntry[]>
}

function followersIn(entries: ReadonlyMap<string, MembershipEntry>): Followers {
  const first: MembershipEntry[] = []
  const behind = new Map<string, MembershipEntry[]>()
  for (const entry of entries.values()) {
    const { prev, device } = entry.header
    if (prev.length === 0) first.push(entry)
    for (const hash of prev) {
      const place = placeText(device, hash)
      const others = behind.get(place)
      if (others) others.push(entry)
      else behind.set(place, [entry])
    }
  }
  return { of: entries, first, behind }
}

function placeText(device: DeviceId, hash: Uint8Array): string {
  return `${device} ${textOf(hash)}`
}

function textOf(hash: Uint8Array): string {
  return Buffer.from(hash.buffer, hash.byteOffset, hash.length).toString('latin1')
}
