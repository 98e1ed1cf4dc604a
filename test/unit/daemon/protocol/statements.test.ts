import assert from 'node:assert/strict'
import { create, toBinary } from '@bufbuild/protobuf'
import fc from 'fast-check'
import { limits } from '../../../../daemon/src/limits.ts'
import { deviceId, registryId, userId } from '../../../../daemon/src/protocol/ids.ts'
import { idOfKey } from '../../../../daemon/src/protocol/keys.ts'
import {
  AttestationSchema,
  RosterSchema,
  type Signed,
  SignedSchema,
} from '../../../../daemon/src/protocol/parley_pb.ts'
import { sign } from '../../../../daemon/src/protocol/signed.ts'
import {
  isNewerAttestation,
  isNewerRoster,
  readAttestation,
  readRoster,
  refuseOlderRoster,
  rosterDevices,
} from '../../../../daemon/src/protocol/statements.ts'
import { refusal } from '../../../support/errors.ts'
import { makeKey, makePerson, makeRegistry } from '../../../support/statements.ts'

const now = 1_800_000_000_000
const registry = makeRegistry()
const ann = makePerson(registry, 'ann', now)
const otherDevice = deviceId(new Uint8Array(32).fill(5))

const readAnn = (signed: Signed | undefined, at: number | 'any' = now) =>
  readAttestation(signed, { registryKey: registry.spki, registry: registry.id, now: at })
const readAnnsRoster = (signed: Signed | undefined) =>
  readRoster(signed, { accountKey: ann.account.spki, registry: registry.id, user: ann.user, generation: 1 })

/** `signed` with one byte of its payload or signature changed. */
const mauled = (signed: Signed) =>
  fc
    .tuple(fc.nat(signed.payload.length + signed.signature.length - 1), fc.integer({ min: 1, max: 255 }))
    .map(([at, flip]) => {
      const bytes = Buffer.concat([signed.payload, signed.signature])
      bytes[at] = (bytes[at] ?? 0) ^ flip
      const size = signed.payload.length
      return create(SignedSchema, { alg: 1, payload: bytes.subarray(0, size), signature: bytes.subarray(size) })
    })

describe('an attestation', () => {
  it('says who owns an account key, when the registry signed it', () => {
    const denied = new Set([otherDevice])
    assert.deepEqual(readAnn(ann.attest({ denied })), { ...ann.attestation, denied })
  })

  it('of another registry, by its key or its words, is refused', () => {
    const evil = makeRegistry()
    refusal(() => readAnn(ann.attest({}, evil.privateKey)), 'bad-signature')
    refusal(() => readAnn(ann.attest({ registry: evil.id })), 'forged')
    const by = { registryKey: evil.spki, registry: registry.id, now }
    assert.match(refusal(() => readAttestation(ann.attest({}, evil.privateKey), by), 'wrong-key').message, /new link/)
  })

  it('that is missing, or is another kind of statement, is refused', () => {
    refusal(() => readAnn(undefined), 'bad-signature')
    refusal(() => readAnn(create(SignedSchema, {})), 'bad-signature')
    refusal(() => readAnn(ann.listDevices({}, registry.privateKey)), 'bad-signature')
  })

  it('mauled in any byte is refused', () => {
    const signed = ann.attest()
    fc.assert(fc.property(mauled(signed), bad => void refusal(() => readAnn(bad), 'bad-signature')))
  })

  it('counts until it expires, give or take 10 minutes', () => {
    const { issued, expires } = ann.attestation
    readAnn(ann.attest(), expires + limits.clockSkew)
    assert.match(
      refusal(() => readAnn(ann.attest(), expires + limits.clockSkew + 1), 'attestation-expired').message,
      /renew/,
    )
    readAnn(ann.attest(), issued - limits.clockSkew)
    refusal(() => readAnn(ann.attest(), issued - limits.clockSkew - 1), 'clock')
    readAnn(ann.attest(), 'any')
  })

  it('that lives over 7 days, or not at all, is neither issued nor read', () => {
    const { issued } = ann.attestation
    refusal(() => ann.attest({ expires: issued + limits.attestation + 1 }), 'forged')
    refusal(() => ann.attest({ expires: issued }), 'forged')
    const fields = {
      registry: Buffer.from(idOfKey(registry.spki)),
      user: new Uint8Array(16),
      name: 'ann',
      displayName: 'Ann',
      accountKey: ann.account.spki,
      generation: 1,
      issued: 0n,
      expires: 2n ** 63n,
    }
    refusal(
      () =>
        readAnn(
          sign('attestation', toBinary(AttestationSchema, create(AttestationSchema, fields)), registry.privateKey),
        ),
      'forged',
    )
  })

  it('with a name, key or number that cannot be is refused, though it is signed', () => {
    refusal(() => ann.attest({ name: 'Ann' }), 'forged')
    refusal(() => ann.attest({ name: 'all' }), 'bad-name')
    refusal(() => ann.attest({ displayName: 'a\u202eb' }), 'bad-name')
    refusal(() => ann.attest({ displayName: ' Ann' }), 'forged')
    refusal(() => ann.attest({ generation: 0 }), 'forged')
    refusal(() => ann.attest({ accountKey: new Uint8Array(91) }), 'bad-frame')
    refusal(() => readAnn(sign('attestation', Buffer.from('\xff\xff', 'latin1'), registry.privateKey)), 'bad-frame')
  })

  it('counts before another by its account key, then by its date', () => {
    const at = (generation: number, issued: number) => ({ ...ann.attestation, generation, issued })
    assert.ok(isNewerAttestation(at(2, 1), at(1, 9)))
    assert.ok(isNewerAttestation(at(1, 2), at(1, 1)))
    assert.ok(!isNewerAttestation(at(1, 1), at(1, 1)))
  })
})

