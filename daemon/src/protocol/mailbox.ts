import { hash, type KeyObject, webcrypto } from 'node:crypto'
import { create, toBinary } from '@bufbuild/protobuf'
import { AEAD_AES_256_GCM, CipherSuite, KDF_HKDF_SHA256, KEM_DHKEM_P256_HKDF_SHA256 } from 'hpke'
import { ParleyError } from '../errors.ts'
import { limits } from '../limits.ts'
import { decoder } from './codec.ts'
import { type DeviceId, deviceId, fromText } from './ids.ts'
import { publicKeyOf, spkiOfPoint } from './keys.ts'
import { type Entries, EntriesSchema, MailboxKeySchema, type Signed } from './parley_pb.ts'
import { sign, verify } from './signed.ts'

/** What a device says of its mailbox: mail for it is sealed to this key. Times in ms since 1970. */
export interface MailboxKey {
  readonly device: DeviceId
  /** 8 random bytes. */
  readonly id: Uint8Array
  /** The uncompressed point, 65 bytes, as HPKE serialises it. */
  readonly key: Uint8Array
  readonly issued: number
  readonly expires: number
}

/** The two halves of a mailbox key as HPKE serialises them: 65 and 32 bytes. */
export interface MailKeyPair {
  readonly publicKey: Uint8Array
  readonly privateKey: Uint8Array
}

/** Between whom an item passes. */
export interface MailRoute {
  /** The device that deposits it. */
  readonly from: DeviceId
  /** The device that it is for. */
  readonly device: DeviceId
}

/** An item as it stands at the registry, taken apart but not opened. */
export interface Envelope {
  /** The mailbox key that opens it. */
  readonly keyId: Uint8Array
  readonly encapsulated: Uint8Array
  readonly ciphertext: Uint8Array
}

/** Signs a mailbox key by the device that it belongs to. @throws ParleyError as {@link readMailboxKey} would */
export function signMailboxKey(fields: MailboxKey, devicePrivateKey: KeyObject): Signed {
  checkMailboxKey(fields)
  const { device, id, key, issued, expires } = fields
  const payload = create(MailboxKeySchema, {
    device: fromText(device),
    id: new Uint8Array(id),
    key: new Uint8Array(key),
    issued: BigInt(issued),
    expires: BigInt(expires),
  })
  return sign('mailbox-key', toBinary(MailboxKeySchema, payload), devicePrivateKey)
}

/**
 * Reads the mailbox key of a device, which that device's own key must have signed. Its dates are not judged: see
 * {@link isInUse}.
 * @throws ParleyError `bad-signature`, `forged` when it says what it must not, `bad-frame`
 */
export function readMailboxKey(
  signed: Signed | undefined,
  by: {
    readonly device: DeviceId
    /** SPKI of the device, as the roster has it. */
    readonly deviceKey: Uint8Array
  },
): MailboxKey {
  if (!signed || !verify('mailbox-key', signed, publicKeyOf(by.deviceKey))) {
    throw new ParleyError('bad-signature', 'A mailbox key was not signed by its device. Nothing was accepted.')
  }
  const fields = decodeMailboxKey(signed.payload)
  const read = {
    device: deviceId(fields.device),
    id: new Uint8Array(fields.id),
    key: new Uint8Array(fields.key),
    issued: safe(fields.issued),
    expires: safe(fields.expires),
  }
  checkMailboxKey(read)
  if (read.device === by.device) return read
  throw forged('A mailbox key speaks of another device.')
}

/** Whether mail may be sealed to that key at `now`, in ms of synchronised time. */
export function isInUse({ issued, expires }: MailboxKey, now: number): boolean {
  return issued <= now + limits.clockSkew && now < expires
}

/** A new pair of keys for a mailbox. */
export async function makeMailKeys(): Promise<MailKeyPair> {
  const suite = suiteOf()
  const { publicKey, privateKey } = await suite.GenerateKeyPair(true)
  return {
    publicKey: await suite.SerializePublicKey(publicKey),
    privateKey: await suite.SerializePrivateKey(privateKey),
  }
}

/**
 * Seals entries for a device that is not there: HPKE (RFC 9180) in base mode, bound to who sends and who receives. The same
 * entries for the same device have the same id, so that a deposit may be repeated.
 * @throws ParleyError `bad-message` when they are larger than `limits.mailEntries`, `bad-frame` for a key that is none
 */
export async function sealMail(
  entries: Entries,
  to: MailRoute & { readonly key: Pick<MailboxKey, 'id' | 'key'> },
): Promise<{ readonly id: Uint8Array<ArrayBuffer>; readonly sealed: Uint8Array<ArrayBuffer> }> {
  const content = toBinary(EntriesSchema, entries)
  if (content.length > limits.mailEntries) {
    throw new ParleyError('bad-message', `An item of mail takes ${limits.mailEntries} bytes, not ${content.length}.`)
  }
  const suite = suiteOf()
  const { id: keyId, key } = to.key
  const publicKey = await suite.DeserializePublicKey(key).catch(cause => {
    throw new ParleyError('bad-frame', 'A mailbox key is not a point of the curve P-256.', { cause })
  })
  const { encapsulatedSecret, ciphertext } = await suite.Seal(publicKey, padded(content), {
    info,
    aad: boundTo(to, keyId),
  })
  const id = hash('sha256', Buffer.concat([idPrefix, fromText(to.device), content]), 'buffer').subarray(0, itemIdSize)
  const sealed = Buffer.concat([head, keyId, encapsulatedSecret, ciphertext])
  return { id: new Uint8Array(id), sealed: new Uint8Array(sealed) }
}

