import { randomUUID } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import {
  type Change,
  checkChanges,
  checkKeys,
  type ListPage,
  type ListRange,
  type Log,
  listBounds,
  type Storage,
  type StorageError,
} from '@parley/kit'
import { loadAdapter, type MakeAdapter } from './adapter.ts'
import { Calls } from './calls.ts'
import { askDurability } from './durability.ts'
import { again, closed, isFinal, unanswered } from './errors.ts'
import { limits } from './limits.ts'
import { Names } from './names.ts'
import type { Rows } from './rows.ts'
import { Session } from './session.ts'

/** The plugin's options. */
export interface KeyvOptions {
  /** The package of a keyv adapter, found beside this plugin, or the absolute path of its module. */
  readonly adapter: string
  /** What the adapter's constructor takes: a list of arguments, or the only one. */
  readonly options?: unknown
  /** Tells what several keep in one store apart. */
  readonly namespace?: string
  /** How long a call of the adapter may take, in ms. */
  readonly deadline?: number
  /** What the store's operator knows of it; without it a Redis is asked, and anything else counts as not durable. */
  readonly durable?: boolean
}

export interface KeyvSurroundings {
  /** A folder of the plugin's own; two that use one store at once must not share it. */
  readonly dir: string
  readonly log: Log
  readonly signal?: AbortSignal
}

/**
 * Opens a keyv store: takes it for this process, reads its keys and finishes what a crash has left half done.
 * @throws Error with the rest of a sentence about the options, StorageError about the store
 */
export async function openKeyvStorage(
  options: KeyvOptions,
  { dir, log, signal = new AbortController().signal }: KeyvSurroundings,
): Promise<Storage & { close(): Promise<void> }> {
  const { adapter, namespace = 'parley', deadline = limits.deadline } = options
  const make = await loadAdapter(adapter, options.options, namespace)
  const store = `the store of ${adapter}`
  const me = await nameOf(dir)
  const storage = new KeyvStorage({ make, store, names: new Names(namespace), me, deadline, log, signal })
  return storage.open(options.durable)
}

/** Who uses the store: the same after a restart, so that it need not be waited for. */
async function nameOf(dir: string): Promise<string> {
  const file = join(dir, 'owner')
  const found = await readFile(file, 'utf8').catch(() => '')
  if (found !== '') return found
  const made = randomUUID()
  await writeFile(file, made, { mode: 0o600 })
  return made
}

interface StorageOptions {
  readonly make: MakeAdapter
  readonly store: string
  readonly names: Names
  readonly me: string
  readonly deadline: number
  readonly log: Log
  readonly signal: AbortSignal
}

class KeyvStorage implements Storage {
  durable = false
  readonly #options: StorageOptions
  readonly #stop = new AbortController()
  #calls: Calls
  #session: Session | undefined
  /** Why there is no session. */
  #fault: StorageError | undefined
  #recovering: Promise<void> | undefined
  #closing: Promise<void> | undefined

  constructor(options: StorageOptions) {
    this.#options = options
    this.#calls = this.#newCalls()
  }

  async open(declared: boolean | undefined): Promise<this> {
    const { log, signal, store } = this.#options
    try {
      this.#session = await this.#openSession(signal)
      const asked = await askDurability(this.#calls)
      if (asked?.evicts)
        log.warn({}, 'The store throws rows away when its memory is full: set maxmemory-policy noeviction')
      this.durable = declared ?? (asked?.flushes === true && !asked.evicts)
      if (this.#fault) throw again(this.#fault)
      return this
    } catch (error) {
      await this.close()
      throw isStorageError(error) ? error : unanswered(store, String(error), error)
    }
  }

  async get(keys: readonly string[]): Promise<readonly (Uint8Array | undefined)[]> {
    checkKeys(keys)
    return this.#current().reader.get(keys)
  }

  async list(prefix: string, range: ListRange): Promise<ListPage> {
    const { from, below } = listBounds(prefix, range)
    return this.#current().reader.list(from, below, range)
  }

  async write(changes: readonly Change[]): Promise<'committed' | 'conflict'> {
    checkChanges(changes)
    return this.#current().writer.write(changes)
  }

  /** Refuses what comes from now on, finishes what waits, and lets go of the store. */
  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close(): Promise<void> {
    this.#stop.abort()
    await this.#recovering
    const session = this.#session
    // Whoever comes next finishes what a store that is gone did not let this one finish.
    await session?.close().catch(() => {})
    this.#session = undefined
    session?.end(closed(this.#options.store))
    await this.#calls.disconnect()
  }

  #current(): Session {
    if (this.#closing) throw closed(this.#options.store)
    if (this.#session) return this.#session
    throw again(this.#fault ?? closed(this.#options.store))
  }

  #newCalls(): Calls {
    const { make, store, deadline } = this.#options
    const calls: Calls = new Calls(make(), {
      store,
      deadline,
      onFault: error => {
        if (calls === this.#calls) this.#failed(error)
      },
    })
    return calls
  }

  #openSession(signal: AbortSignal): Promise<Session> {
    const { names, me, log } = this.#options
    return Session.open({ calls: this.#calls, names, me, log, signal })
  }

  /** Memory and store may differ from now on: nothing is answered before all was read again. */
  #failed(error: StorageError): void {
    const session = this.#session
    if (session === undefined) return
    this.#session = undefined
    this.#fault = error
    session.end(error)
    if (this.#stop.signal.aborted) return
    const { log } = this.#options
    if (isFinal(error)) {
      log.error({ error }, 'The storage is not used any more')
      return
    }
    log.warn({ error }, 'The storage does not work; it is opened anew')
    this.#recovering = this.#recover(session.rows).finally(() => {
      this.#recovering = undefined
    })
  }

  async #recover(before: Rows): Promise<void> {
    const { log } = this.#options
    const { signal } = this.#stop
    const since = performance.now()
    for (let wait: number = limits.retry; !signal.aborted; wait = Math.min(2 * wait, limits.retryAtMost)) {
      // A call that was given up may still write: what is read before it has ended is not what will be there.
      if (!(await this.#calls.settled(limits.settle, signal)) && !signal.aborted) await this.#replaceAdapter()
      try {
        signal.throwIfAborted()
        const session = await this.#openSession(signal)
        const lost = [...before.keys()].filter(key => session.rows.get(key) === undefined).length
        const about = { rows: session.rows.count, lost, ms: Math.round(performance.now() - since) }
        if (lost > 0) log.error(about, 'The storage is back, without rows that it had: has it lost what it confirmed?')
        else log.info(about, 'The storage is back')
        this.#session = session
        return
      } catch (error) {
        if (isFinal(error)) {
          this.#fault = error
          log.error({ error }, 'The storage is not used any more')
          return
        }
        await pause(wait, undefined, { signal }).catch(() => {})
      }
    }
  }

  async #replaceAdapter(): Promise<void> {
    const old = this.#calls
    this.#calls = this.#newCalls()
    await old.disconnect()
  }
}

function isStorageError(error: unknown): error is StorageError {
  return error instanceof Error && error.name === 'StorageError'
}
