import type { KeyObject } from 'node:crypto'
import { create, toBinary } from '@bufbuild/protobuf'
import { ParleyError } from '../errors.ts'
import { limits } from '../limits.ts'
import { decoder } from './codec.ts'
import {
  type DeviceId,
  deviceId,
  directUserId,
  fromText,
  noRegistry,
  type RegistryId,
  registryId,
  type UserId,
  userId,
} from './ids.ts'
import { asPublicKey, idOfKey, publicKeyOf, spkiOf } from './keys.ts'
import { readDisplayName, readUserName } from './names.ts'
import type { Chain } from './notices.ts'
import { AttestationSchema, DeviceSchema, RosterSchema, type Signed } from './parley_pb.ts'
import { sign, verify } from './signed.ts'

/** What a registry signs: who owns which account key. Times in ms since 1970. */
export interface Attestation {
  readonly registry: RegistryId
  readonly user: UserId
  readonly name: string
  readonly displayName: string
  /** SPKI, 91 bytes. */
  readonly accountKey: Uint8Array
  /** Counts the account keys of the user, from 1. */
  readonly generation: number
  readonly denied: ReadonlySet<DeviceId>
  readonly issued: number
  readonly expires: number
}

/** What an account key signs: which devices speak for a user. */
export interface Roster {
  readonly registry: RegistryId
  readonly user: UserId
  readonly generation: number
  /** Counts the rosters of one account key, from 1. */
  readonly version: number
  readonly devices: readonly RosterDevice[]
  readonly revoked: ReadonlySet<DeviceId>
}

export interface RosterDevice {
  readonly id: DeviceId
  /** SPKI, 91 bytes. */
  readonly key: Uint8Array
  readonly name: string
  /** Ms since 1970. */
  readonly added: number
}

/** Signs an attestation with the registry's key. Throws as {@link readAttestation} would for fields that break its rules. */
export function issueAttestation(fields: Attestation, registryPrivateKey: KeyObject): Signed {
  checkAttestation(fields)
  const payload = create(AttestationSchema, {
    registry: fromText(fields.registry),
    user: fromText(fields.user),
    name: fields.name,
    displayName: fields.displayName,
    accountKey: fields.accountKey,
    generation: fields.generation,
    denied: [...fields.denied].map(fromText),
    issued: BigInt(fields.issued),
    expires: BigInt(fields.expires),
  })
  return sign('attestation', toBinary(AttestationSchema, payload), registryPrivateKey)
}

/**
 * The key of a registry whose first key still speaks, or the chain that leads from it to the present one. `self`: there is
 * no registry, and the account key itself signs: what it says is vouched for by nobody, but that it is that key's.
 */
export type RegistryKeys = KeyObject | Uint8Array | Chain | 'self'

/**
 * Reads an attestation that `registry` must have signed. `now` is the registry's time in ms; `'any'` leaves the dates
 * unjudged, for one that was judged when it was stored. What a former key of the registry has signed before it handed over
 * counts until it expires: whoever has not been back since can still be talked to.
 *
 * Throws `bad-signature` when the key did not sign it, `wrong-key` when the key is not the registry's, `forged` when it
 * says what it must not, `attestation-expired` or `clock` by its dates, `bad-frame` when it is malformed.
 */
export function readAttestation(
  signed: Signed | undefined,
  by: { readonly registryKey: RegistryKeys; readonly registry: RegistryId; readonly now: number | 'any' },
): Attestation {
  const { key, until } = signerOf(signed, by)
  const fields = decodeAttestation(payloadOf(signed, 'attestation', key))
  const attestation: Attestation = {
    registry: registryId(fields.registry),
    user: userId(fields.user),
    name: fields.name,
    displayName: fields.displayName,
    accountKey: new Uint8Array(fields.accountKey),
    generation: fields.generation,
    denied: new Set(fields.denied.map(deviceId)),
    issued: safe(fields.issued),
    expires: safe(fields.expires),
  }
  checkAttestation(attestation)
  if (attestation.registry !== by.registry) throw forged('The attestation speaks of another registry.')
  if (by.registryKey === 'self') checkSelfMade(attestation)
  if (by.now === 'any') return attestation
  checkDates(attestation, by.now)
  if (until !== undefined && attestation.issued > until + limits.clockSkew) {
    throw forged('The attestation was signed by a key that the registry had given up by then.')
  }
  return attestation
}

