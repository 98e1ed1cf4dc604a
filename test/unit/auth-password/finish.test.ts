import assert from 'node:assert/strict'
import fc from 'fast-check'
import { encodeOpaqueFinish } from '../../../daemon/src/protocol/sign-in-binding.ts'
import { readFinish } from '../../../plugins/auth-password/src/finish.ts'

const short = fc.uint8Array({ maxLength: 127 })

describe('the answer to the first challenge', () => {
  it('is read as the protocol writes it', () => {
    fc.assert(
      fc.property(
        short.filter(bytes => bytes.length > 0),
        short.filter(bytes => bytes.length > 0),
        (finish, mac) => {
          assert.deepEqual(readFinish(encodeOpaqueFinish(finish, mac)), { finish, mac })
        },
      ),
    )
  })

  it('may have grown a field that is not known', () => {
    const message = Buffer.concat([Buffer.of(0x1a, 2, 9, 9), encodeOpaqueFinish(Buffer.of(1), Buffer.of(2))])
    assert.deepEqual(readFinish(Uint8Array.from(message)), { finish: Uint8Array.of(1), mac: Uint8Array.of(2) })
  })

  it('is nothing when a field is missing, cut, too long or of another type', () => {
    const whole = encodeOpaqueFinish(new Uint8Array(64).fill(1), new Uint8Array(32).fill(2))
    for (let length = 0; length < whole.length; length++) assert.equal(readFinish(whole.subarray(0, length)), undefined)
    assert.equal(readFinish(Uint8Array.of(0x08, 1)), undefined)
    assert.equal(readFinish(encodeOpaqueFinish(new Uint8Array(200), new Uint8Array(32))), undefined)
  })

  it('never makes the reader throw', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), bytes => void readFinish(bytes)))
  })
})
