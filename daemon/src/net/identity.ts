import { createPrivateKey, createPublicKey, type KeyObject, randomBytes } from 'node:crypto'
import { constants } from 'node:fs'
import { copyFile, link, lstat, open, readFile, rename, unlink } from 'node:fs/promises'
import path from 'node:path'
import { ParleyError } from '../errors.ts'
import { generateKeyPair, idOfKey, spkiOf } from '../protocol/keys.ts'
import { syncFolder } from '../sync-folder.ts'
import { certificateIn, selfSigned } from './certificate.ts'

/** A key pair that TLS can show: a device's or a registry's. */
export interface Identity {
  readonly privateKey: KeyObject
  /** 91-byte DER SPKI of the public key. */
  readonly spki: Uint8Array
  /** 32 bytes: SHA-256 of `spki`. */
  readonly id: Uint8Array
  /** PEM of the self-signed certificate. */
  readonly certificate: string
  /** PEM (PKCS #8) of the private key. */
  readonly keyPem: string
}

/**
 * An identity of `privateKey` (P-256), or of a new one, with the certificate in `pem` if it has one of this key. Throws
 * ParleyError `wrong-key` for a key of another kind.
 */
export async function createIdentity(
  privateKey: KeyObject = generateKeyPair().privateKey,
  pem = '',
): Promise<Identity> {
  const spki = spkiOf(createPublicKey(privateKey))
  const keyPem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
  const certificate = certificateIn(pem, spki) ?? (await selfSigned(privateKey, spki))
  return { privateKey, spki, id: idOfKey(spki), certificate, keyPem }
}

/**
 * The identity whose private key is in `file` (PEM, with its certificate behind it, readable by its owner alone). Makes it when there is none:
 * of many that do so at once, all get the same. Throws ParleyError `home` when others could read or own the file,
 * `damaged-data` when it holds no P-256 key; the file is then left as it is.
 */
export async function loadOrCreateIdentity(file: string): Promise<Identity> {
  return identityOf(file, (await readKey(file)) ?? (await writeKey(file)))
}

/** The identity in `file`; undefined when there is none. Throws as {@link loadOrCreateIdentity} does. */
export async function loadIdentity(file: string): Promise<Identity | undefined> {
  const pem = await readKey(file)
  return pem === undefined ? undefined : identityOf(file, pem)
}

/** Puts `identity` into `file`, for its owner alone, whole or not at all, in the place of what may be there. */
export async function replaceIdentity(file: string, { keyPem, certificate }: Identity): Promise<void> {
  await writeDraft(file, `${keyPem}${certificate}\n`, draft => rename(draft, file))
}

async function identityOf(file: string, pem: string): Promise<Identity> {
  let key: KeyObject
  try {
    key = createPrivateKey(pem)
  } catch (cause) {
    throw damaged(file, cause)
  }
  if (key.asymmetricKeyType !== 'ec' || key.asymmetricKeyDetails?.namedCurve !== 'prime256v1') throw damaged(file)
  return createIdentity(key, pem)
}

function damaged(file: string, cause?: unknown): ParleyError {
  return new ParleyError(
    'damaged-data',
    `The key file ${file} holds no P-256 private key. Restore it from a backup, or move it away to start as a new device.`,
    { cause },
  )
}

async function readKey(file: string): Promise<string | undefined> {
  const stat = await lstat(file).catch(noFile)
  if (stat === undefined) return undefined
  const fault = !stat.isFile()
    ? 'is not a plain file'
    : process.platform === 'win32'
      ? undefined
      : stat.uid !== process.getuid?.()
        ? 'belongs to another user'
        : (stat.mode & 0o077) !== 0
          ? 'can be read by others; run chmod 600 on it'
          : undefined
  if (fault) throw new ParleyError('home', `The key file ${file} ${fault}. Parley uses no key that others may know.`)
  return readFile(file, 'utf8')
}

/** Writes a new key beside its place, then puts it there whole; if another was quicker, gives that one. */
async function writeKey(file: string): Promise<string> {
  const { keyPem, certificate } = await createIdentity()
  const pem = `${keyPem}${certificate}\n`
  try {
    // A hard link fails when the name is taken, and shows the file only when it is whole; a rename would replace.
    // File systems without hard links get an exclusive copy.
    await writeDraft(file, pem, draft =>
      link(draft, file).catch(error => {
        if (codeOf(error) === 'EEXIST') throw error
        return copyFile(draft, file, constants.COPYFILE_EXCL)
      }),
    )
    return pem
  } catch (error) {
    const other = codeOf(error) === 'EEXIST' ? await readKey(file) : undefined
    if (other === undefined) throw error
    return other
  }
}

/** Writes `pem` beside its place, and lets `put` bring it there. */
async function writeDraft(file: string, pem: string, put: (draft: string) => Promise<void>): Promise<void> {
  const draft = `${file}.${randomBytes(6).toString('hex')}`
  try {
    const handle = await open(draft, 'wx', 0o600)
    try {
      await handle.writeFile(pem)
      await handle.sync()
    } finally {
      await handle.close()
    }
    await put(draft)
    await syncFolder(path.dirname(file))
  } finally {
    await unlink(draft).catch(noFile)
  }
}

function noFile(error: unknown): undefined {
  if (codeOf(error) !== 'ENOENT') throw error
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined
}
