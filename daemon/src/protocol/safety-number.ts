import { hash } from 'node:crypto'
import { fromText, type RegistryId, type UserId } from './ids.ts'

/** Whose account key it is. */
export interface KeyOwner {
  readonly registry: RegistryId
  readonly user: UserId
  /** SPKI. */
  readonly accountKey: Uint8Array
}

/**
 * The safety number of two people: 60 digits in twelve groups of five, the same at both ends, which change when either
 * account key does. It is Signal's numeric fingerprint (libsignal, NumericFingerprintGenerator, version 0): for each side
 * 5,200 rounds of SHA-512 over its key and name, of which 30 bytes become 30 digits; the smaller 30 come first. Here a key
 * is the account key's SPKI, and a name the registry id and the user id.
 */
export function safetyNumber(one: KeyOwner, other: KeyOwner): string {
  return grouped([personDigits(one), personDigits(other)].sort().join(''))
}

/**
 * What a person compares before a new device is approved: 30 digits in six groups of five. The key is the account key's
 * SPKI with that of the pending device behind it, so that whoever puts another one in the place of either gives other digits.
 */
export function deviceDigits(owner: KeyOwner, deviceKey: Uint8Array): string {
  return grouped(digitsOf(owner, Buffer.concat([owner.accountKey, deviceKey])))
}

/** Whether two people who look at these digits would call them the same: spaces and dashes do not matter. */
export function sameDigits(a: string, b: string): boolean {
  return onlyDigits(a) === onlyDigits(b)
}

function personDigits(owner: KeyOwner): string {
  return digitsOf(owner, owner.accountKey)
}

const version = new Uint8Array(2)
const rounds = 5_200

function digitsOf({ registry, user }: KeyOwner, key: Uint8Array): string {
  let bytes: Uint8Array = Buffer.concat([version, key, fromText(registry), fromText(user)])
  for (let round = 0; round < rounds; round++) bytes = hash('sha512', Buffer.concat([bytes, key]), 'buffer')
  return [0, 5, 10, 15, 20, 25].map(start => fiveDigits(bytes.subarray(start, start + 5))).join('')
}

function fiveDigits(bytes: Uint8Array): string {
  return String(Number(BigInt(`0x${Buffer.from(bytes).toString('hex')}`) % 100_000n)).padStart(5, '0')
}

function grouped(digits: string): string {
  return digits.replace(/(?<=\d)(?=(\d{5})+$)/g, ' ')
}

function onlyDigits(text: string): string {
  return text.replace(/[\s-]/g, '')
}
