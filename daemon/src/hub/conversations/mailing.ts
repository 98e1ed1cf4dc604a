import { ParleyError } from '../../errors.ts'
import { limits } from '../../limits.ts'
import { readHeader } from '../../protocol/entries.ts'
import { type ConversationId, type DeviceId, toText, type UserId } from '../../protocol/ids.ts'
import { isMembershipKind } from '../../protocol/membership-bodies.ts'
import { type Entry, EntrySchema } from '../../protocol/parley_pb.ts'
import type { Conversation } from './conversation.ts'
import { topOf } from './device-log.ts'
import { sizeOf } from './intake.ts'
import { behind, keys, type Place } from './keys.ts'
import type { Correspondent, Mail, MailLot } from './mail.ts'
import type { Members } from './members.ts'
import { readRow } from './rows.ts'
import type { Links } from './sync/links.ts'
import { checkRights, lackingRights } from './sync/rights.ts'
import { type SyncHost, shareWith } from './sync/sync-host.ts'

/** What the mailbox takes of conversations, and brings them. */
export class Mailing implements Mail {
  readonly #host: SyncHost
  readonly #links: Pick<Links, 'tellAuthor'>

  constructor(host: SyncHost, links: Pick<Links, 'tellAuthor'>) {
    this.#host = host
    this.#links = links
  }

  written(): ConversationId[] {
    const all = [...this.#host.stored()]
    return all
      .filter(({ state, account }) => state.row.queued > 0 || state.logs.has(account.device))
      .map(({ id }) => id)
  }

  readers(conversation: ConversationId): Iterable<UserId> {
    return this.#host.get(conversation)?.members.users ?? []
  }

  lacksMail(user: UserId, device: DeviceId, id?: ConversationId): boolean {
    if (id !== undefined) {
      const conversation = this.#host.get(id)
      return conversation !== undefined && isLacking(conversation, user, device)
    }
    for (const conversation of this.#host.stored()) if (isLacking(conversation, user, device)) return true
    return false
  }

  async mailFor(user: UserId, device: DeviceId, bytes: number): Promise<MailLot | undefined> {
    const lacking = [...this.#host.stored()].filter(conversation => isLacking(conversation, user, device))
    lacking.sort((a, b) => a.summary.lastTime - b.summary.lastTime)
    for (const conversation of lacking) {
      await conversation.handOver()
      const lot = await this.#lotOf(conversation, { user, device }, bytes)
      if (lot) return lot
    }
    return undefined
  }

  async posted(id: ConversationId, device: DeviceId, upTo: readonly Place[]): Promise<void> {
    const conversation = this.#host.get(id)
    if (conversation === undefined) return
    const { device: own } = conversation.account
    const { seq } = await conversation.logs.reach(own, upTo)
    await conversation.change(draft => draft.post(device, own, seq))
  }

  async take(from: Correspondent, id: ConversationId, entries: readonly Entry[]): Promise<void> {
    const membership = entries.filter(entry => isMembershipKind(readHeader(entry).header.kind))
    const known = this.#host.get(id) ?? this.#host.meet(id, from)
    const conversation = await this.#admit(id, known, membership)
    if (!conversation || shareWith(conversation, from.user) === 'nothing') {
      throw new ParleyError('stranger', 'That conversation is none that its author has a part in.')
    }
    const logged = entries.filter(entry => readHeader(entry).header.device === from.device)
    if (logged.length === 0) return
    await this.#link(conversation, from.device, logged)
    this.#links.tellAuthor(conversation, from.device)
  }

  async #lotOf(
    conversation: Conversation,
    to: { readonly user: UserId; readonly device: DeviceId },
    bytes: number,
  ): Promise<MailLot | undefined> {
    const { id, account, logs, members } = conversation
    const { device: own } = account
    const known = await this.#heldBy(conversation, to)
    const next = await logs.next(own, known, bytes)
    if (next.entries.length === 0) return undefined
    const entries = next.entries.map(({ entry }) => entry)
    const named = entries.flatMap(entry => readHeader(entry).header.rights)
    if (named.length === 0) return { conversation: id, entries, upTo: next.known }
    const place = known[0]
    const before = place ? await logs.rightsAt(own, [place.hash], place.seq + 1) : []
    return {
      conversation: id,
      entries: [...needed(id, members, to.user, { named, before }), ...entries],
      upTo: next.known,
    }
  }

  /** Where that device's copy of one's own log ends, as far as is known, or will end once it has fetched its mail. */
  async #heldBy(
    conversation: Conversation,
    { user, device }: { readonly user: UserId; readonly device: DeviceId },
  ): Promise<readonly Place[]> {
    const { id, account, logs, state } = conversation
    const { device: own } = account
    const seq = reachedOf(conversation, device)
    const log = state.logs.get(own)
    const start = (await logs.beginningFor(user, own)) ?? log?.floors ?? []
    if (start.some(floor => floor.seq >= seq)) return start
    if (log && seq === topOf(log)) return log.heads
    const prefix = keys.logOf(id, own)
    const { rows } = await this.#host.storage.list(prefix, { after: behind(prefix, seq - 1), limit: 1 })
    return seq === 0 ? [] : rows.map(([key, row]) => ({ seq, hash: readHeader(readRow(EntrySchema, key, row)).hash }))
  }

  /** Takes membership entries; gives the conversation, which may be a room that begins with them. */
  async #admit(
    id: ConversationId,
    known: Conversation | undefined,
    entries: readonly Entry[],
  ): Promise<Conversation | undefined> {
    const { rooms, keyring, clock } = this.#host
    if (entries.length === 0) return known
    const { accepted } = await checkRights(entries, {
      conversation: id,
      members: known?.members,
      keyring,
      now: clock.physical(),
      make: some => {
        const made = known?.members.with(some) ?? rooms?.membersOf(id, some, keyring)
        if (made) return made
        throw new ParleyError('unsupported', 'There are no rooms here.')
      },
      meet: async users => rooms?.meet(users),
    })
    if (accepted.length === 0) return known
    if (known === undefined) {
      const begun = rooms && (await this.#host.begin(id, accepted))
      // Whoever is linked tells of it again.
      return begun === 'full' ? undefined : begun
    }
    await known.admit(accepted)
    return known
  }

  /** Links entries of one device; resolves once what is good of them is committed. @throws ParleyError `storage` */
  async #link(conversation: Conversation, device: DeviceId, entries: readonly Entry[]): Promise<void> {
    const done = Promise.withResolvers<void>()
    done.promise.catch(() => {}) // nothing may be waited for
    await conversation.hasRoom()
    const bytes = entries.reduce((sum, entry) => sum + sizeOf(entry), 0)
    const { accepted } = await conversation.reception.check(entries, bytes, {
      device,
      committed: devices => {
        if (devices.size > 0) done.resolve()
        else done.reject(new ParleyError('storage', 'What the mailbox brought could not be stored.'))
      },
      missing: () => {},
    })
    if (accepted.length > 0) await done.promise
  }
}

