import { randomBytes } from 'node:crypto'
import { create } from '@bufbuild/protobuf'
import type { Storage } from '@parley/kit'
import { limits } from '../../../limits.ts'
import { CursorRowSchema, type EpochsRow, EpochsRowSchema } from '../../../protocol/hub_rows_pb.ts'
import { type ConversationId, conversationId, type DeviceId } from '../../../protocol/ids.ts'
import { keys, lastPart } from '../keys.ts'
import { readRow, writeRow } from '../rows.ts'

/** Up to where something was taken of a hub: a number that it gave, and in which of its epochs. Epoch 0: nothing was. */
export interface Cursor {
  readonly epoch: bigint
  readonly arrival: number
}

/** Nothing was taken yet. */
export const nothingTaken: Cursor = { epoch: 0n, arrival: 0 }

/**
 * Numbers the commits of a home. Numbers run on across starts, and each start is an epoch of its own: a home that was put
 * back gives numbers anew that it gave before, and knows by the epoch that a peer's cursor is not of this history.
 */
export class Arrivals {
  readonly #storage: Storage
  readonly #epochs: EpochsRow
  readonly #epoch = randomBytes(8).readBigUInt64BE() | 1n
  #last: number
  #isKept: Promise<boolean> | undefined

  private constructor(storage: Storage, epochs: EpochsRow, last: number) {
    this.#storage = storage
    this.#last = last
    const epochsKept = epochs.epochs.slice(1 - limits.epochs)
    const next = { id: this.#epoch, first: BigInt(last + 1) }
    this.#epochs = create(EpochsRowSchema, { epochs: [...epochsKept, next] })
  }

  /** `last`: the highest number in storage. */
  static async open(storage: Storage, last: number): Promise<Arrivals> {
    const [row] = await storage.get([keys.epochs])
    const epochs = row === undefined ? create(EpochsRowSchema) : readRow(EpochsRowSchema, keys.epochs, row)
    return new Arrivals(storage, epochs, last)
  }

  /** The number of the next commit. */
  next(): number {
    return ++this.#last
  }

  /** The epoch of the numbers given now; 0 while it cannot be stored: then nothing is told that a peer could count on. */
  async epoch(): Promise<bigint> {
    this.#isKept ??= this.#keep()
    if (await this.#isKept) return this.#epoch
    this.#isKept = undefined
    return 0n
  }

  /** Whether a peer that has taken everything up to a cursor has taken all that was numbered up to there, of this history. */
  covers({ epoch, arrival }: Cursor): boolean {
    const { epochs } = this.#epochs
    const index = epochs.findIndex(({ id }) => id === epoch)
    if (epoch === 0n || index < 0) return false
    const end = epochs[index + 1]?.first ?? BigInt(this.#last + 1)
    return BigInt(arrival) < end
  }

  async #keep(): Promise<boolean> {
    try {
      const value = writeRow(EpochsRowSchema, this.#epochs)
      return (await this.#storage.write([{ put: keys.epochs, value }])) === 'committed'
    } catch {
      return false
    }
  }
}

/** What was last taken of a peer, by conversation. */
export async function readCursors(storage: Storage, peer: DeviceId): Promise<ReadonlyMap<ConversationId, Cursor>> {
  const prefix = keys.cursorsOf(peer)
  const cursors = new Map<ConversationId, Cursor>()
  for (let after: string | undefined; ; ) {
    const { rows, more } = await storage.list(prefix, { limit: limits.page, ...(after === undefined ? {} : { after }) })
    for (const [key, value] of rows) {
      after = key
      const { epoch, arrival } = readRow(CursorRowSchema, key, value)
      cursors.set(conversationId(lastPart(key)), { epoch, arrival: Number(arrival) })
    }
    if (!more) return cursors
  }
}
