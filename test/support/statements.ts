import type { KeyObject } from 'node:crypto'
import { randomBytes } from 'node:crypto'
import {
  type DeviceId,
  deviceId,
  type RegistryId,
  registryId,
  type UserId,
  userId,
} from '../../daemon/src/protocol/ids.ts'
import { generateKeyPair, idOfKey, publicKeyOf } from '../../daemon/src/protocol/keys.ts'
import type { Signed } from '../../daemon/src/protocol/parley_pb.ts'
import type { Attestation, Roster } from '../../daemon/src/protocol/statements.ts'
import { issueAttestation, signRoster } from '../../daemon/src/protocol/statements.ts'

export interface TestKey {
  readonly privateKey: KeyObject
  readonly publicKey: KeyObject
  readonly spki: Uint8Array
}

export function makeKey(): TestKey {
  const { privateKey, spki } = generateKeyPair()
  return { privateKey, publicKey: publicKeyOf(spki), spki }
}

export interface TestRegistry extends TestKey {
  readonly id: RegistryId
}

export function makeRegistry(): TestRegistry {
  const key = makeKey()
  return { ...key, id: registryId(idOfKey(key.spki)) }
}

/** A user with one device, and what the registry and the account key say of them. */
export interface TestPerson {
  readonly user: UserId
  readonly name: string
  readonly account: TestKey
  readonly device: TestKey & { readonly id: DeviceId }
  readonly attestation: Attestation
  readonly roster: Omit<Roster, 'devices'> & { devices: { key: Uint8Array; name: string; added: number }[] }
  attest(changes?: Partial<Attestation>, by?: KeyObject): Signed
  listDevices(changes?: Partial<Roster>, by?: KeyObject): Signed
}

const hour = 3600_000

export function makePerson(registry: TestRegistry, name: string, now: number): TestPerson {
  const account = makeKey()
  const deviceKey = makeKey()
  const user = userId(randomBytes(16))
  const attestation: Attestation = {
    registry: registry.id,
    user,
    name,
    displayName: name,
    accountKey: account.spki,
    generation: 1,
    denied: new Set(),
    issued: now - hour,
    expires: now + hour,
  }
  const devices = [{ key: deviceKey.spki, name: `${name}'s laptop`, added: now }]
  const roster = { registry: registry.id, user, generation: 1, version: 1, devices, revoked: new Set<DeviceId>() }
  return {
    user,
    name,
    account,
    device: { ...deviceKey, id: deviceId(idOfKey(deviceKey.spki)) },
    attestation,
    roster,
    attest: (changes = {}, by = registry.privateKey) => issueAttestation({ ...attestation, ...changes }, by),
    listDevices: (changes = {}, by = account.privateKey) => signRoster({ ...roster, ...changes }, by),
  }
}
