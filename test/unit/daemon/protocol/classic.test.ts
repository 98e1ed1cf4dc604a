import assert from 'node:assert/strict'
import fc from 'fast-check'
import { ParleyError } from '../../../../daemon/src/errors.ts'
import {
  type ClassicPeerPacket,
  type ClassicRequest,
  classicCodes,
  classicSizes,
  decodeHeartbeat,
  decodeOnlineList,
  decodePeerPacket,
  decodeRequest,
  decodeResponse,
  encodeHeartbeat,
  encodePeerPacket,
  encodeRequest,
  encodeResponse,
} from '../../../../daemon/src/protocol/classic.ts'
import golden from '../../../vectors/classic.json' with { type: 'json' }

interface Golden {
  readonly name: string
  readonly value: unknown
  readonly hex: string
}

/** The vectors of one kind of packet; their values have its shape. */
function vectors<T>(packet: string): (Golden & { value: T })[] {
  return (golden.vectors as (Golden & { packet: string; value: T })[]).filter(vector => vector.packet === packet)
}

/** Records as decoders make them: plain objects. */
const record = <T>(fields: { [Key in keyof T]: fc.Arbitrary<T[Key]> }) =>
  fc.record<T>(fields, { noNullPrototype: true })
const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex')
const badFrame = { name: 'ParleyError', code: 'bad-frame' }