/** Signs a roster with the account key. Throws as {@link readRoster} would for fields that break its rules. */
export function signRoster(
  fields: Omit<Roster, 'devices'> & { readonly devices: readonly Omit<RosterDevice, 'id'>[] },
  accountPrivateKey: KeyObject,
): Signed {
  checkRoster({ ...fields, devices: fields.devices.map(device => ({ ...device, id: deviceId(idOfKey(device.key)) })) })
  const payload = create(RosterSchema, {
    registry: fromText(fields.registry),
    user: fromText(fields.user),
    generation: fields.generation,
    version: BigInt(fields.version),
    devices: fields.devices.map(({ key, name, added }) => create(DeviceSchema, { key, name, added: BigInt(added) })),
    revoked: [...fields.revoked].map(fromText),
  })
  return sign('roster', toBinary(RosterSchema, payload), accountPrivateKey)
}

/**
 * Reads a roster of `user` that `accountKey`, the user's key number `generation`, must have signed.
 *
 * Throws `bad-signature` when the key did not sign it, `forged` when it says what it must not, `bad-frame` when it is
 * malformed.
 */
export function readRoster(
  signed: Signed | undefined,
  by: {
    readonly accountKey: KeyObject | Uint8Array
    readonly registry: RegistryId
    readonly user: UserId
    readonly generation: number
  },
): Roster {
  const fields = decodeRoster(payloadOf(signed, 'roster', asPublicKey(by.accountKey)))
  const roster: Roster = {
    registry: registryId(fields.registry),
    user: userId(fields.user),
    generation: fields.generation,
    version: safe(fields.version),
    devices: fields.devices.map(({ key, name, added }) => {
      return { id: deviceId(idOfKey(key)), key: new Uint8Array(key), name, added: safe(added) }
    }),
    revoked: new Set(fields.revoked.map(deviceId)),
  }
  checkRoster(roster)
  if (roster.registry !== by.registry) throw forged('The roster speaks of another registry.')
  if (roster.user !== by.user) throw forged('The roster speaks of another user.')
  if (roster.generation !== by.generation) throw forged('The roster belongs to another account key.')
  return roster
}

/** The devices that speak for the user: their keys as SPKI. */
export function rosterDevices(roster: Roster): Map<DeviceId, Uint8Array> {
  return new Map(roster.devices.map(device => [device.id, device.key]))
}

/** Whether `a` counts before `b`, both of one user: the higher account key, then the later issue. */
export function isNewerAttestation(a: Attestation, b: Attestation): boolean {
  return a.generation === b.generation ? a.issued > b.issued : a.generation > b.generation
}

/** Whether `a` counts before `b`, both of one user: the higher account key, then the higher version. */
export function isNewerRoster(
  a: Pick<Roster, 'generation' | 'version'>,
  b: Pick<Roster, 'generation' | 'version'>,
): boolean {
  return a.generation === b.generation ? a.version > b.version : a.generation > b.generation
}

/** Throws `roster-rollback` when `roster` is older than `seen`, the newest roster of that user seen so far. */
export function refuseOlderRoster(
  roster: Pick<Roster, 'generation' | 'version'>,
  seen: Pick<Roster, 'generation' | 'version'> | undefined,
): void {
  if (seen === undefined || !isNewerRoster(seen, roster)) return
  throw new ParleyError(
    'roster-rollback',
    `A list of devices came in version ${roster.version}, though version ${seen.version} is known: an old copy, or someone replays it. Nothing was accepted.`,
  )
}

