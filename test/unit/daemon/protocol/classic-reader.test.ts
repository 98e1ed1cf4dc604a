import assert from 'node:assert/strict'
import fc from 'fast-check'
import { ClassicReader } from '../../../../daemon/src/protocol/classic-reader.ts'

const size = 27
const reader = () => new ClassicReader({ size, highestType: 4 })

/** Packets with a type in front and anything behind it. */
const packets = fc.array(
  fc
    .tuple(fc.nat(4), fc.uint8Array({ minLength: size - 1, maxLength: size - 1 }))
    .map(([type, rest]) => [type, ...rest]),
  { maxLength: 12 },
)

describe('ClassicReader', () => {
  it('gives the same packets however the stream is split or joined', () => {
    fc.assert(
      fc.property(packets, fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 1 }), (sent, sizes) => {
        const stream = Uint8Array.from(sent.flat())
        const cutter = reader()
        const got: number[][] = []
        for (let at = 0, turn = 0; at < stream.length; turn += 1) {
          const end = at + (sizes[turn % sizes.length] ?? 1)
          for (const packet of cutter.push(stream.subarray(at, end))) got.push([...packet])
          assert.ok(cutter.held < size)
          at = end
        }
        assert.deepEqual(got, sent)
        assert.equal(cutter.held, 0)
      }),
    )
  })

  it('refuses an unknown type at its first byte, after the packets before it', () => {
    const cutter = reader()
    const good = new Uint8Array(size)
    const got: Uint8Array[] = []
    const push = () => {
      for (const packet of cutter.push(Uint8Array.from([...good, ...good, 5]))) got.push(Uint8Array.from(packet))
    }
    assert.throws(push, { code: 'bad-frame' })
    assert.deepEqual(got, [good, good])
  })

  it('throws nothing but bad-frame and holds less than a packet for any bytes in any framing', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 200 })), chunks => {
        const cutter = reader()
        try {
          for (const chunk of chunks) {
            for (const packet of cutter.push(chunk)) assert.equal(packet.length, size)
            assert.ok(cutter.held < size)
          }
        } catch (error) {
          assert.equal((error as { code?: string }).code, 'bad-frame')
        }
      }),
    )
  })
})