/** Whether an item has one of the sizes that items have: 256 · 2ⁿ bytes, up to `limits.mailItem`. */
export function isMailSize(size: number): boolean {
  return size >= limits.mailSmallest && size <= limits.mailItem && (size & (size - 1)) === 0
}

/**
 * Takes an item apart without opening it.
 * @throws ParleyError `bad-frame` for one of another size, `unsupported` for another version or another way of sealing
 */
export function readEnvelope(sealed: Uint8Array): Envelope {
  if (!isMailSize(sealed.length)) {
    throw new ParleyError('bad-frame', `An item of mail has 256, 512, … bytes up to 128 KiB, not ${sealed.length}.`)
  }
  if (!head.equals(sealed.subarray(0, head.length))) {
    throw new ParleyError('unsupported', 'Mail was sealed in a way that this version does not know. Update Parley.')
  }
  const part = (from: number, size: number) => sealed.slice(from, from + size)
  return {
    keyId: part(head.length, keyIdSize),
    encapsulated: part(head.length + keyIdSize, pointSize),
    ciphertext: sealed.slice(head.length + keyIdSize + pointSize),
  }
}

/**
 * The entries of an item, opened with the keys that its envelope names.
 * @throws ParleyError `forged` when it was sealed to another key, for other devices, or altered; `bad-frame` when what is
 * inside is no entries
 */
export async function openMail(
  { keyId, encapsulated, ciphertext }: Envelope,
  by: MailRoute & { readonly keys: MailKeyPair },
): Promise<Entries> {
  const opened = await open(encapsulated, ciphertext, boundTo(by, keyId), by.keys)
  return decodeEntries(unpadded(opened))
}

async function open(
  encapsulated: Uint8Array,
  ciphertext: Uint8Array,
  aad: Uint8Array,
  keys: MailKeyPair,
): Promise<Uint8Array> {
  try {
    const suite = suiteOf()
    const publicKey = await suite.DeserializePublicKey(keys.publicKey)
    return await suite.Open({ publicKey, privateKey: await privateKeyOf(keys) }, encapsulated, ciphertext, {
      info,
      aad,
    })
  } catch (cause) {
    throw new ParleyError(
      'forged',
      'Mail could not be opened: it was altered, or is not from the one to the other as it says. Nothing was accepted.',
      { cause },
    )
  }
}

const info = Buffer.from('parley/mailbox/1')
const idPrefix = Buffer.from('parley/mail/1\0')
const version = 1
/** Version, then the ids of RFC 9180, section 7: DHKEM(P-256, HKDF-SHA256), HKDF-SHA256, AES-256-GCM. */
const head = Buffer.from([version, 0x00, 0x10, 0x00, 0x01, 0x00, 0x02])
const keyIdSize = 8
const pointSize = 65
const tagSize = 16
const lengthSize = 4
const itemIdSize = 16
const outside = head.length + keyIdSize + pointSize + tagSize

const decodeMailboxKey = decoder(MailboxKeySchema)
const decodeEntries = decoder(EntriesSchema)

function suiteOf(): CipherSuite {
  return new CipherSuite(KEM_DHKEM_P256_HKDF_SHA256, KDF_HKDF_SHA256, AEAD_AES_256_GCM)
}

/** As JWK: hpke's own reading of the 32 bytes asks Node for a public key that is here, in a way that it warns of. */
function privateKeyOf({ publicKey, privateKey }: MailKeyPair): Promise<webcrypto.CryptoKey> {
  const text = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64url')
  const [x, y] = [publicKey.subarray(1, 33), publicKey.subarray(33)].map(text)
  const key = { kty: 'EC', crv: 'P-256', d: text(privateKey), ...(x && y && { x, y }) }
  return webcrypto.subtle.importKey('jwk', key, { name: 'ECDH', namedCurve: 'P-256' }, false, ['deriveBits'])
}

/** What an item is bound to beside its key: the sender, the receiver and the name of the key. */
function boundTo({ from, device }: MailRoute, keyId: Uint8Array): Uint8Array {
  return Buffer.concat([fromText(from), fromText(device), keyId])
}

/** The length in 4 bytes, big-endian, the content, and zeros up to the next size that items have. */
function padded(content: Uint8Array): Uint8Array {
  let size: number = limits.mailSmallest
  while (size < outside + lengthSize + content.length) size *= 2
  const plain = Buffer.alloc(size - outside)
  plain.writeUInt32BE(content.length)
  plain.set(content, lengthSize)
  return plain
}

function unpadded(plain: Uint8Array): Uint8Array {
  const bytes = Buffer.from(plain)
  const end = bytes.length < lengthSize ? Number.NaN : lengthSize + bytes.readUInt32BE()
  if (end <= bytes.length && bytes.subarray(end).every(byte => byte === 0))
    return new Uint8Array(bytes.subarray(lengthSize, end))
  throw new ParleyError('bad-frame', 'What is inside an item of mail is not filled up as it must be.')
}

function checkMailboxKey({ id, key, issued, expires }: MailboxKey): void {
  if (id.length !== keyIdSize) throw forged(`The id of a mailbox key has ${keyIdSize} bytes, not ${id.length}.`)
  spkiOfPoint(key)
  if (expires <= issued || expires - issued > limits.mailboxKeyLife)
    throw forged('A mailbox key lives too long or not at all.')
}

function safe(value: bigint): number {
  if (value <= BigInt(Number.MAX_SAFE_INTEGER)) return Number(value)
  throw forged('A time in a mailbox key is impossible.')
}

function forged(message: string): ParleyError {
  return new ParleyError('forged', `${message} Nothing was accepted.`)
}
