import type { Storage } from '@parley/kit'
import { readHeader } from '../../protocol/entries.ts'
import type { ConversationId, DeviceId, UserId } from '../../protocol/ids.ts'
import { EntrySchema } from '../../protocol/parley_pb.ts'
import { Beginnings } from './beginnings.ts'
import { isSame, type NextRun, readNext, wholeUpTo } from './branches.ts'
import { type DeviceLog, emptyLog, knotAround, topOf } from './device-log.ts'
import type { CheckedEntry } from './intake.ts'
import { behind, keys, type Place, seqOf } from './keys.ts'
import type { Cut, Members } from './members.ts'
import { Pace } from './pace.ts'
import { Recent } from './recent.ts'
import { readRow } from './rows.ts'

/** What is committed of the logs of a conversation. */
export interface LogsGround {
  readonly conversation: ConversationId
  /** This device. */
  readonly device: DeviceId
  readonly storage: Storage
  readonly logs: ReadonlyMap<DeviceId, DeviceLog>
  readonly members: Members
}

/** The logs of a conversation as they are here: what is committed, and what is checked and waits to be. */
export class Logs {
  readonly recent = new Recent()
  readonly #ground: LogsGround
  readonly #beginnings: Beginnings
  /** Logs with all that is checked. */
  readonly #checked = new Map<DeviceId, DeviceLog>()
  /** Hashes of what is checked and not committed. */
  readonly #waiting = new Set<string>()

  constructor(ground: LogsGround) {
    this.#ground = ground
    this.#beginnings = new Beginnings(ground.conversation, ground.storage)
  }

  /** A log with all that is checked. */
  log(device: DeviceId): DeviceLog | undefined {
    return this.#checked.get(device) ?? this.#ground.logs.get(device)
  }

  /** These are checked and wait to be committed. */
  wait(entries: readonly CheckedEntry[], logs: ReadonlyMap<DeviceId, DeviceLog>): void {
    for (const { hash } of entries) this.#waiting.add(textOf(hash))
    for (const [device, log] of logs) this.#checked.set(device, log)
  }

