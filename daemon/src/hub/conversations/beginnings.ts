import type { Storage } from '@parley/kit'
import { readHeader } from '../../protocol/entries.ts'
import type { ConversationId, DeviceId, UserId } from '../../protocol/ids.ts'
import { EntrySchema } from '../../protocol/parley_pb.ts'
import { advance } from './branches.ts'
import { type DeviceLog, knotAround, topOf } from './device-log.ts'
import { behind, keys, type Place, seqOf } from './keys.ts'
import { Pace } from './pace.ts'
import { readRow } from './rows.ts'

/** Up to where, by number and by the hybrid clock. */
interface End {
  readonly seq: number
  readonly time: bigint
}

interface Found {
  readonly end: End
  /** The log as it was then. */
  readonly log: DeviceLog
  readonly places: readonly Place[]
}

/**
 * Where logs begin for users who were invited behind what nobody has any more. It may take going through a whole log, so it is
 * kept: however often somebody asks, only what is new is looked at.
 */
export class Beginnings {
  readonly #conversation: ConversationId
  readonly #storage: Storage
  readonly #found = new Map<string, Found>()

  constructor(conversation: ConversationId, storage: Storage) {
    this.#conversation = conversation
    this.#storage = storage
  }

  /** The last entries of a log, one of each branch, of those that have neither a higher number nor a later time. */
  async lastUpTo(user: UserId, device: DeviceId, log: DeviceLog, end: End): Promise<readonly Place[]> {
    const name = `${user}/${device}`
    const before = this.#found.get(name)
    const known = before?.end.seq === end.seq && before.end.time === end.time ? before : undefined
    if (known?.log === log) return known.places
    // As long as nothing has forked, what is new comes behind all that was there.
    const goesOn = known?.log.knots === log.knots && log.heads.length === 1 ? known : undefined
    const fresh = await this.#look(device, log, end, topOf(goesOn?.log))
    const places = fresh.length > 0 ? fresh : (goesOn?.places ?? [])
    this.#found.set(name, { end, log, places })
    return places
  }

  /** Looks from the end of a log back to what has a number above `least`. */
  async #look(device: DeviceId, log: DeviceLog, end: End, least: number): Promise<readonly Place[]> {
    const found: { readonly place: Place; readonly prev: readonly Uint8Array[] }[] = []
    const prefix = keys.logOf(this.#conversation, device)
    const pace = new Pace()
    let isWhole = false
    for (let after = behind(prefix, Math.min(topOf(log), end.seq)), more = true; more && !isWhole; ) {
      const page = await this.#storage.list(prefix, { after, limit: entryPage, reverse: true })
      more = page.more
      for (const [key, value] of page.rows) {
        await pace.step()
        after = key
        isWhole ||= seqOf(key) <= least
        if (isWhole) break
        const { header, hash } = readHeader(readRow(EntrySchema, key, value))
        const { seq, prev, time } = header
        if (time > end.time) continue
        found.push({ place: { seq, hash }, prev })
        // Outside of knots everything before it is what it follows.
        isWhole = knotAround(log, seq) === undefined
      }
    }
    return found.reduceRight<readonly Place[]>((known, { place, prev }) => advance(known, place, prev), [])
  }
}

/** Rows read for their headers: each may have more than 100 KiB. */
const entryPage = 16
