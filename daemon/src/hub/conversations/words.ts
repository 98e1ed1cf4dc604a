import type { Storage } from '@parley/kit'
import { asParleyError } from '../../errors.ts'
import { limits } from '../../limits.ts'
import { type EntryPlace, readBody, type Said, saysWords } from '../../protocol/bodies.ts'
import { msOf } from '../../protocol/clock.ts'
import { hasSignedBody, isStripped, readHeader } from '../../protocol/entries.ts'
import { type ConversationId, deviceId, type UserId } from '../../protocol/ids.ts'
import { type Entry, EntrySchema } from '../../protocol/parley_pb.ts'
import type { Lookups } from './changes.ts'
import type { Draft } from './draft.ts'
import { sizeOf } from './intake.ts'
import { entryText, keys } from './keys.ts'
import type { Doubt, Members } from './members.ts'
import { Pace } from './pace.ts'
import { readRow } from './rows.ts'
import type { State } from './state.ts'

export interface WordsGround {
  readonly conversation: ConversationId
  readonly storage: Storage
  /** As committed. */
  readonly state: State
  readonly members: Members
  /** Synchronised time, ms. */
  now(): number
  guard(message: { readonly user: UserId; readonly said: Said }): Promise<Doubt | undefined>
  change(apply: (draft: Draft) => void, lookups?: Lookups): Promise<void>
}

/**
 * What entries say that came without, because whoever brought them had let go of it: somebody else who takes part may
 * still have it, above all who wrote it. It is proved by the hash in the header, which is here.
 */
export class Words {
  readonly #ground: WordsGround

  constructor(ground: WordsGround) {
    this.#ground = ground
  }

  /** Whether something may be missing; rises with what is. */
  get lacking(): number {
    return this.#ground.state.row.hollow
  }

  /** Entries whose words are missing, but those of `asked`, as {@link entryText} names them. */
  async missing(asked: ReadonlySet<string>): Promise<readonly string[]> {
    const { conversation, storage, change } = this.#ground
    const { lacking } = this
    const prefix = keys.hollowOf(conversation)
    const missing: string[] = []
    let isNone = true
    for (let after: string | undefined; missing.length < limits.wordsPage; ) {
      const page = await storage.list(prefix, { limit: limits.logPage, ...(after === undefined ? {} : { after }) })
      for (const [key] of page.rows) {
        after = key
        isNone = false
        const place = key.slice(prefix.length)
        if (!asked.has(place) && missing.length < limits.wordsPage) missing.push(place)
      }
      if (!page.more) break
    }
    if (isNone && lacking > 0) await change(draft => draft.allIsFilled(lacking))
    return missing
  }

  /** Of these entries those that say something here and that a user may have; `looked`: at how many of them, from the first. */
  async answer(places: readonly EntryPlace[], user: UserId): Promise<{ entries: Entry[]; looked: number }> {
    const { conversation, storage, members } = this.#ground
    const floors = members.floorsFor(user)
    const pace = new Pace()
    const entries: Entry[] = []
    let bytes = 0
    let looked = 0
    for (const { device, seq, hash } of places.slice(0, limits.wordsPage)) {
      await pace.step()
      if (bytes > limits.run) break
      looked++
      const from = Math.max(0, ...(floors?.get(device) ?? []).map(floor => floor.seq))
      if (seq <= from) continue
      const key = `log/${conversation}/${entryText(device, seq, hash)}`
      const [row] = await storage.get([key])
      const entry = row && readRow(EntrySchema, key, row)
      if (entry === undefined || isStripped(entry)) continue
      entries.push(entry)
      bytes += sizeOf(entry)
    }
    return { entries, looked }
  }

  /** Takes what was brought, as far as it is missing and is what was signed. Resolves once that is committed. */
  async take(entries: readonly Entry[]): Promise<void> {
    const { change } = this.#ground
    const good: { readonly place: EntryPlace; readonly entry: Entry }[] = []
    const pace = new Pace()
    for (const entry of entries.slice(0, limits.wordsPage)) {
      await pace.step()
      const place = await this.#check(entry)
      if (place) good.push({ place, entry })
    }
    // One by one: each may be as large as a batch has room for.
    for (const each of good) {
      const { device, seq, hash } = each.place
      const place = entryText(device, seq, hash)
      const rows = [keys.hollow(this.#ground.conversation, place), `log/${this.#ground.conversation}/${place}`]
      await change(draft => draft.fill([each]), { rows })
    }
  }

  async #check(entry: Entry): Promise<EntryPlace | undefined> {
    const { conversation, storage, members, now, guard } = this.#ground
    try {
      const read = readHeader(entry)
      const { header, hash } = read
      if (isStripped(entry) || !saysWords(header.kind) || !hasSignedBody(read)) return undefined
      if (msOf(header.time) > now() + limits.clockSkew) return undefined
      const start = Buffer.from(hash.buffer, hash.byteOffset, 8).toString('hex')
      const place = { device: deviceId(header.device), seq: header.seq, hash: start }
      const key = `log/${conversation}/${entryText(place.device, place.seq, place.hash)}`
      const [row] = await storage.get([key])
      const known = row && readHeader(readRow(EntrySchema, key, row))
      if (!known || Buffer.compare(known.hash, hash) !== 0) return undefined
      const user = members.mayLink(header.device)?.user
      const said = readBody(entry.body, header.kind)
      if (user === undefined || said === undefined || (await guard({ user, said }))) return undefined
      return place
    } catch (error) {
      // Bytes of a peer that say nothing; what fails here is tried again.
      if (asParleyError(error).code === 'internal') throw error
      return undefined
    }
  }
}