describe('classic packets', () => {
  it('has vectors of every kind', () => {
    for (const kind of ['request', 'response', 'response-and-list', 'heartbeat', 'peer']) {
      assert.ok(vectors(kind).length > 0, kind)
    }
  })

  for (const { name, value, hex: bytes } of vectors<ClassicRequest>('request')) {
    it(`request: ${name}`, () => {
      assert.equal(hex(encodeRequest(value)), bytes)
      assert.deepEqual(decodeRequest(Buffer.from(bytes, 'hex')), value)
    })
  }

  for (const { name, value, hex: bytes } of vectors<ReturnType<typeof decodeResponse>>('response')) {
    it(`response: ${name}`, () => {
      assert.equal(hex(encodeResponse(value)), bytes)
      assert.deepEqual(decodeResponse(Buffer.from(bytes, 'hex')), value)
    })
  }

  type WithList = ReturnType<typeof decodeResponse> & { online: ReturnType<typeof decodeOnlineList> }
  for (const { name, value, hex: bytes } of vectors<WithList>('response-and-list')) {
    it(`response: ${name}`, () => {
      const { online, ...response } = value
      assert.equal(hex(encodeResponse(response, online)), bytes)
      const packet = Buffer.from(bytes, 'hex')
      assert.deepEqual(decodeResponse(packet.subarray(0, classicSizes.response)), response)
      assert.deepEqual(decodeOnlineList(packet.subarray(classicSizes.response)), online)
    })
  }

  for (const { name, value, hex: bytes } of vectors<{ username: string }>('heartbeat')) {
    it(`heartbeat: ${name}`, () => {
      assert.equal(hex(encodeHeartbeat(value)), bytes)
      assert.deepEqual(decodeHeartbeat(Buffer.from(bytes, 'hex')), value)
    })
  }

  for (const { name, value, hex: bytes } of vectors<ClassicPeerPacket>('peer')) {
    it(`between clients: ${name}`, () => {
      assert.equal(hex(encodePeerPacket(value)), bytes)
      assert.deepEqual(decodePeerPacket(Buffer.from(bytes, 'hex')), value)
    })
  }

  it('reads a name cut inside a character as no text, for the registry to refuse', () => {
    const packet = Buffer.from(encodeRequest({ is: 'register', username: 'abcdefgh', password: 'secret1' }))
    Buffer.from('abcdefgh日').copy(packet, 1, 0, 10)
    assert.deepEqual(decodeRequest(packet), { is: 'register', username: undefined, password: 'secret1' })
  })

  it('reads from bytes that lie within a larger buffer', () => {
    const request = encodeRequest({ is: 'online', username: 'alice' })
    const larger = new Uint8Array(100).fill(0xff)
    larger.set(request, 13)
    assert.deepEqual(decodeRequest(larger.subarray(13, 40)), { is: 'online', username: 'alice' })
  })

  const request = Buffer.from(encodeRequest({ is: 'logout', username: 'alice' }))
  const beat = Buffer.from(encodeHeartbeat({ username: 'alice' }))
  const response = Buffer.from(encodeResponse({ to: 'search', code: 22, message: '10.0.0.1' }))
  const notify = Buffer.from(encodePeerPacket({ is: 'notify', username: 'alice' }))
  const altered = (packet: Buffer, at: number, byte: number) => {
    const copy = Buffer.from(packet)
    copy[at] = byte
    return copy
  }
  const wrong: [string, () => unknown][] = [
    ['a request of type 5', () => decodeRequest(altered(request, 0, 5))],
    ['a request of type 255', () => decodeRequest(altered(request, 0, 255))],
    ['a request whose key is 14', () => decodeRequest(altered(request, 26, 14))],
    ['a request one byte short', () => decodeRequest(request.subarray(1))],
    ['a request one byte long', () => decodeRequest(Buffer.concat([request, request.subarray(0, 1)]))],
    ['a logout without LOGOUT', () => decodeRequest(altered(request, 11, 0x6c))],
    ['a list request without All', () => decodeRequest(altered(request, 0, 4))],
    ['a name that goes on behind its NUL', () => decodeRequest(altered(request, 9, 0x61))],
    ['a response of type 5', () => decodeResponse(altered(response, 0, 5))],
    ['a response of an unknown code', () => decodeResponse(altered(response, 1, 23))],
    ['a response whose key is 0', () => decodeResponse(altered(response, 17, 0))],
    ['a heartbeat of type 4', () => decodeHeartbeat(altered(beat, 0, 4))],
    ['a heartbeat without HELLO', () => decodeHeartbeat(altered(beat, 11, 0x68))],
    ['a heartbeat whose key is 16', () => decodeHeartbeat(altered(beat, 21, 16))],
    ['a message of type 2', () => decodePeerPacket(altered(notify, 0, 2))],
    ['a type 1 message of other words', () => decodePeerPacket(altered(notify, 11, 0x6e))],
    ['a list without its end', () => decodeOnlineList(Buffer.from('alice-10.0.0.1'))],
    ['a list row without an address', () => decodeOnlineList(Buffer.from('alice \t\n '))],
    ['a list row without a name', () => decodeOnlineList(Buffer.from('-10.0.0.1 \t\n '))],
    ['a list that is not UTF-8', () => decodeOnlineList(Buffer.from([0xff]))],
    ['writing a name of 11 bytes', () => encodeRequest({ is: 'online', username: '0123456789a' })],
    ['writing a password of 16 bytes', () => encodeRequest({ is: 'login', username: 'bob', password: 'x'.repeat(16) })],
    ['writing a NUL', () => encodeHeartbeat({ username: 'a\0b' })],
    ['writing what is no text', () => encodeHeartbeat({ username: undefined })],
    ['writing a text of 101 bytes', () => encodePeerPacket({ is: 'message', username: 'bob', text: 'x'.repeat(101) })],
  ]
  for (const [what, act] of wrong) it(`refuses ${what}`, () => assert.throws(act, badFrame))

  describe('whatever comes', () => {
    const texts = (size: number) =>
      fc
        .string({ unit: 'grapheme', maxLength: size })
        .filter(text => Buffer.byteLength(text) <= size && !text.includes('\0'))

    it('gives back every request as it was', () => {
      const requests = fc.oneof(
        record({ is: fc.constantFrom('register', 'login'), username: texts(10), password: texts(15) }),
        record({ is: fc.constant('search'), username: texts(10), sought: texts(15) }),
        record({ is: fc.constantFrom('logout', 'online'), username: texts(10) }),
      )
      fc.assert(fc.property(requests, value => assert.deepEqual(decodeRequest(encodeRequest(value)), value)))
    })

    it('gives back every message as it was', () => {
      const messages = record({ is: fc.constant('message'), username: texts(10), text: texts(100) })
      fc.assert(fc.property(messages, value => assert.deepEqual(decodePeerPacket(encodePeerPacket(value)), value)))
    })

    it('gives back every online list as it was, dashes in names included', () => {
      const names = texts(10).filter(text => text !== '' && !/\p{Cc}/u.test(text))
      const lists = fc.array(record({ name: names, address: fc.ipV4() }), { maxLength: 50 })
      const response = { to: 'online', code: classicCodes.allOnline, message: '' } as const
      fc.assert(
        fc.property(lists, list => {
          const bytes = encodeResponse(response, list)
          assert.deepEqual(decodeOnlineList(bytes.subarray(classicSizes.response)), list)
        }),
      )
    })

    const decoders: [string, number, (bytes: Uint8Array) => unknown][] = [
      ['request', classicSizes.request, decodeRequest],
      ['response', classicSizes.response, decodeResponse],
      ['heartbeat', classicSizes.heartbeat, decodeHeartbeat],
      ['peer packet', classicSizes.peer, decodePeerPacket],
      ['online list', 40, decodeOnlineList],
    ]
    for (const [what, size, decode] of decoders) {
      it(`throws nothing but bad-frame for any bytes as a ${what}`, () => {
        const anything = fc.oneof(
          fc.uint8Array({ maxLength: 130 }),
          fc.uint8Array({ minLength: size, maxLength: size }),
        )
        fc.assert(
          fc.property(anything, bytes => {
            try {
              decode(bytes)
            } catch (error) {
              assert.ok(error instanceof ParleyError && error.code === 'bad-frame', String(error))
            }
          }),
          { numRuns: 500 },
        )
      })
    }

    it('takes a request only if it would write the very same bytes, unless a text is not UTF-8', () => {
      const nearly = fc
        .record({ type: fc.nat(4), name: fc.uint8Array({ maxLength: 10 }), field: fc.uint8Array({ maxLength: 15 }) })
        .map(({ type, name, field }) => {
          const packet = Buffer.alloc(27)
          packet[0] = type
          packet.set(name, 1)
          packet.set(type === 3 ? Buffer.from('LOGOUT') : type === 4 ? Buffer.from('All') : field, 11)
          packet[26] = 15
          return packet
        })
      fc.assert(
        fc.property(nearly, packet => {
          let request: ClassicRequest
          try {
            request = decodeRequest(packet)
          } catch {
            return
          }
          if (Object.values(request).includes(undefined)) return
          assert.equal(hex(encodeRequest(request)), hex(packet))
        }),
      )
    })
  })
})
