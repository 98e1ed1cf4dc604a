import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { create } from '@bufbuild/protobuf'
import fc from 'fast-check'
import { limits } from '../../../../daemon/src/limits.ts'
import { encodeFrame, FrameReader, headOfFilePart } from '../../../../daemon/src/protocol/frames.ts'
import { type Frame, FrameSchema } from '../../../../daemon/src/protocol/parley_pb.ts'
import { orRefused, refusal } from '../../../support/errors.ts'

const limit = limits.frameBeforeSignIn

function search(id: number, query: string): Frame {
  return create(FrameSchema, {
    id,
    is: { case: 'request', value: { is: { case: 'search', value: { query, limit: 10 } } } },
  })
}

/** The frames that come of `bytes` cut at `cuts`. */
function readInPieces(bytes: Uint8Array, cuts: readonly number[], reader = new FrameReader({ limit })): Frame[] {
  const ends = [...cuts.map(cut => cut % (bytes.length + 1)), bytes.length].sort((a, b) => a - b)
  return ends.flatMap((end, index) => reader.push(bytes.subarray(ends[index - 1] ?? 0, end)))
}

describe('frames', () => {
  it('are a 4-byte big-endian length and a protobuf', () => {
    const bytes = encodeFrame(create(FrameSchema, { id: 5, is: { case: 'failure', value: { code: 'busy' } } }))
    assert.deepEqual([...bytes], [0, 0, 0, 10, 0x08, 5, 0x2a, 6, 0x0a, 4, ...Buffer.from('busy')])
  })

  it('with parts of files are the bytes that the library makes of them', () => {
    for (const size of [0, 1, 125, 128, 16_384, limits.fileChunk]) {
      for (const id of [0, 1, 300, 0x7fff_ffff]) {
        const bytes = randomBytes(size)
        const value = { is: { case: 'filePart', value: { bytes } } } as const
        const frame = create(FrameSchema, { id, is: { case: 'reply', value } })
        assert.deepEqual(Buffer.concat([headOfFilePart(id, bytes), bytes]), Buffer.from(encodeFrame(frame)))
      }
    }
    refusal(() => headOfFilePart(1, new Uint8Array(limits.frame)), 'bad-message')
  })

  it('come out the same however the bytes are cut', () => {
    const frames = fc.array(fc.tuple(fc.nat(1000), fc.string({ maxLength: 200 })), { maxLength: 8 })
    fc.assert(
      fc.property(frames, fc.array(fc.nat(4000), { maxLength: 20 }), (given, cuts) => {
        const sent = given.map(([id, query]) => search(id, query.toWellFormed()))
        const bytes = Buffer.concat(sent.map(encodeFrame))
        assert.deepEqual(readInPieces(bytes, cuts), sent)
      }),
    )
  })

  it('come out the same in large and small pieces', () => {
    const sent = [search(1, 'x'.repeat(50_000)), search(2, 'ann'), search(3, 'y'.repeat(60_000))]
    const bytes = Buffer.concat(sent.map(encodeFrame))
    fc.assert(
      fc.property(fc.array(fc.nat(bytes.length), { maxLength: 20 }), cuts => {
        const reader = new FrameReader({ limit })
        assert.deepEqual(readInPieces(bytes, cuts, reader), sent)
        assert.equal(reader.held, 0)
      }),
    )
  })

  it('come out the same byte by byte, and nothing is held afterwards', () => {
    const sent = [search(1, 'ann'), search(2, 'x'.repeat(3000)), create(FrameSchema, {})]
    const reader = new FrameReader({ limit })
    const bytes = Buffer.concat(sent.map(encodeFrame))
    assert.deepEqual(readInPieces(bytes, [...bytes.keys()], reader), sent)
    assert.equal(reader.held, 0)
  })

  it('do not change when the chunk they came in is used again', () => {
    const chunk = encodeFrame(
      create(FrameSchema, {
        is: { case: 'event', value: { is: { case: 'have', value: { conversation: Buffer.from('kept') } } } },
      }),
    )
    const [frame] = new FrameReader({ limit }).push(chunk)
    chunk.fill(0)
    assert.match(
      JSON.stringify(frame, (_, value) => (typeof value === 'bigint' ? `${value}` : value)),
      /107/,
    )
  })

  it('are refused by their length alone, before anything of them is held', () => {
    for (const over of [limit + 1, 0x7fffffff, 0xffffffff]) {
      const length = Buffer.alloc(4)
      length.writeUInt32BE(over)
      const reader = new FrameReader({ limit })
      refusal(() => reader.push(Buffer.concat([length, Buffer.alloc(10)])), 'bad-frame')
      const slow = new FrameReader({ limit })
      assert.deepEqual(slow.push(length.subarray(0, 3)), [])
      refusal(() => slow.push(length.subarray(3)), 'bad-frame')
      assert.equal(slow.held, 0)
    }
  })

  it('may be as long as the limit, and longer once it is raised', () => {
    const bytes = encodeFrame(search(1, 'y'.repeat(limit)))
    refusal(() => new FrameReader({ limit }).push(bytes), 'bad-frame')
    const reader = new FrameReader({ limit })
    reader.limit = bytes.length - 4
    assert.equal(reader.push(bytes).length, 1)
    refusal(() => encodeFrame(search(1, 'y'.repeat(limits.frame))), 'bad-message')
  })

  it('that are announced but do not come cost no more than twice what came', () => {
    const length = Buffer.alloc(4)
    length.writeUInt32BE(limits.frame)
    const reader = new FrameReader({ limit: limits.frame })
    reader.push(length)
    let sent = 4
    for (const size of [1, 10, 1000, 60_000, 700_000]) {
      reader.push(Buffer.alloc(size))
      sent += size
      assert.ok(reader.held <= 2 * sent, `${reader.held} held of ${sent}`)
      assert.ok(reader.held <= limits.frame + 4)
    }
  })

  it('end with the first bad one: nothing after it is believed', () => {
    const reader = new FrameReader({ limit })
    refusal(() => reader.push(Buffer.of(0, 0, 0, 1, 0xff)), 'bad-frame')
    refusal(() => reader.push(encodeFrame(search(1, 'ann'))), 'bad-frame')
    assert.equal(reader.held, 0)
  })

  it('never make the reader throw anything else, nor hold more than its limit', () => {
    const near = fc.uint8Array({ maxLength: 40 }).map(body => Buffer.concat([Buffer.of(0, 0, 0, body.length), body]))
    const chunks = fc.array(fc.oneof(fc.uint8Array({ maxLength: 100 }), near), { maxLength: 12 })
    fc.assert(
      fc.property(chunks, given => {
        const reader = new FrameReader({ limit: 64 })
        for (const chunk of given) {
          orRefused(() => reader.push(chunk))
          assert.ok(reader.held <= 64 + 4)
        }
      }),
      { numRuns: 1000 },
    )
  })

  it('in great number and small pieces take time in proportion', () => {
    const bytes = encodeFrame(search(1, 'z'.repeat(limits.frame - 100)))
    const reader = new FrameReader({ limit: limits.frame })
    const started = performance.now()
    for (let at = 0; at < bytes.length; at += 16) reader.push(bytes.subarray(at, at + 16))
    assert.equal(reader.held, 0)
    assert.ok(performance.now() - started < 5000, 'copying all at every piece would take minutes')
  })
})
