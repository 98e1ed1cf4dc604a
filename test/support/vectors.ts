import { createECDH, createHash, createPrivateKey, type KeyObject } from 'node:crypto'
import { create, fromJson, type JsonValue, toBinary, toJson } from '@bufbuild/protobuf'
import { editorLink, formatParleyLink } from '../../daemon/src/protocol/addresses.ts'
import { encodeText } from '../../daemon/src/protocol/bodies.ts'
import { timeOf } from '../../daemon/src/protocol/clock.ts'
import { encodeFrame } from '../../daemon/src/protocol/frames.ts'
import {
  classicConversationId,
  classicUserId,
  deviceId,
  directConversationId,
  fromText,
  messageId,
  registryId,
  toText,
  userId,
} from '../../daemon/src/protocol/ids.ts'
import { idOfKey, spkiOf } from '../../daemon/src/protocol/keys.ts'
import { FrameSchema, HeaderSchema, type Signed } from '../../daemon/src/protocol/parley_pb.ts'
import { deviceDigits, safetyNumber } from '../../daemon/src/protocol/safety-number.ts'
import { encodeOpaqueFinish, signInBinding, signInMac } from '../../daemon/src/protocol/sign-in-binding.ts'
import { hashOf, type SignedKind, sign } from '../../daemon/src/protocol/signed.ts'
import { issueAttestation, signRoster } from '../../daemon/src/protocol/statements.ts'

/**
 * What test/vectors holds, by file. Everything but the signatures is the same each time: ECDSA signatures are
 * randomised, so those in the files are examples that must verify. Bytes are hex.
 */
export function makeVectors(): Record<string, object> {
  return {
    'ids.json': ids(),
    'signed.json': signed(),
    'entries.json': entries(),
    'frames.json': frames(),
    'links.json': links(),
    'sign-in.json': signIn(),
    'safety-numbers.json': safetyNumbers(),
  }
}

const about = 'Golden vectors of docs/reference/wire.md. Bytes are hex.'
const keyNames = ['registry', 'ann account', 'ann device', 'bob account', 'bob device'] as const

/** A key for tests only: its private scalar is the SHA-256 of its name. */
export function keyOf(name: (typeof keyNames)[number] | 'mailbox'): {
  privateKey: KeyObject
  spki: Uint8Array
  scalar: Buffer
} {
  const scalar = createHash('sha256').update(`parley vector: ${name}`).digest()
  const ecdh = createECDH('prime256v1')
  ecdh.setPrivateKey(scalar)
  const point = ecdh.getPublicKey()
  const text = (bytes: Buffer) => bytes.toString('base64url')
  const jwk = { kty: 'EC', crv: 'P-256', d: text(scalar), x: text(point.subarray(1, 33)), y: text(point.subarray(33)) }
  const privateKey = createPrivateKey({ key: jwk, format: 'jwk' })
  return { privateKey, spki: spkiOf(privateKey), scalar }
}

function deviceNamed(name: 'ann device' | 'bob device') {
  const key = keyOf(name)
  const id = idOfKey(key.spki)
  return { ...key, id, device: deviceId(id) }
}

const registryKey = keyOf('registry')
const annAccount = keyOf('ann account')
export const annDevice = deviceNamed('ann device')
export const bobDevice = deviceNamed('bob device')
const registry = registryId(idOfKey(registryKey.spki))
const device = deviceId(idOfKey(annDevice.spki))
const ann = userId(Buffer.from('000102030405060708090a0b0c0d0e0f', 'hex'))
const bob = userId(Buffer.from('f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff', 'hex'))
const conversation = directConversationId(registry, ann, bob)
const now = 1_800_000_000_000
export const vectorTime = now
export const vectorConversation = fromText(conversation)

