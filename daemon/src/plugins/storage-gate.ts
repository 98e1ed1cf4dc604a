import type { Storage } from '@parley/kit'

/** Why a secret was refused: no plugin that could still offer storage is left. */
export class NoStorageError extends Error {
  constructor() {
    super('it asked for a secret before there was a storage to keep it')
  }
}

/**
 * Where plugins that are being set up wait for the storage, whichever of them offers it. When all that are left wait, it
 * will never come, and they are told.
 */
export class StorageGate<Plugin> {
  readonly #ready = Promise.withResolvers<Storage>()
  /** Neither set up nor waiting: each may yet offer storage. */
  readonly #busy: Set<Plugin>
  /** Whether a storage is there and is being made fit to be used, which may take its time. */
  isPreparing = false

  constructor(plugins: Iterable<Plugin>) {
    this.#busy = new Set(plugins)
    // Nobody may be waiting when it is refused.
    this.#ready.promise.catch(() => {})
  }

  wait(plugin: Plugin): Promise<Storage> {
    this.settled(plugin)
    return this.#ready.promise
  }

  /** `plugin` is set up, or has failed. */
  settled(plugin: Plugin): void {
    this.#busy.delete(plugin)
    // A storage that was offered has opened the gate before this.
    if (this.#busy.size === 0) this.#ready.reject(new NoStorageError())
  }

  get storage(): Promise<Storage> {
    return this.#ready.promise
  }

  open(storage: Storage): void {
    this.#ready.resolve(storage)
  }
}
