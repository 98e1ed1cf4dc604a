import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import { closeSync, fsyncSync, linkSync, lstatSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs'
import { dirname } from 'node:path'
import type { Storage } from '@parley/kit'
import { ParleyError } from '../errors.ts'
import { limits } from '../limits.ts'
import { ensureFolder } from '../locations.ts'
import { fromText } from '../protocol/ids.ts'

/** The environment variable that may hold the key instead of a file: 32 bytes in base32. */
const variable = 'PARLEY_REGISTRY_KEY'

/** The one that may name its file, such as a credential of systemd: whoever does so answers for who may read it. */
const fileVariable = 'PARLEY_REGISTRY_KEY_FILE'

/** Whether the row `key` is sealed: the registry's own keys, and the secrets of plugins. */
export function isSealed(key: string): boolean {
  return /^(registry\/key|secret\/)/.test(key)
}

/**
 * Secrets as rows of storage, each sealed with AES-256-GCM: 12 random bytes of nonce, the sealed bytes, 16 of tag; the
 * row's key is additional data, so that rows cannot be exchanged for one another. The sealing key never is in storage:
 * storage and this key together make a registry.
 */
export class SecretBox {
  readonly #file: string
  readonly #given: string | undefined
  /** Whether the file is named by the environment: then it is there, and is not made. */
  readonly #isNamed: boolean
  #key: Uint8Array | undefined

  private constructor(file: string, { given, named }: { given: string | undefined; named: string | undefined }) {
    this.#file = named || file
    this.#isNamed = Boolean(named)
    this.#given = given
  }

  /**
   * A box whose key is in `file` (32 bytes, its owner's alone), in PARLEY_REGISTRY_KEY or in the file that
   * PARLEY_REGISTRY_KEY_FILE names. It is read when the first secret is asked for, and made when there is neither a key
   * nor anything sealed.
   */
  static open(file: string, env: NodeJS.ProcessEnv = process.env): SecretBox {
    return new SecretBox(file, { given: env[variable], named: env[fileVariable] })
  }

  /**
   * The secret in the row `key`, if there is one.
   * @throws ParleyError `home` when the sealing key is missing or unusable, `damaged-data` when it does not open the row
   */
  async get(storage: Storage, key: string): Promise<Uint8Array | undefined> {
    const [sealed] = await storage.get([key])
    return sealed && this.#unseal(sealed, key)
  }

  /** The secret in the row `key`; the first caller's `make` makes it, whoever asks at the same time. */
  async getOrCreate(storage: Storage, key: string, make: () => Uint8Array): Promise<Uint8Array> {
    const found = await this.get(storage, key)
    if (found) return found
    const secret = Uint8Array.from(make())
    if (secret.length > limits.secret) {
      throw new ParleyError(
        'storage',
        `The secret ${key} is ${secret.length} bytes; at most ${limits.secret} are kept.`,
      )
    }
    const changes = [
      { check: key, is: undefined },
      { put: key, value: this.#seal(secret, key) },
    ]
    if ((await storage.write(changes)) === 'committed') return secret
    const first = await this.get(storage, key)
    if (first) return first
    throw new ParleyError('storage', `The secret ${key} vanished while it was made; start Parley again.`)
  }

  /**
   * What is sealed in the bytes of a row, wherever they come from.
   * @throws ParleyError as {@link get}
   */
  unseal(row: string, sealed: Uint8Array): Uint8Array {
    return this.#unseal(sealed, row)
  }

  /**
   * Keeps the key in a file of its own, unless it comes from the environment.
   * @throws ParleyError `home` when another key is there, or the file cannot be made
   */
  keepIn(file: string): void {
    if (this.#given !== undefined || this.#isNamed || this.#file === file) return
    const key = this.#readKey()
    if (!key) return
    const there = readKeyFile(file)
    if (!there) createKey(file, key)
    else if (Buffer.compare(there, key) !== 0)
      throw unusable(file, 'is the key of another registry; it was left as it is')
  }

  #seal(secret: Uint8Array, row: string): Uint8Array {
    this.#key ??= this.#readKey() ?? createKey(this.#file)
    const nonce = randomBytes(12)
    const cipher = createCipheriv('aes-256-gcm', this.#key, nonce).setAAD(Buffer.from(row))
    return Buffer.concat([nonce, cipher.update(secret), cipher.final(), cipher.getAuthTag()])
  }

  #unseal(sealed: Uint8Array, row: string): Uint8Array {
    this.#key ??= this.#readKey()
    if (this.#key === undefined) {
      throw new ParleyError(
        'home',
        `${this.#file} is missing, and storage holds secrets sealed with it; restore it from a backup.`,
      )
    }
    try {
      const decipher = createDecipheriv('aes-256-gcm', this.#key, sealed.subarray(0, 12), { authTagLength: 16 })
      decipher.setAAD(Buffer.from(row)).setAuthTag(sealed.subarray(-16))
      return Uint8Array.from(Buffer.concat([decipher.update(sealed.subarray(12, -16)), decipher.final()]))
    } catch (cause) {
      const where = this.#given === undefined ? this.#file : variable
      throw new ParleyError(
        'damaged-data',
        `The key in ${where} does not open the secret ${row} in storage; restore the key that belongs to this storage.`,
        { cause },
      )
    }
  }

  #readKey(): Uint8Array | undefined {
    if (this.#given !== undefined) return readVariable(this.#given)
    return this.#isNamed ? readNamedFile(this.#file) : readKeyFile(this.#file)
  }
}

function readVariable(text: string): Uint8Array {
  try {
    const key = fromText(text.trim().toLowerCase())
    if (key.length === 32) return key
  } catch {
    // Told below, without the text: it is a secret.
  }
  throw new ParleyError('home', `${variable} must be 32 bytes in base32: 52 of a-z and 2-7.`)
}

function readNamedFile(file: string): Uint8Array {
  try {
    const key = readFileSync(file)
    if (key.length === 32) return key
  } catch (cause) {
    throw new ParleyError('home', `The key file ${file} that ${fileVariable} names cannot be read.`, { cause })
  }
  throw unusable(file, 'is not a file of 32 bytes')
}

function readKeyFile(file: string): Uint8Array | undefined {
  const found = lstatSync(file, { throwIfNoEntry: false })
  if (found === undefined) return undefined
  if (!found.isFile() || found.size !== 32) throw unusable(file, 'is not a file of 32 bytes')
  if (process.platform !== 'win32') {
    if (found.uid !== process.geteuid?.()) throw unusable(file, 'belongs to another user')
    if ((found.mode & 0o077) !== 0) throw unusable(file, 'can be read by other users; make a new one, or chmod 600 it')
  }
  return readFileSync(file)
}

/** Written beside its place and linked there: never half, and never over another's. */
function createKey(file: string, made: Uint8Array = randomBytes(32)): Uint8Array {
  ensureFolder(dirname(file), 'folder')
  const draft = `${file}.${randomBytes(6).toString('hex')}`
  try {
    const handle = openSync(draft, 'wx', 0o600)
    try {
      writeSync(handle, made)
      fsyncSync(handle)
    } finally {
      closeSync(handle)
    }
    linkSync(draft, file)
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) {
      throw unusable(file, `cannot be made (${error instanceof Error ? error.message : error})`)
    }
  } finally {
    rmSync(draft, { force: true })
  }
  const key = readKeyFile(file)
  if (key === undefined) throw unusable(file, 'vanished while it was made')
  return key
}

function unusable(file: string, why: string): ParleyError {
  return new ParleyError('home', `The key file ${file} ${why}.`)
}