  /** These are committed. */
  settle(entries: readonly CheckedEntry[]): void {
    for (const { hash } of entries) this.#waiting.delete(textOf(hash))
    if (this.#waiting.size === 0) this.#checked.clear()
  }

  /** Nothing waits any more: it was given up. */
  forget(): void {
    this.#checked.clear()
    this.#waiting.clear()
    this.recent.clear()
  }

  /** Whether exactly this entry is committed, or is where a log starts. */
  async holds(device: DeviceId, place: Place): Promise<boolean> {
    const log = this.#ground.logs.get(device)
    if (log === undefined || place.seq > topOf(log)) return false
    if (log.heads.some(head => isSame(head, place)) || log.floors.some(floor => isSame(floor, place))) return true
    const recent = device === this.#ground.device ? this.recent.get(place.seq) : undefined
    if (recent !== undefined && Buffer.compare(recent.hash, place.hash) === 0) return true
    const [row] = await this.#ground.storage.get([keys.log(this.#ground.conversation, device, place)])
    return row !== undefined
  }

  /** Whether this entry is committed, or checked. */
  async isHere(device: DeviceId, place: Place): Promise<boolean> {
    return this.#waiting.has(textOf(place.hash)) || this.holds(device, place)
  }

  /** Whether an entry with this hash is here, in the knot that one with number `seq` brings together. */
  async isHashHere(device: DeviceId, hash: Uint8Array, seq: number): Promise<boolean> {
    if (this.#waiting.has(textOf(hash))) return true
    const log = this.log(device) ?? emptyLog
    if ([...log.heads, ...log.floors].some(head => Buffer.compare(head.hash, hash) === 0)) return true
    const knot = knotAround(log, seq - 1)
    if (knot === undefined) return false
    const ending = `/${Buffer.from(hash.buffer, hash.byteOffset, 8).toString('hex')}`
    const prefix = keys.logOf(this.#ground.conversation, device)
    const pace = new Pace()
    for (let after = behind(prefix, knot.from - 1); ; ) {
      await pace.step()
      const { rows, more } = await this.#ground.storage.list(prefix, { after, limit: keyPage })
      for (const [key] of rows) {
        if (seqOf(key) >= seq) return false
        if (key.endsWith(ending)) return true
        after = key
      }
      if (!more) return false
    }
  }

  /** The cuts of a log whose heads are all committed. */
  async heldCuts(device: DeviceId): Promise<ReadonlySet<Cut>> {
    const held = new Set<Cut>()
    for (const cut of this.#ground.members.cutsOf(device)) {
      const are = await Promise.all(cut.heads.map(head => this.holds(device, head)))
      if (are.every(Boolean)) held.add(cut)
    }
    return held
  }

  /** The membership heads that an entry inherits which follows one that is no head any more. */
  async rightsAt(device: DeviceId, prev: readonly Uint8Array[], seq: number): Promise<readonly Uint8Array[]> {
    const [hash] = prev
    if (hash === undefined || this.#ground.members.entries.size === 0) return []
    const prefix = keys.logOf(this.#ground.conversation, device)
    const pace = new Pace()
    let sought = hash
    for (let after = behind(prefix, seq - 1); ; ) {
      await pace.step()
      const { rows, more } = await this.#ground.storage.list(prefix, { after, limit: entryPage, reverse: true })
      for (const [key, value] of rows) {
        after = key
        const { header, hash: found } = readHeader(readRow(EntrySchema, key, value))
        if (Buffer.compare(found, sought) !== 0) continue
        const [before] = header.prev
        if (header.rights.length > 0 || before === undefined) return header.rights
        sought = before
      }
      if (!more) return []
    }
  }

  /** What of a log starts behind `known`, all of which must be held: about `bytes` of it. */
  async next(device: DeviceId, known: readonly Place[], bytes: number): Promise<NextRun> {
    const { conversation, storage } = this.#ground
    const log = this.#ground.logs.get(device) ?? emptyLog
    const [last] = known
    const isLinear = known.length <= 1 && knotAround(log, last?.seq ?? 0) === undefined
    if (device === this.#ground.device && isLinear && log.heads.length === 1) {
      const seq = last?.seq ?? 0
      const isBehindKnots = log.knots.every(({ to }) => to !== 0 && to <= seq)
      const entries = isBehindKnots && this.recent.get(seq + 1) ? this.recent.run(seq + 1, bytes) : []
      const reached = entries.at(-1)
      if (reached) return { entries, known: [{ seq: reached.seq, hash: reached.hash }] }
    }
    return readNext(storage, keys.logOf(conversation, device), log, known, bytes)
  }

  /**
   * Places of a log for somebody who may hold another branch of it: its heads, and further and further back an entry each
   * down to the first, so that one is where both branches are still the same, or not much before. Whoever holds not even
   * the first of them has nothing in common.
   */
  async ladder(device: DeviceId): Promise<readonly Place[]> {
    const { conversation, storage, logs } = this.#ground
    const log = logs.get(device) ?? emptyLog
    const places: Place[] = [...log.heads]
    const prefix = keys.logOf(conversation, device)
    const top = topOf(log)
    for (let back = 1, seq = top; seq > 1; back *= 4) {
      seq = Math.max(top - back, 1)
      const { rows } = await storage.list(prefix, { after: behind(prefix, seq - 1), limit: 1 })
      for (const [key, value] of rows) {
        if (seqOf(key) === seq) places.push({ seq, hash: readHeader(readRow(EntrySchema, key, value)).hash })
      }
    }
    return places
  }

  /**
   * Where a log begins here for a user who is not given all of it; undefined: at its beginning. Where its home was put back to
   * an older copy, nobody may have any more where it was to begin: then that is behind what is both no further on, by its
   * number, and no later than the invitation.
   */
  async beginningFor(user: UserId, device: DeviceId): Promise<readonly Place[] | undefined> {
    const { members, logs } = this.#ground
    const floors = members.floorsFor(user)?.get(device)
    if (floors === undefined) return undefined
    const { held } = await this.reach(device, floors)
    if (held.length === floors.length) return floors
    const seq = floors.reduce((highest, floor) => Math.max(highest, floor.seq), 0)
    const end = { seq, time: members.invited(user) ?? 0n }
    return this.#beginnings.lastUpTo(user, device, logs.get(device) ?? emptyLog, end)
  }

  /** Of places those that are held, and up to which number a log is whole for somebody who holds them. */
  async reach(device: DeviceId, places: readonly Place[]): Promise<{ held: readonly Place[]; seq: number }> {
    const held: Place[] = []
    for (const place of places) if (await this.holds(device, place)) held.push(place)
    const log = this.#ground.logs.get(device)
    return { held, seq: log === undefined || held.length === 0 ? 0 : wholeUpTo(log, held) }
  }
}

function textOf(hash: Uint8Array): string {
  return Buffer.from(hash.buffer, hash.byteOffset, hash.length).toString('latin1')
}

/** Rows read for their keys alone, and for their headers: each may have more than 100 KiB. */
const keyPage = 32
const entryPage = 16