describe('a roster', () => {
  it('says which devices speak for a user, when the account key signed it', () => {
    const roster = readAnnsRoster(ann.listDevices({ revoked: new Set([otherDevice]) }))
    assert.deepEqual(roster.devices, [{ ...ann.roster.devices[0], id: ann.device.id }])
    assert.deepEqual([...roster.revoked], [otherDevice])
    assert.deepEqual([...rosterDevices(roster)], [[ann.device.id, ann.device.spki]])
  })

  it('by another key, the registry included, is refused', () => {
    refusal(() => readAnnsRoster(ann.listDevices({}, makeKey().privateKey)), 'bad-signature')
    refusal(() => readAnnsRoster(ann.listDevices({}, registry.privateKey)), 'bad-signature')
    refusal(() => readAnnsRoster(undefined), 'bad-signature')
  })

  it('of another user, registry or account key is refused, though it is signed', () => {
    refusal(() => readAnnsRoster(ann.listDevices({ user: userId(new Uint8Array(16)) })), 'forged')
    refusal(() => readAnnsRoster(ann.listDevices({ registry: registryId(new Uint8Array(32)) })), 'forged')
    refusal(() => readAnnsRoster(ann.listDevices({ generation: 2 })), 'forged')
  })

  it('mauled in any byte is refused', () => {
    const signed = ann.listDevices()
    fc.assert(fc.property(mauled(signed), bad => void refusal(() => readAnnsRoster(bad), 'bad-signature')))
  })

  it('that contradicts itself is neither signed nor read', () => {
    const [device] = ann.roster.devices
    assert.ok(device)
    const fields = {
      ...ann.roster,
      registry: Buffer.from(idOfKey(registry.spki)),
      user: new Uint8Array(16),
      version: 1n,
      revoked: [],
    }
    const twice = { ...fields, devices: [device, device].map(each => ({ ...each, added: 0n })) }
    refusal(
      () => readAnnsRoster(sign('roster', toBinary(RosterSchema, create(RosterSchema, twice)), ann.account.privateKey)),
      'forged',
    )
    const none = { ...fields, devices: [] }
    refusal(
      () => readAnnsRoster(sign('roster', toBinary(RosterSchema, create(RosterSchema, none)), ann.account.privateKey)),
      'forged',
    )
    refusal(() => ann.listDevices({ revoked: new Set([ann.device.id]) }), 'forged')
    refusal(() => ann.listDevices({ version: 0 }), 'forged')
  })

  it('with more devices than a frame should carry is refused', () => {
    const keys = Array.from({ length: limits.rosterDevices + 1 }, () => makeKey().spki)
    const devices = keys.map(key => ({ id: deviceId(idOfKey(key)), key, name: 'x', added: 0 }))
    refusal(() => ann.listDevices({ devices }), 'forged')
    const full = ann.listDevices({ devices: devices.slice(1) })
    assert.equal(readAnnsRoster(full).devices.length, limits.rosterDevices)
  })

  it('of a lower version is refused, an equal one and a newer account key are not', () => {
    const at = (generation: number, version: number) => ({ generation, version })
    assert.match(refusal(() => refuseOlderRoster(at(1, 1), at(1, 2)), 'roster-rollback').message, /version 1/)
    refusal(() => refuseOlderRoster(at(1, 9), at(2, 1)), 'roster-rollback')
    refuseOlderRoster(at(1, 2), at(1, 2))
    refuseOlderRoster(at(2, 1), at(1, 9))
    refuseOlderRoster(at(1, 1), undefined)
    assert.ok(isNewerRoster(at(1, 2), at(1, 1)))
  })
})
