import { clone, create, fromBinary, toBinary } from '@bufbuild/protobuf'
import type { Storage } from '@parley/kit'
import { openMemoryStorage } from '@parley/storage-memory'
import { Batch } from '../../daemon/src/hub/conversations/batch.ts'
import { entryOf, keys, logKeyOf, placeOf, sealedPosition } from '../../daemon/src/hub/conversations/keys.ts'
import { readMessageRow, type Shown } from '../../daemon/src/hub/conversations/rows.ts'
import { Shelf, type Wanted } from '../../daemon/src/hub/conversations/shelf.ts'
import { type Counted, Timeline } from '../../daemon/src/hub/conversations/timeline.ts'
import { encodeSaid, type MessageName, type Said } from '../../daemon/src/protocol/bodies.ts'
import { isStripped, sealEntry } from '../../daemon/src/protocol/entries.ts'
import { type ConversationRow, ConversationRowSchema, type EventRow } from '../../daemon/src/protocol/hub_rows_pb.ts'
import { type ConversationId, conversationId, type DeviceId } from '../../daemon/src/protocol/ids.ts'
import { type Entry, EntrySchema } from '../../daemon/src/protocol/parley_pb.ts'
import type { Person } from './conversations.ts'

export const conversation: ConversationId = conversationId(new Uint8Array(32).fill(9))

/** An entry with what it says, as a test seals it. */
export interface Sealed extends Counted {
  readonly entry: Entry
  readonly device: DeviceId
  readonly seq: number
}

/** Seals what `author` says as number `seq` of their log, at `ms`. */
export function sealed(author: Person, said: Said, seq: number, ms: number): Sealed {
  const { account, user } = author
  const { device, privateKey } = account
  const prev = seq === 1 ? [] : [new Uint8Array(32).fill(seq)]
  const time = BigInt(ms) << 16n
  const { entry, hash } = sealEntry({ conversation, device, seq, prev, time, ...encodeSaid(said), privateKey })
  return { user, said, time, hash, device, seq, entry, position: sealedPosition(time, device, { seq, hash }) }
}

/** What one person's home shows of a conversation, without links and logs of their own: each step is one batch. */
export class Screen {
  readonly owner: Person
  readonly storage: Storage = openMemoryStorage()
  row: ConversationRow = create(ConversationRowSchema)
  /** Whether everybody has what one has written oneself. */
  mayLetGo: (position: string) => boolean = () => true
  /** What the last batch has told. */
  told: Timeline['changes'] = []

  constructor(owner: Person) {
    this.owner = owner
  }

  /** Entries come, all in one batch; those without words were stripped on the way. */
  count(...entries: readonly (Sealed & { readonly isBare?: boolean })[]): Promise<void> {
    const whole = entries.filter(({ isBare }) => !isBare)
    const stripped = entries.filter(({ isBare }) => isBare).map(({ position }) => position)
    return this.#step({ said: whole, stripped }, (timeline, batch) => {
      for (const { entry, isBare, ...counted } of entries) {
        const stored = isBare ? { ...entry, salt: new Uint8Array(0), body: new Uint8Array(0) } : entry
        batch.put(keys.log(conversation, counted.device, counted), toBinary(EntrySchema, stored))
        if (isBare) timeline.countStripped(counted.user, counted.position)
        else timeline.count(counted)
      }
    })
  }

  /** These count no longer; of texts that lost their words that alone is known, and of edits nothing. */
  async withdraw(...entries: readonly Sealed[]): Promise<void> {
    const rows = await this.storage.get(entries.map(({ position }) => logKeyOf(conversation, position)))
    const isBare = (_: Sealed, index: number) => isStripped(fromBinary(EntrySchema, rows[index] ?? new Uint8Array(0)))
    const bare = entries.filter(isBare).filter(({ said }) => !('act' in said))
    const whole = entries.filter((entry, index) => !isBare(entry, index))
    return this.#step({ said: [], withdrawn: whole, stripped: bare.map(({ position }) => position) }, timeline => {
      for (const entry of whole) timeline.withdraw(entry)
      for (const { user, position } of bare) timeline.withdrawStripped(user, position)
    })
  }

  /** What has waited has its place in the log, and does not count there. */
  giveUp(entry: Sealed): Promise<void> {
    return this.#step({ said: [entry] }, timeline => timeline.giveUp(entry))
  }

  drop(...names: readonly MessageName[]): Promise<void> {
    return this.#step({ said: [], dropped: names }, timeline => {
      for (const name of names) timeline.drop(name)
    })
  }

  /** What was lost of these is brought, where it is awaited; they are counted anew. Gives how many were awaited. */
  async fill(...entries: readonly Sealed[]): Promise<number> {
    const rows = entries.flatMap(({ position }) => [
      keys.hollow(conversation, entryOf(position)),
      logKeyOf(conversation, position),
    ])
    let filled: readonly Sealed[] = []
    await this.#step({ said: [], rows }, timeline => {
      filled = entries.filter(({ entry, position }) => timeline.fill(entryOf(position), entry))
    })
    await this.#step({ said: filled }, timeline => {
      for (const entry of filled) timeline.count(entry)
    })
    return filled.length
  }

  /** The person here says something that has to wait. */
  say(said: Said): Promise<void> {
    return this.#step({ said: [{ user: this.owner.user, said }] }, timeline => {
      if (timeline.isKnown(said)) return
      if ('act' in said && timeline.revise(said, 1)) return
      timeline.queue('act' in said ? timeline.complete(said) : said, 1)
    })
  }

  /** What was done with a room is told as a line at the place of that entry. */
  tell({ position, user, said }: Sealed, event: EventRow): Promise<void> {
    const rows = [keys.message(conversation, position)]
    return this.#step({ said: [], rows }, timeline => {
      timeline.tell(user, { message: said.message, written: said.written, position }, event)
    })
  }

  /** What is shown, by position. */
  async shown(): Promise<(Shown & { position: string })[]> {
    const prefix = keys.messagesOf(conversation)
    const { rows } = await this.storage.list(prefix, { limit: 1000 })
    return rows.map(([key, value]) => ({ ...readMessageRow(key, value), position: key.slice(prefix.length) }))
  }

  async texts(): Promise<string[]> {
    return (await this.shown()).map(({ text, deleted }) => (deleted ? '(deleted)' : text))
  }

  /** The bodies of the log that are here. */
  async words(): Promise<string> {
    const { rows } = await this.storage.list(`log/${conversation}/`, { limit: 1000 })
    return rows.map(([, value]) => Buffer.from(value).toString('latin1')).join('\n')
  }

  /** How many rows begin with that. */
  async rows(prefix: string): Promise<number> {
    return (await this.storage.list(prefix, { limit: 1000 })).rows.length
  }

  async #step(wanted: Wanted, make: (timeline: Timeline, batch: Batch) => void): Promise<void> {
    const { owner, storage } = this
    const shelf = await Shelf.load(storage, conversation, owner.user, wanted)
    const batch = new Batch()
    const row = clone(ConversationRowSchema, this.row)
    const read = (position: string) => placeOf(position).seq
    const timeline = new Timeline({
      ...{ conversation, account: owner.account, shelf, row, batch },
      received: position => {
        if (read(position) > 0) row.unread++
      },
      withdrawn: position => {
        if (read(position) > 0) row.unread--
      },
      reworded: () => {},
      mayLetGo: position => this.mayLetGo(position),
    })
    make(timeline, batch)
    await timeline.last.settle(storage, conversation)
    timeline.finish()
    this.row = row
    this.told = timeline.changes
    await storage.write(batch.changes)
  }
}
