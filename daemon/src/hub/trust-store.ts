import { clone, create, toBinary } from '@bufbuild/protobuf'
import type { Change, Storage } from '@parley/kit'
import { ParleyError } from '../errors.ts'
import { limits } from '../limits.ts'
import { type TrustRow, TrustRowSchema } from '../protocol/account_rows_pb.ts'
import { type RegistryId, registryId, type UserId, userId } from '../protocol/ids.ts'
import { readRow } from './conversations/rows.ts'

/**
 * `verified`: their account key was compared. `changed`: it is another one than the one compared, or than the one by which
 * one has talked to them, and nobody has decided on it.
 */
export type Trust = 'verified' | 'changed'

/**
 * What the person here has decided about account keys, in the rows `trust/<registry>/<user>`: all of them are in memory. That
 * a compared key has changed is seen by the key that somebody has now; that any other has is noted in the batch that brings
 * the new one: no crash can lose it.
 */
export class TrustStore {
  readonly #storage: Storage
  readonly #rows = new Map<string, TrustRow>()
  #writing: Promise<unknown> = Promise.resolve()

  private constructor(storage: Storage) {
    this.#storage = storage
  }

  /** @throws ParleyError `damaged-data` when a row cannot be read */
  static async open(storage: Storage): Promise<TrustStore> {
    const store = new TrustStore(storage)
    for (let after: string | undefined; ; ) {
      const { rows, more } = await storage.list(prefix, { ...(after ? { after } : {}), limit: limits.page })
      for (const [key, value] of rows) store.#rows.set(read(key), readRow(TrustRowSchema, key, value))
      after = rows.at(-1)?.[0]
      if (!more || !after) return store
    }
  }

  /** What was decided about somebody whose account key is `key` now; undefined: nothing. */
  of(registry: RegistryId, user: UserId, key: Uint8Array): Trust | undefined {
    const row = this.#rows.get(`${registry}/${user}`)
    if (!row) return undefined
    if (row.verified.length > 0) return Buffer.from(row.verified).equals(key) ? 'verified' : 'changed'
    return Buffer.from(row.changed).equals(key) ? 'changed' : undefined
  }

  /** From now on this is the key that was compared; undefined: none. Resolves once that is committed. */
  set(registry: RegistryId, user: UserId, key: Uint8Array | undefined): Promise<void> {
    return this.#change(registry, user, { verified: new Uint8Array(key ?? []), changed: new Uint8Array() })
  }

  /** From this tick on somebody has another account key than before: what is to be committed together with that. */
  note(registry: RegistryId, user: UserId, key: Uint8Array): Change {
    const id = `${registry}/${user}`
    const row = Object.assign(this.#copyOf(id), { changed: new Uint8Array(key) })
    this.#rows.set(id, row)
    return { put: `${prefix}${id}`, value: toBinary(TrustRowSchema, row) }
  }

  /** Who has which other account key at a registry, as far as nobody has decided on it. */
  noted(registry: RegistryId): [UserId, Uint8Array][] {
    const noted = [...this.#rows].filter(([id, { changed }]) => id.startsWith(`${registry}/`) && changed.length > 0)
    return noted.map(([id, { changed }]) => [userId(id.slice(registry.length + 1)), changed])
  }

  async #change(
    registry: RegistryId,
    user: UserId,
    changes: Partial<Pick<TrustRow, 'verified' | 'changed'>>,
  ): Promise<void> {
    const id = `${registry}/${user}`
    const writing = this.#writing.then(async () => {
      const row = Object.assign(this.#copyOf(id), changes)
      await this.#storage.write([{ put: `${prefix}${id}`, value: toBinary(TrustRowSchema, row) }])
      this.#rows.set(id, row)
    })
    this.#writing = writing.catch(() => undefined)
    await writing
  }

  #copyOf(id: string): TrustRow {
    const row = this.#rows.get(id)
    return row ? clone(TrustRowSchema, row) : create(TrustRowSchema)
  }
}

const prefix = 'trust/'

/** The registry and user of a row's key. */
function read(key: string): string {
  try {
    const [registry = '', user = ''] = key.slice(prefix.length).split('/')
    return `${registryId(registry)}/${userId(user)}`
  } catch (cause) {
    const message = `The row ${key} of this home cannot be read. Restore the home from a backup.`
    throw new ParleyError('damaged-data', message, { cause })
  }
}
