import assert from 'node:assert/strict'
import { create, type DescFile, type DescMessage, fromBinary, type Message, toBinary } from '@bufbuild/protobuf'
import fc from 'fast-check'
import { limits } from '../../../../daemon/src/limits.ts'
import * as accountRows from '../../../../daemon/src/protocol/account_rows_pb.ts'
import * as classicRows from '../../../../daemon/src/protocol/classic_rows_pb.ts'
import { decoder, encoder } from '../../../../daemon/src/protocol/codec.ts'
import * as hubRows from '../../../../daemon/src/protocol/hub_rows_pb.ts'
import * as opaque from '../../../../daemon/src/protocol/opaque_pb.ts'
import * as parley from '../../../../daemon/src/protocol/parley_pb.ts'
import {
  AttestationSchema,
  BodySchema,
  EventSchema,
  FrameSchema,
  HaveSchema,
  HeaderSchema,
  RegistryHelloSchema,
  RosterSchema,
  SignedSchema,
} from '../../../../daemon/src/protocol/parley_pb.ts'
import * as registryRows from '../../../../daemon/src/protocol/registry_rows_pb.ts'
import { orRefused, refusal } from '../../../support/errors.ts'

const readFrame = decoder(FrameSchema)
const readHave = decoder(HaveSchema)

/** One length-delimited field. */
function field(number: number, content: Uint8Array): Buffer {
  const length: number[] = []
  let left = content.length
  for (; left > 127; left >>>= 7) length.push((left & 127) | 128)
  return Buffer.concat([Buffer.of((number << 3) | 2, ...length, left), content])
}

describe('a decoder', () => {
  it('throws nothing but a refusal, whatever the bytes', () => {
    const schemas = [FrameSchema, HeaderSchema, AttestationSchema, RosterSchema, BodySchema]
    for (const schema of schemas) {
      const decode = decoder(schema)
      fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), bytes => void orRefused(() => decode(bytes))))
    }
  })

  it('accepts what the library writes, cut anywhere or mauled anywhere it decodes or refuses', () => {
    const have = create(HaveSchema, {
      conversation: new Uint8Array(32),
      heads: [{ device: new Uint8Array(32), seq: 300n, hash: new Uint8Array(32), floor: true }],
      epoch: 2n ** 64n - 1n,
      full: true,
    })
    const bytes = toBinary(HaveSchema, have)
    assert.deepEqual(readHave(bytes), have)
    const change = fc.tuple(fc.nat(bytes.length - 1), fc.nat(255), fc.nat(bytes.length))
    fc.assert(
      fc.property(change, ([at, value, end]) => {
        const mauled = new Uint8Array(bytes)
        mauled[at] = value
        orRefused(() => readHave(mauled.subarray(0, end)))
      }),
      { numRuns: 1000 },
    )
  })

  it('keeps unknown fields, at the top and inside, and writes them again', () => {
    const unknown = field(15, Buffer.from('later'))
    const bytes = Buffer.concat([field(2, Buffer.concat([field(3, Buffer.alloc(32)), unknown])), unknown])
    assert.deepEqual(Buffer.from(toBinary(HaveSchema, readHave(bytes))), bytes)
  })

  it('refuses groups, however deep: they are the only nesting that a schema does not bound', () => {
    refusal(() => readFrame(Buffer.alloc(1_000_000, 0x7b)), 'bad-frame')
    refusal(() => readFrame(Buffer.of(0x7b, 0x7c)), 'bad-frame')
  })

  it('follows no nesting in unknown fields: a bomb of a hundred thousand bytes is carried as it is', () => {
    const level = (inner: Buffer) => field(15, inner)
    let bomb: Buffer = Buffer.alloc(0)
    while (bomb.length < 100_000) bomb = level(Buffer.concat([bomb, Buffer.alloc(bomb.length > 1000 ? 5000 : 1)]))
    assert.equal(readFrame(bomb).is.case, undefined)
  })

  it('refuses many tiny fields before it builds them', () => {
    const tiny = Buffer.alloc(2 * (limits.fields + 1))
    for (let at = 0; at < tiny.length; at += 2) tiny[at] = 0x12 // an empty Head
    refusal(() => readHave(tiny), 'bad-frame')
    assert.equal(readHave(tiny.subarray(0, 2 * limits.fields)).heads.length, limits.fields)
    refusal(() => decoder(RegistryHelloSchema)(field(1, Buffer.alloc(limits.fields + 1))), 'bad-frame')
  })

  it('refuses a field of another wire type than the schema says', () => {
    refusal(() => readHave(Buffer.of(0x08, 1)), 'bad-frame') // conversation as a number
    refusal(() => readHave(Buffer.of(0x1a, 0)), 'bad-frame') // epoch as bytes
  })

  it('accepts repeated numbers packed and one by one', () => {
    const decode = decoder(RegistryHelloSchema)
    assert.deepEqual(decode(Buffer.of(0x0a, 3, 1, 0xac, 2)).versions, [1, 300])
    assert.deepEqual(decode(Buffer.of(0x08, 1, 0x08, 2)).versions, [1, 2])
  })

  it('refuses lengths and nested messages that reach past their end', () => {
    refusal(() => readHave(Buffer.of(0x0a, 5, 1)), 'bad-frame')
    refusal(() => readHave(Buffer.of(0x0a, 0xff, 0xff, 0xff, 0xff, 0x0f)), 'bad-frame')
    // A Head of 2 bytes whose field says 4: the library would read on into what follows the Head.
    refusal(() => readHave(Buffer.of(0x12, 2, 0x0a, 4, 0, 0, 0, 0)), 'bad-frame')
  })

  it('refuses endless numbers and impossible field numbers', () => {
    refusal(() => readHave(Buffer.concat([Buffer.of(0x18), Buffer.alloc(11, 0x80)])), 'bad-frame')
    refusal(() => readHave(Buffer.of(0x00, 0)), 'bad-frame')
    refusal(() => readHave(Buffer.alloc(6, 0xff)), 'bad-frame')
  })

  it('refuses text that is not UTF-8', () => {
    refusal(() => decoder(AttestationSchema)(field(3, Buffer.of(0xc3))), 'bad-frame')
  })
})

