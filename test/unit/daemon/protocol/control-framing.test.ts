import assert from 'node:assert/strict'
import fc from 'fast-check'
import { ControlDecoder, encodeControl } from '../../../../daemon/src/protocol/control-framing.ts'
import { orRefused, refusal } from '../../../support/errors.ts'

describe('control framing', () => {
  it('gives messages back, however the bytes are cut', () => {
    fc.assert(
      fc.property(
        fc.array(fc.dictionary(fc.string(), fc.jsonValue())),
        fc.integer({ min: 1, max: 40 }),
        (messages, cut) => {
          const bytes = Buffer.concat(messages.map(encodeControl))
          const decoder = new ControlDecoder()
          const got: object[] = []
          for (let at = 0; at < bytes.length; at += cut) got.push(...decoder.push(bytes.subarray(at, at + cut)))
          assert.deepEqual(
            got,
            messages.map(message => JSON.parse(JSON.stringify(message))),
          )
        },
      ),
    )
  })

  it('reads other headers and any letter case', () => {
    const message = 'Content-Type: application/json\r\ncontent-length: 2\r\n\r\n{}'
    assert.deepEqual(new ControlDecoder().push(Buffer.from(message)), [{}])
  })

  it('refuses a message over the limit before any of it has come', () => {
    const error = refusal(() => new ControlDecoder(100).push(Buffer.from('Content-Length: 101\r\n\r\n')), 'bad-frame')
    assert.match(error.message, /101 bytes/)
  })

  it('takes a message of exactly the limit', () => {
    const bytes = Buffer.from(`Content-Length: 100\r\n\r\n{"a":"${'x'.repeat(92)}"}`)
    assert.equal(new ControlDecoder(100).push(bytes).length, 1)
  })

  for (const [what, text] of [
    ['a header that never ends', 'a'.repeat(5000)],
    ['a header without a length', 'Content-Type: x\r\n\r\n'],
    ['a negative length', 'Content-Length: -1\r\n\r\n'],
    ['JSON that is no object', 'Content-Length: 1\r\n\r\n1'],
    ['what is no JSON', 'Content-Length: 2\r\n\r\n{,'],
  ] as const) {
    it(`refuses ${what}`, () => refusal(() => new ControlDecoder().push(Buffer.from(text)), 'bad-frame'))
  }

  it('throws nothing but its own error, whatever comes', () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(fc.uint8Array(), fc.constant(Buffer.from('Content-Length: 3\r\n\r\n')))),
        chunks => {
          const decoder = new ControlDecoder(1000)
          orRefused(() => {
            for (const chunk of chunks) decoder.push(chunk)
          })
        },
      ),
    )
  })
})
