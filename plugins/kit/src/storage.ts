/**
 * An ordered key-value store with atomic conditional batches.
 *
 * Keys are 1 to 256 printable ASCII characters (0x21 to 0x7e), in byte order. A value is at most 256 KiB, a batch at
 * most 1,000 changes and 8 MiB of keys and values, and names no key twice: one check of a key and one put or remove of
 * it. An expired row is absent everywhere. Bytes are copied both ways: what a caller changes afterwards changes nothing
 * here.
 */
export interface Storage {
  /** Whether what is committed survives a power cut. */
  readonly durable: boolean
  /** The values of `keys`, in their order; `undefined` where there is none. One call sees one moment. */
  get(keys: readonly string[]): Promise<readonly (Uint8Array | undefined)[]>
  /**
   * The rows whose key starts with `prefix`, in byte order of their keys (descending with `reverse`), at most `limit`,
   * from behind `after` in the direction of travel. `more` says whether another row would follow.
   */
  list(prefix: string, range: ListRange): Promise<ListPage>
  /**
   * Applies all changes or none. Resolves once they are as durable as declared; `conflict` when a check does not hold.
   * A throw means that the outcome is unknown, except for {@link StorageLimitError}, which means that nothing was
   * applied.
   */
  write(changes: readonly Change[]): Promise<'committed' | 'conflict'>
}

export interface ListRange {
  readonly after?: string
  readonly limit: number
  readonly reverse?: boolean
}

export interface ListPage {
  readonly rows: readonly ListedRow[]
  readonly more: boolean
}

/**
 * A row as a list gives it, with `expires` as it was put where it was put with a time: whoever copies rows to another
 * storage, as a backup does, cannot know it otherwise, and a row that should have ended would stay for ever.
 */
export type ListedRow = readonly [key: string, value: Uint8Array, expires?: number]

/** One change of a batch. `expires` is in ms since 1970; a put without it clears it. Checks compare by value. */
export type Change =
  | { readonly put: string; readonly value: Uint8Array; readonly expires?: number }
  | { readonly remove: string }
  | { readonly check: string; readonly is: Uint8Array | undefined }

/** The limits that every storage holds. Sizes in bytes. */
export const storageLimits = {
  keyLength: 256,
  valueSize: 256 * 1024,
  batchChanges: 1000,
  batchSize: 8 * 1024 * 1024,
} as const

/** A request that breaks {@link storageLimits} or the rules for keys; nothing was applied. */
export class StorageLimitError extends Error {
  override readonly name = 'StorageLimitError'
}

/**
 * Why a storage cannot be opened or used, in a sentence for a person: `newer-data` was written by a newer program,
 * `damaged-data` is not what was written, `storage` is anything else. The daemon knows it by its name, so a plugin may
 * bring its own copy of the kit.
 */
export class StorageError extends Error {
  override readonly name = 'StorageError'
  readonly code: 'storage' | 'newer-data' | 'damaged-data'

  constructor(code: 'storage' | 'newer-data' | 'damaged-data', message: string, options: { cause?: unknown } = {}) {
    super(message, options)
    this.code = code
  }
}