function ids(): object {
  const keys = keyNames.map(name => {
    const { spki, scalar } = keyOf(name)
    return { name, private: hex(scalar), spki: hex(spki), id: hex(idOfKey(spki)), text: toText(idOfKey(spki)) }
  })
  const texts = ['', '00', 'ff', '666f6f', '000102030405060708090a0b0c0d0e0f', 'ff'.repeat(32)].map(bytes => {
    return { bytes, text: toText(Buffer.from(bytes, 'hex')) }
  })
  const direct = {
    registry: idHex(registry),
    users: [idHex(bob), idHex(ann)],
    id: idHex(conversation),
    text: conversation,
  }
  const [ip, name] = ['192.0.2.7', 'Bob']
  const classic = { ip, name, user: idHex(classicUserId(name)), id: idHex(classicConversationId(ip, name)) }
  return { about, keys, texts, direct, classic }
}

function signed(): object {
  const attestation = issueAttestation(
    {
      registry,
      user: ann,
      name: 'ann',
      displayName: 'Ann Ångström',
      accountKey: annAccount.spki,
      generation: 1,
      denied: new Set([deviceId(new Uint8Array(32).fill(5))]),
      issued: now,
      expires: now + 7 * 24 * 3600_000,
    },
    registryKey.privateKey,
  )
  const devices = [{ key: annDevice.spki, name: 'laptop', added: now }]
  const roster = signRoster(
    { registry, user: ann, generation: 1, version: 1, devices, revoked: new Set() },
    annAccount.privateKey,
  )
  const bare = (['mark', 'mailbox-key', 'notice'] as const).map(kind => {
    return vectorOf(kind, 'ann device', sign(kind, Buffer.from('any payload'), annDevice.privateKey))
  })
  return {
    about,
    signed: [vectorOf('attestation', 'registry', attestation), vectorOf('roster', 'ann account', roster), ...bare],
  }
}

function vectorOf(kind: SignedKind, key: (typeof keyNames)[number], { alg, payload, signature }: Signed): object {
  return { kind, key, alg, payload: hex(payload), hash: hex(hashOf(kind, payload)), signature: hex(signature) }
}

function entries(): object {
  const seal = (seq: number, prev: Uint8Array[], text: string) => {
    const salt = Buffer.alloc(16, seq)
    const body = encodeText(messageId(new Uint8Array(16).fill(0x10 + seq)), now + seq, text)
    const bodyHash = createHash('sha256').update(salt).update(body).digest()
    const fields = { conversation: fromText(conversation), device: fromText(device), seq: BigInt(seq), prev, kind: 16 }
    const time = timeOf(now, seq)
    const header = toBinary(HeaderSchema, create(HeaderSchema, { ...fields, time, bodyHash, bodySize: body.length }))
    const { signature } = sign('entry', header, annDevice.privateKey)
    const hash = hashOf('entry', header)
    const shown = { header: hex(header), salt: hex(salt), body: hex(body), signature: hex(signature), alg: 1 }
    return { hash, vector: { seq, time: `${time}`, text, ...shown, hash: hex(hash) } }
  }
  const first = seal(1, [], 'Hello, Bob!')
  const second = seal(2, [first.hash], 'Grüße 👋')
  return { about, key: 'ann device', entries: [first.vector, second.vector] }
}