/** Whether a device is to be written to: it has not committed all of one's own log, nor will once it has its mail. */
function isLacking(conversation: Conversation, user: UserId, device: DeviceId): boolean {
  const { state, account } = conversation
  const isBehind = state.row.queued > 0 || topOf(state.logs.get(account.device)) > reachedOf(conversation, device)
  return isBehind && shareWith(conversation, user) === 'all'
}

/** Up to which number a device has one's own log, or will have it by mail. */
function reachedOf({ state, account }: Conversation, device: DeviceId): number {
  const { device: own } = account
  return Math.max(state.acked.get(device)?.get(own) ?? 0, state.posted.get(device)?.get(own) ?? 0)
}

/**
 * The membership entries that `named` lead to and `before` did not, which whoever holds what was there before has: the
 * latest ones as far as there is room, each behind what it names.
 */
function needed(
  id: ConversationId,
  members: Members,
  user: UserId,
  { named, before }: { readonly named: readonly Uint8Array[]; readonly before: readonly Uint8Array[] },
): Entry[] {
  const held = closure(members, before)
  const wanted = closure(members, named)
  const frames = lackingRights(id, members, user, new Set())
  const all = frames.flatMap(frame => (frame.case === 'rightsEntries' ? frame.value.entries : []))
  const lacking = all.filter(entry => {
    const hash = toText(readHeader(entry).hash)
    return wanted.has(hash) && !held.has(hash)
  })
  let room: number = limits.mailRights
  const first = lacking.findLastIndex(entry => {
    room -= sizeOf(entry)
    return room < 0
  })
  return lacking.slice(first + 1)
}

/** The hashes of membership entries that these lead to, themselves included. */
function closure({ entries }: Members, hashes: readonly Uint8Array[]): ReadonlySet<string> {
  const found = new Set<string>()
  const open = hashes.map(toText)
  for (let hash = open.pop(); hash !== undefined; hash = open.pop()) {
    const entry = entries.get(hash)
    if (!entry || found.has(hash)) continue
    found.add(hash)
    open.push(...entry.header.rights.map(toText))
  }
  return found
}