/** Any message of a type, as the library makes it. */
function anyMessage(schema: DescMessage, depth = 2): fc.Arbitrary<Message> {
  const bytes = fc.uint8Array({ maxLength: 300 }).map(value => new Uint8Array(value))
  const scalars = {
    uint32: fc.oneof(fc.constantFrom(0, 127, 128, 2 ** 32 - 1), fc.nat()),
    uint64: fc.oneof(
      fc.constantFrom(0n, 2n ** 53n, 2n ** 56n, 2n ** 64n - 1n),
      fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
    ),
    double: fc.double(),
    bool: fc.boolean(),
    string: fc.oneof(
      fc.string({ unit: 'binary', maxLength: 200 }),
      fc.string({ unit: 'binary-ascii', maxLength: 200 }),
    ),
  }
  const anyValue = ({ message, scalar }: DescMessage['fields'][number]): fc.Arbitrary<unknown> => {
    if (message) return anyMessage(message, depth - 1)
    const names = { 13: 'uint32', 4: 'uint64', 6: 'uint64', 1: 'double', 8: 'bool', 9: 'string' } as const
    const name = names[scalar as keyof typeof names]
    return name ? scalars[name] : bytes
  }
  const fields = schema.fields.filter(({ message }) => depth > 0 || message === undefined)
  const plain = fields.filter(({ oneof }) => oneof === undefined || oneof === null)
  const plainValues = Object.fromEntries(
    plain.map(field => [
      field.localName,
      field.fieldKind === 'list' ? fc.array(anyValue(field), { maxLength: 3 }) : anyValue(field),
    ]),
  )
  const cases = Object.fromEntries(
    schema.oneofs.map(oneof => {
      const members = fields.filter(field => field.oneof === oneof)
      const each = members.map(field => fc.record({ case: fc.constant(field.localName), value: anyValue(field) }))
      return [oneof.localName, fc.oneof(fc.constant({ case: undefined }), ...each)]
    }),
  )
  const all = fc.record({ ...plainValues, ...cases }, { requiredKeys: schema.oneofs.map(({ localName }) => localName) })
  return all.map(init => create(schema, init as never))
}

describe('every message of ours', () => {
  const files = [parley, hubRows, registryRows, accountRows, classicRows, opaque].flatMap(each =>
    Object.entries(each).flatMap(([name, value]) => (name.startsWith('file_') ? [value as DescFile] : [])),
  )
  for (const { messages, name } of files) {
    it(`is written and read as the library does: ${name}`, () => {
      for (const schema of messages) {
        const write = encoder(schema)
        const read = decoder(schema)
        const holds = (message: Message) => {
          const bytes = write(message)
          assert.deepEqual(Buffer.from(bytes), Buffer.from(toBinary(schema, message)))
          assert.deepEqual(read(bytes), fromBinary(schema, bytes))
        }
        fc.assert(fc.property(anyMessage(schema), holds), { numRuns: 10 })
      }
    })
  }

  it('is one message when it comes in parts, and keeps what nobody knows where it was', () => {
    const one = toBinary(
      EventSchema,
      create(EventSchema, { is: { case: 'have', value: create(HaveSchema, { epoch: 1n }) } }),
    )
    const other = toBinary(
      EventSchema,
      create(EventSchema, { is: { case: 'have', value: create(HaveSchema, { full: true }) } }),
    )
    const bytes = Buffer.concat([one, field(1000, Buffer.from('later')), other, Buffer.of(0xf8, 0x7c, 5)])
    const found = decoder(EventSchema)(bytes)
    assert.deepEqual(found, fromBinary(EventSchema, bytes))
    assert.deepEqual(Buffer.from(encoder(EventSchema)(found)), Buffer.from(toBinary(EventSchema, found)))
  })

  it('is not written with a number that its field cannot hold', () => {
    assert.throws(() => encoder(HaveSchema)(create(HaveSchema, { epoch: -1n })), RangeError)
    assert.throws(() => encoder(HaveSchema)(create(HaveSchema, { epoch: 2n ** 64n })), RangeError)
    assert.throws(() => encoder(SignedSchema)(create(SignedSchema, { alg: 2 ** 32 })), RangeError)
    assert.throws(() => encoder(SignedSchema)(create(SignedSchema, { alg: 0.5 })), RangeError)
  })
})
