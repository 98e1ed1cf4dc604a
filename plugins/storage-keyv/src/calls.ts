import type { StorageError } from '@parley/kit'
import type { Adapter } from './adapter.ts'
import { again, textOf, unanswered } from './errors.ts'
import { limits } from './limits.ts'

interface CallsOptions {
  /** How messages name the store. */
  readonly store: string
  readonly deadline: number
  /** Told of every fault, once, before the calls that wait for answers are refused. */
  readonly onFault: (error: StorageError) => void
}

/**
 * One adapter, each call of it with a deadline. After a fault nobody knows what the store has done, so a fault of one
 * call, or one that the adapter tells by itself, is one of all that are on their way.
 */
export class Calls {
  readonly adapter: Adapter
  readonly #options: CallsOptions
  /** Whoever waits for an answer. */
  readonly #waiting = new Set<(error: StorageError) => void>()
  /** What the adapter still works on, given up or not. */
  readonly #open = new Set<Promise<unknown>>()

  constructor(adapter: Adapter, options: CallsOptions) {
    this.adapter = adapter
    this.#options = options
    adapter.on?.('error', error => this.fail(textOf(error), error))
  }

  get store(): string {
    return this.#options.store
  }

  /** @throws StorageError */
  run<T>(act: () => Promise<T> | T): Promise<T> {
    return new Promise((resolve, reject) => {
      const settle = () => {
        clearTimeout(timer)
        this.#waiting.delete(refuse)
      }
      const refuse = (error: StorageError) => {
        settle()
        reject(error)
      }
      const late = () => this.fail(`no answer within ${this.#options.deadline} ms`)
      const timer = setTimeout(late, this.#options.deadline)
      this.#waiting.add(refuse)
      const acting = invoke(act)
      this.#open.add(acting)
      acting.then(
        answer => {
          this.#open.delete(acting)
          settle()
          resolve(answer)
        },
        error => {
          this.#open.delete(acting)
          if (this.#waiting.has(refuse)) this.fail(textOf(error), error)
        },
      )
    })
  }

  async get(key: string): Promise<string | undefined> {
    return stringOf(await this.run(() => this.adapter.get(key)))
  }

  async getMany(keys: string[]): Promise<(string | undefined)[]> {
    const found = await this.run(() =>
      this.adapter.getMany ? this.adapter.getMany(keys) : Promise.all(keys.map(key => this.adapter.get(key))),
    )
    if (!Array.isArray(found) || found.length !== keys.length) throw this.fail('it gave another number of values')
    return found.map(stringOf)
  }

  async setMany(entries: { key: string; value: string }[]): Promise<void> {
    if (entries.length === 0) return
    const { adapter } = this
    const [first] = entries
    const answer = await this.run(() => {
      if (entries.length === 1 && first) return adapter.set(first.key, first.value)
      if (adapter.setMany) return adapter.setMany(entries)
      return Promise.all(entries.map(({ key, value }) => adapter.set(key, value)))
    })
    // keyv 6 answers so instead of throwing.
    if (answer === false || (Array.isArray(answer) && answer.includes(false))) throw this.fail('it did not set a value')
  }

  /** One by one: some adapters end a deletion of many at the first key that is not there. */
  async delete(keys: readonly string[]): Promise<void> {
    if (keys.length > 0) await this.run(() => Promise.all(keys.map(key => this.adapter.delete(key))))
  }

  /** All keys and values, each step with a deadline. */
  async *entries(namespace: string): AsyncGenerator<readonly [key: string, value: string]> {
    const iterator = this.adapter.iterator(namespace)[Symbol.asyncIterator]()
    for (;;) {
      const { value: entry, done } = await this.run(() => iterator.next())
      if (done) return
      if (!Array.isArray(entry)) continue
      const [key, value] = entry
      const text = stringOf(value)
      if (typeof key === 'string' && text !== undefined) yield [key, text]
    }
  }

  /** Nothing that is on its way is answered any more. */
  fail(why: string, cause?: unknown): StorageError {
    return this.failWith(unanswered(this.store, why, cause))
  }

  failWith(error: StorageError): StorageError {
    this.#options.onFault(error)
    for (const refuse of [...this.#waiting]) refuse(again(error))
    return error
  }

  /** Whether everything that was given up has ended within `wait` ms. */
  async settled(wait: number, signal: AbortSignal): Promise<boolean> {
    if (this.#open.size === 0) return true
    const ended = Promise.allSettled(this.#open).then(() => true)
    return (await within(ended, wait, signal)) ?? false
  }

  /** Lets go of the store. Never throws. */
  async disconnect(): Promise<void> {
    const { adapter } = this
    if (!adapter.disconnect) return
    // What waits for a store that is gone keeps a polite good-bye waiting too.
    const isPolite = this.#open.size === 0
    const polite = invoke(async () => {
      if (isPolite) await adapter.disconnect?.()
      return isPolite
    }).catch(() => false)
    if (await within(polite, limits.disconnect)) return
    await within(
      invoke(() => adapter.disconnect?.(true)).catch(() => {}),
      limits.disconnect,
    )
  }
}

/** What it throws at once is a rejection. */
async function invoke<T>(act: () => Promise<T> | T): Promise<T> {
  return act()
}

function stringOf(value: unknown): string | undefined {
  if (value === undefined || value === null) return undefined
  return typeof value === 'string' ? value : String(value)
}

/** `undefined` when it takes longer or is given up. */
async function within<T>(promise: Promise<T>, wait: number, signal?: AbortSignal): Promise<T | undefined> {
  const over = Promise.withResolvers<undefined>()
  const end = () => over.resolve(undefined)
  const timer = setTimeout(end, wait)
  signal?.addEventListener('abort', end, { once: true })
  if (signal?.aborted) end()
  try {
    return await Promise.race([promise, over.promise])
  } finally {
    clearTimeout(timer)
    signal?.removeEventListener('abort', end)
  }
}
