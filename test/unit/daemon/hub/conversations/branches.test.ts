import assert from 'node:assert/strict'
import { openMemoryStorage } from '@parley/storage-memory'
import { isWhole, readNext } from '../../../../../daemon/src/hub/conversations/branches.ts'
import { emptyLog, type Knot } from '../../../../../daemon/src/hub/conversations/device-log.ts'
import { keys, type Place } from '../../../../../daemon/src/hub/conversations/keys.ts'
import { writeRow } from '../../../../../daemon/src/hub/conversations/rows.ts'
import { encodeText } from '../../../../../daemon/src/protocol/bodies.ts'
import { readHeader, sealEntry } from '../../../../../daemon/src/protocol/entries.ts'
import { conversationId, deviceId, messageId } from '../../../../../daemon/src/protocol/ids.ts'
import { idOfKey } from '../../../../../daemon/src/protocol/keys.ts'
import { type Entry, EntrySchema } from '../../../../../daemon/src/protocol/parley_pb.ts'
import { makeKey } from '../../../../support/statements.ts'

const key = makeKey()
const conversation = conversationId(new Uint8Array(32).fill(1))
const device = deviceId(idOfKey(key.spki))

describe('a log with branches', () => {
  it('is given whole where one signature vouches for what is before a branch and for what is on it', async () => {
    const log = new StoredLog()
    const second = await log.put(2, [await log.put(1, [], true)], false)
    const heads = [await log.putTwo(3, second, true), await log.putTwo(3, second, true)]
    assert.deepEqual(await log.given(heads, { from: 3, to: 0 }), [1, 2, 3, 3, 4, 4])
  })

  it('is given whole where one signature vouches for the end of a branch and for what brings them together', async () => {
    const log = new StoredLog()
    const first = await log.put(1, [], true)
    const branches = [await log.putTwo(2, first, true), await log.putTwo(2, first, false)]
    const merge = await log.put(4, branches, false)
    const head = await log.putTwo(5, merge, true)
    assert.deepEqual(await log.given([head], { from: 2, to: 4 }), [1, 2, 2, 3, 3, 4, 5, 6])
  })
})

/** A log as it is stored: of some entries a later one's signature vouches for them. */
class StoredLog {
  readonly #storage = openMemoryStorage()
  #count = 0

  async put(seq: number, after: readonly Place[], isSigned: boolean): Promise<Place> {
    const body = encodeText(messageId(new Uint8Array(16).fill(++this.#count)), 0, `message ${this.#count}`)
    const prev = after.map(({ hash }) => hash)
    const { privateKey } = key
    const { entry } = sealEntry({ conversation, device, seq, prev, time: BigInt(seq), kind: 16, body, privateKey })
    const stored: Entry = isSigned ? entry : { ...entry, signature: new Uint8Array(0), alg: 0 }
    const place = { seq, hash: readHeader(entry).hash }
    await this.#storage.write([{ put: keys.log(conversation, device, place), value: writeRow(EntrySchema, stored) }])
    return place
  }

  /** Two that follow each other; the second may be signed. */
  async putTwo(seq: number, after: Place, isSigned: boolean): Promise<Place> {
    return this.put(seq + 1, [await this.put(seq, [after], false)], isSigned)
  }

  /** The numbers of what somebody is given who holds nothing, run by run: each must end with a signature. */
  async given(heads: readonly Place[], knot: Knot): Promise<readonly number[]> {
    const state = { ...emptyLog, heads: heads.map(head => ({ ...head, time: 0n, rights: [] })), knots: [knot] }
    const given: number[] = []
    for (let known: readonly Place[] = []; !isWhole(state, known); ) {
      const next = await readNext(this.#storage, keys.logOf(conversation, device), state, known, 1_000)
      if (next.entries.length === 0) break
      assert.ok((next.entries.at(-1)?.entry.signature.length ?? 0) > 0)
      given.push(...next.entries.map(({ seq }) => seq))
      known = next.known
    }
    return given.toSorted((a, b) => a - b)
  }
}