/** As protobuf's JSON, in which bytes are base64 and 64-bit numbers text. */
const frameExamples: Record<string, JsonValue> = {
  'the hello of a hub to a registry': { id: 1, request: { registryHello: { versions: [1] } } },
  'the welcome of a registry': {
    id: 1,
    reply: {
      registryWelcome: {
        version: 1,
        time: `${now}`,
        team: 'Acme',
        mechanisms: ['opaque'],
        signUp: 'invite',
        heartbeatPort: 5151,
      },
    },
  },
  'a sign-in by the device key': { id: 2, request: { signIn: {} } },
  'a failure': {
    id: 3,
    failure: { code: 'throttled', message: 'Too many guesses. Try again in 4 s.', retryAfter: 4000 },
  },
  'a ping': { id: 4, request: { ping: {} } },
  done: { id: 4, reply: { done: {} } },
  'published addresses': {
    id: 5,
    request: { publishAddresses: { port: 5858, addresses: ['192.0.2.7', '2001:db8::7'] } },
  },
  'a search': { id: 6, request: { search: { query: 'bo', limit: 20 } } },
  'an empty online list': { id: 7, reply: { onlineSnapshot: {} } },
  'a change of the online list': {
    event: {
      onlineChange: {
        number: '1',
        people: [
          { user: '8PHy8/T19vf4+fr7/P3+/w==', name: 'bob', displayName: 'Bob', status: 'online', since: `${now}` },
        ],
      },
    },
  },
  'a sign-in of a device that nobody sits at': { id: 8, request: { signIn: { status: 'away' } } },
  'how a device stands': { id: 9, request: { setStatus: { status: 'busy' } } },
  'a wish for the online list, with somebody who may be offline': {
    id: 10,
    request: { watchOnline: { also: ['8PHy8/T19vf4+fr7/P3+/w=='] } },
  },
  'an online list with that person': {
    id: 10,
    reply: {
      onlineSnapshot: {
        people: [
          { user: '8PHy8/T19vf4+fr7/P3+/w==', name: 'bob', displayName: 'Bob', status: 'offline', since: `${now}` },
        ],
        total: 2,
      },
    },
  },
  'the people behind a name': { id: 11, request: { search: { limit: 100, after: 'ann' } } },
  'what is here of a conversation': {
    event: {
      have: {
        conversation: Buffer.from(fromText(conversation)).toString('base64'),
        heads: [
          {
            device: Buffer.from(fromText(device)).toString('base64'),
            seq: '2',
            hash: Buffer.alloc(32, 7).toString('base64'),
          },
        ],
        full: true,
      },
    },
  },
}

function frames(): object {
  const list = Object.entries(frameExamples).map(([what, example]) => {
    const message = fromJson(FrameSchema, example)
    return { what, message: toJson(FrameSchema, message), bytes: hex(encodeFrame(message)) }
  })
  return { about: `${about} Each frame with its length; "message" is protobuf's JSON of it.`, frames: list }
}

function links(): object {
  const code = new Uint8Array(16).fill(0xa5)
  const invite = formatParleyLink({ host: 'chat.acme.dev', port: 3131, registry, code })
  const list = [
    { link: invite, host: 'chat.acme.dev', port: 3131, registry, code: hex(code) },
    { link: editorLink(invite), host: 'chat.acme.dev', port: 3131, registry, code: hex(code) },
    {
      link: formatParleyLink({ host: '2001:db8::1', port: 4000, registry }),
      host: '2001:db8::1',
      port: 4000,
      registry,
    },
    { link: 'chat.acme.dev', host: 'chat.acme.dev', port: 3131 },
  ]
  return { about, links: list }
}

function signIn(): object {
  const exporter = new Uint8Array(32).fill(1)
  const sessionKey = new Uint8Array(64).fill(2)
  const binding = signInBinding(exporter, fromText(device), fromText(registry))
  const client = signInMac(sessionKey, 'client', binding)
  return {
    about,
    exporter: hex(exporter),
    device: idHex(device),
    registry: idHex(registry),
    binding: hex(binding),
    sessionKey: hex(sessionKey),
    client: hex(client),
    server: hex(signInMac(sessionKey, 'server', binding)),
    finish: 'aabb',
    opaqueFinish: hex(encodeOpaqueFinish(Buffer.from('aabb', 'hex'), client)),
  }
}

export function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex')
}

function idHex(id: string): string {
  return hex(fromText(id))
}

/** Keys as SPKI, ids and digits as text. */
function safetyNumbers(): object {
  const one = { registry, user: ann, accountKey: annAccount.spki }
  const other = { registry, user: bob, accountKey: keyOf('bob account').spki }
  const pending = keyOf('bob device').spki
  const shown = ({ user, accountKey }: typeof one) => ({ user, accountKey: hex(accountKey) })
  return {
    about,
    registry,
    people: [shown(one), shown(other)],
    digits: safetyNumber(one, other),
    pendingDevice: { of: shown(one), key: hex(pending), digits: deviceDigits(one, pending) },
  }
}
