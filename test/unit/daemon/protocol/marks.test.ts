import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { create, toBinary } from '@bufbuild/protobuf'
import fc from 'fast-check'
import { ParleyError } from '../../../../daemon/src/errors.ts'
import { limits } from '../../../../daemon/src/limits.ts'
import { conversationId, type DeviceId, deviceId, userId } from '../../../../daemon/src/protocol/ids.ts'
import { generateKeyPair, publicKeyOf } from '../../../../daemon/src/protocol/keys.ts'
import { isWithin, mergedReads, readMark, signMark } from '../../../../daemon/src/protocol/marks.ts'
import { MarkSchema, ReadUpToSchema, SignedSchema } from '../../../../daemon/src/protocol/parley_pb.ts'
import { verify } from '../../../../daemon/src/protocol/signed.ts'

const conversation = conversationId(new Uint8Array(32).fill(1))
const user = userId(new Uint8Array(16).fill(2))
const device = deviceId(new Uint8Array(32).fill(3))
const log = (number: number) => deviceId(new Uint8Array(32).fill(number))
const reads = fc.dictionary(fc.constantFrom('4', '5', '6'), fc.nat(9)).map(found => {
  return new Map<DeviceId, number>(Object.entries(found).map(([number, seq]) => [log(Number(number)), seq]))
})

describe('a mark', () => {
  it('says what was signed, by the key that signed it', () => {
    const { privateKey, spki } = generateKeyPair()
    const ends = new Map([[log(4), '0123456789abcdef']])
    const read = new Map([
      [log(4), 7],
      [log(5), 8],
    ])
    const mark = { conversation, user, device, read, ends }
    const signed = signMark(mark, privateKey)
    assert.deepEqual(readMark(signed), mark)
    assert.ok(verify('mark', signed, publicKeyOf(spki)))
    assert.equal(verify('entry', signed, publicKeyOf(spki)), false)
  })

  it('is refused where its bytes are none, or name what cannot be', () => {
    const { privateKey } = generateKeyPair()
    const refused = (payload: Uint8Array) => {
      assert.throws(() => readMark(create(SignedSchema, { payload })), { code: 'forged' })
    }
    const mark = { conversation, user, device, read: new Map([[log(4), 7]]), ends: new Map() }
    const { payload } = signMark(mark, privateKey)
    refused(payload.subarray(1))
    const read = (fields: object) => create(ReadUpToSchema, { device: new Uint8Array(32), ...fields })
    const fields = { conversation: new Uint8Array(32), user: new Uint8Array(16), device: new Uint8Array(32) }
    const encode = (more: object) => toBinary(MarkSchema, create(MarkSchema, { ...fields, ...more }))
    refused(encode({ read: [read({ seq: BigInt(limits.seq) })] }))
    refused(encode({ read: [read({ device: new Uint8Array(31) })] }))
    refused(encode({ read: [read({ hash: new Uint8Array(7) })] }))
    refused(encode({ user: new Uint8Array(32) }))
    refused(encode({ read: Array.from({ length: limits.markedLogs + 1 }, () => read({ seq: 1n })) }))
  })

  it('of any bytes is read or refused, and nothing else', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), payload => {
        try {
          readMark(create(SignedSchema, { payload }))
        } catch (error) {
          assert.ok(error instanceof ParleyError && error.code === 'forged')
        }
      }),
    )
    assert.throws(() => readMark(create(SignedSchema, { payload: randomBytes(100) })), { code: 'forged' })
  })

  it('merges by the highest, in any order and as often as it comes', () => {
    fc.assert(
      fc.property(reads, reads, (a, b) => {
        const merged = mergedReads(a, b)
        assert.ok(isWithin(a, merged) && isWithin(b, merged))
        assert.ok(isWithin(merged, mergedReads(b, a)) && isWithin(mergedReads(b, a), merged))
        assert.ok(isWithin(mergedReads(merged, a), merged))
      }),
    )
  })
})