/** The key of the registry that must have signed this, the present one unless a former one has; and until when it spoke. */
function signerOf(
  signed: Signed | undefined,
  { registryKey, registry }: { readonly registryKey: RegistryKeys; readonly registry: RegistryId },
): { key: KeyObject; until?: number | undefined } {
  if (registryKey === 'self') {
    if (registry !== noRegistry || !signed) throw wrongKey()
    return { key: publicKeyOf(decodeAttestation(signed.payload).accountKey) }
  }
  if ('voices' in registryKey) {
    if (registryKey.registry !== registry) throw wrongKey()
    const former = registryKey.voices.slice(0, -1).reverse()
    const present = publicKeyOf(registryKey.key)
    if (!signed || former.length === 0 || verify('attestation', signed, present)) return { key: present }
    const voice = former.find(({ key }) => verify('attestation', signed, publicKeyOf(key)))
    return voice ? { key: publicKeyOf(voice.key), until: voice.until } : { key: present }
  }
  const key = asPublicKey(registryKey)
  if (registryId(idOfKey(spkiOf(key))) !== registry) throw wrongKey()
  return { key }
}

function wrongKey(): ParleyError {
  return new ParleyError(
    'wrong-key',
    'The key is not the one that this registry is known by. Ask its admin for a new link.',
  )
}

const decodeAttestation = decoder(AttestationSchema)
const decodeRoster = decoder(RosterSchema)

function payloadOf(signed: Signed | undefined, kind: 'attestation' | 'roster', key: KeyObject): Uint8Array {
  if (signed === undefined) throw new ParleyError('bad-signature', `The ${kind} is missing. Nothing was accepted.`)
  if (verify(kind, signed, key)) return signed.payload
  throw new ParleyError(
    'bad-signature',
    `The ${kind} was not signed by the key that must sign it. Nothing was accepted.`,
  )
}

function checkAttestation(attestation: Attestation): void {
  const { name, displayName, accountKey, generation, denied, issued, expires } = attestation
  if (readUserName(name) !== name) throw forged('The name in the attestation is not in lower case.')
  if (readDisplayName(displayName) !== displayName) throw forged('The display name in the attestation is not normal.')
  publicKeyOf(accountKey)
  if (generation < 1) throw forged('The attestation numbers its account key 0.')
  if (denied.size > limits.revokedDevices) throw forged('The attestation denies too many devices.')
  if (expires <= issued || expires - issued > limits.attestation)
    throw forged('The attestation lives too long or not at all.')
}

/** The user id is the key's own, so a key that took another's place would be another person. */
function checkSelfMade({ user, accountKey, generation }: Attestation): void {
  if (user !== directUserId(accountKey)) throw forged('The attestation speaks of a user who has another account key.')
  if (generation !== 1) throw forged('Somebody of no team has one account key for ever.')
}

function checkDates({ issued, expires }: Attestation, now: number): void {
  if (issued > now + limits.clockSkew) {
    throw new ParleyError('clock', 'The attestation is dated in the future. Check the clocks of both computers.')
  }
  if (expires < now - limits.clockSkew) {
    throw new ParleyError(
      'attestation-expired',
      'The attestation has expired. Its owner must connect to the registry to renew it.',
    )
  }
}

function checkRoster(roster: Roster): void {
  const { generation, version, devices, revoked } = roster
  if (generation < 1 || version < 1) throw forged('The roster is numbered 0.')
  if (devices.length < 1 || devices.length > limits.rosterDevices)
    throw forged(`The roster has ${devices.length} devices.`)
  if (revoked.size > limits.revokedDevices) throw forged('The roster revokes too many devices.')
  if (new Set(devices.map(({ id }) => id)).size !== devices.length) throw forged('The roster names a device twice.')
  for (const { id, key, name } of devices) {
    publicKeyOf(key)
    if (revoked.has(id)) throw forged('The roster both has and revokes a device.')
    if (readDisplayName(name) !== name) throw forged('The name of a device in the roster is not normal.')
  }
}

function safe(value: bigint): number {
  if (value <= BigInt(Number.MAX_SAFE_INTEGER)) return Number(value)
  throw forged('A number in a signed statement is impossibly large.')
}

function forged(message: string): ParleyError {
  return new ParleyError('forged', `${message} Nothing was accepted.`)
}
