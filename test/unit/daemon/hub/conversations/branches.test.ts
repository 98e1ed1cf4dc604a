import assert from 'node:assert/strict'
import { openMemoryStorage } from '@parley/storage-memory'
import { readNext } from '../../../../../daemon/src/hub/conversations/branches.ts'
import { type DeviceLog, emptyLog } from '../../../../../daemon/src/hub/conversations/device-log.ts'
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
const log = keys.logOf(conversation, device)

describe('a log with branches', () => {
  it('is given whole where one signature vouches for what is before a branch and for what is on it', async () => {
    const storage = openMemoryStorage()
    const put = async (seq: number, words: string, after: Place | undefined, isSigned: boolean): Promise<Place> => {
      const body = encodeText(messageId(new Uint8Array(16).fill(seq)), 0, words)
      const prev = after ? [after.hash] : []
      const fields = { conversation, device, seq, prev, time: BigInt(seq), kind: 16, body, privateKey: key.privateKey }
      const { entry } = sealEntry(fields)
      const stored: Entry = isSigned ? entry : { ...entry, signature: new Uint8Array(0), alg: 0 }
      const place = { seq, hash: readHeader(entry).hash }
      await storage.write([{ put: keys.log(conversation, device, place), value: writeRow(EntrySchema, stored) }])
      return place
    }
    const first = await put(1, 'one', undefined, true)
    const second = await put(2, 'two', first, false)
    const left = await put(4, 'four', await put(3, 'three', second, false), true)
    const right = await put(4, 'vier', await put(3, 'drei', second, false), true)
    const heads = [left, right].map(place => ({ ...place, time: 0n, rights: [] }))
    const state: DeviceLog = { ...emptyLog, heads, knots: [{ from: 3, to: 0 }] }
    const given: number[] = []
    let known: readonly Place[] = []
    for (let turn = 0; turn < 5; turn++) {
      const next = await readNext(storage, log, state, known, 1_000)
      if (next.entries.length === 0) break
      assert.ok((next.entries.at(-1)?.entry.signature.length ?? 0) > 0)
      given.push(...next.entries.map(({ seq }) => seq))
      known = next.known
    }
    assert.deepEqual(
      given.toSorted((a, b) => a - b),
      [1, 2, 3, 3, 4, 4],
    )
    assert.deepEqual(
      known.map(({ seq }) => seq),
      [4, 4],
    )
  })
})
