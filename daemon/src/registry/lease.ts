import { setTimeout as pause } from 'node:timers/promises'
import type { Change, ListPage, ListRange, Log, Storage } from '@parley/kit'
import { asParleyError, ParleyError } from '../errors.ts'
import { limits } from '../limits.ts'

/** Who holds a storage, and the number that each holder raises. */
export const leaseRows = { lease: 'lease', fence: 'fence' } as const

export interface LeaseOptions {
  readonly storage: Storage
  /** Tells holders apart. Whoever has the same one has proof, such as the lock of a home, that the other one is gone. */
  readonly holder: string
  /** Where this process runs, for people. */
  readonly place: string
  readonly log: Log
  readonly signal: AbortSignal
  /** In ms; tests shorten them. */
  readonly waits?: { readonly renew: number; readonly life: number; readonly look: number }
}

/** A storage that is this process's alone. */
export interface Lease {
  /** Writes only as long as nobody has taken the storage over. */
  readonly storage: Storage
  /** Resolves when somebody has: nothing was written since, and nothing will be. */
  readonly lost: Promise<ParleyError>
  /** Lets go, so that the next one need not wait. */
  close(): Promise<void>
}

/**
 * Takes a storage for this process. One process at a time may serve a registry, because it keeps in memory what it has
 * read. The holder renews a row; whoever else comes watches that row by its own monotonic clock, since the wall clocks of two
 * machines need not agree, and takes over when it has not changed for its whole life. Taking over raises the number in
 * another row, the fence, and every batch of a holder checks that it is still its own: a process that was paused, took
 * longer than the lease and comes back cannot write any more, whatever it believes.
 *
 * @throws ParleyError `already-running` when another process renews the lease
 */
export async function takeLease(options: LeaseOptions): Promise<Lease> {
  const { storage, signal, waits = usualWaits } = options
  for (;;) {
    const [lease, fence] = await storage.get([leaseRows.lease, leaseRows.fence])
    if (lease) await waitUntilFree(lease, options, waits)
    signal.throwIfAborted()
    const number = Number(textOf(fence) || 0) + 1
    const held = new HeldLease(options, number, waits.renew)
    const changes: Change[] = [
      { check: leaseRows.lease, is: lease },
      { check: leaseRows.fence, is: fence },
      { put: leaseRows.fence, value: bytesOf(String(number)) },
      { put: leaseRows.lease, value: held.row() },
    ]
    if ((await storage.write(changes)) === 'committed') return held.begin()
    // Another one was first: look at who.
  }
}

const usualWaits = { renew: limits.leaseRenew, life: limits.leaseLife, look: limits.leaseLook }

/** @throws ParleyError `already-running` */
async function waitUntilFree(
  lease: Uint8Array,
  { storage, holder, log, signal }: LeaseOptions,
  { life, look }: NonNullable<LeaseOptions['waits']>,
): Promise<void> {
  const { holder: other, place } = readLease(lease)
  if (other === holder) return
  log.warn({ place }, 'Another registry held this storage: looking whether it is alive')
  const since = performance.now()
  while (performance.now() - since < life) {
    await pause(look, undefined, { signal })
    const [now] = await storage.get([leaseRows.lease])
    if (now === undefined) return
    if (Buffer.compare(now, lease) === 0) continue
    throw new ParleyError(
      'already-running',
      `Another registry uses this storage: ${readLease(now).place}. Stop it first, or give this one a storage of its own.`,
    )
  }
  log.warn({ place }, 'The other registry has not been heard of for the life of its lease: taking over')
}

class HeldLease implements Lease, Storage {
  readonly durable: boolean
  readonly #inner: Storage
  readonly #log: Log
  readonly #about: { readonly holder: string; readonly place: string }
  readonly #fence: Uint8Array
  readonly #renewEvery: number
  readonly #lost = Promise.withResolvers<ParleyError>()
  #ended: ParleyError | undefined
  #turn = 0
  #timer: NodeJS.Timeout | undefined
  #renewing: Promise<void> | undefined

  constructor({ storage, holder, place, log }: LeaseOptions, number: number, renewEvery: number) {
    this.durable = storage.durable
    this.#inner = storage
    this.#log = log
    this.#about = { holder, place }
    this.#fence = bytesOf(String(number))
    this.#renewEvery = renewEvery
  }

  get storage(): Storage {
    return this
  }

  get lost(): Promise<ParleyError> {
    return this.#lost.promise
  }

  begin(): this {
    this.#timer = setInterval(() => {
      this.#renewing ??= this.#renew().finally(() => {
        this.#renewing = undefined
      })
    }, this.#renewEvery).unref()
    return this
  }

  /** Another row at each renewal, so that who watches it sees a change. */
  row(): Uint8Array {
    return bytesOf(JSON.stringify({ ...this.#about, turn: this.#turn++ }))
  }

  get(keys: readonly string[]): Promise<readonly (Uint8Array | undefined)[]> {
    return this.#inner.get(keys)
  }

  list(prefix: string, range: ListRange): Promise<ListPage> {
    return this.#inner.list(prefix, range)
  }

  /** A batch may have one change less than the storage takes: the check of the fence is one. */
  async write(changes: readonly Change[]): Promise<'committed' | 'conflict'> {
    if (this.#ended) throw this.#ended
    const check = { check: leaseRows.fence, is: this.#fence }
    if ((await this.#inner.write([check, ...changes])) === 'committed') return 'committed'
    // The caller's own check, or the fence?
    if (await this.#holds()) return 'conflict'
    throw this.#end()
  }

  async close(): Promise<void> {
    clearInterval(this.#timer)
    await this.#renewing
    if (this.#ended) return
    const release: Change[] = [{ check: leaseRows.fence, is: this.#fence }, { remove: leaseRows.lease }]
    // A storage that is closed or gone keeps the lease until its life is over.
    await this.#inner.write(release).catch(() => {})
  }

  async #renew(): Promise<void> {
    try {
      await this.write([{ put: leaseRows.lease, value: this.row() }])
    } catch (error) {
      // The fence protects what is stored meanwhile; the next renewal tries again.
      if (!this.#ended) this.#log.warn({ code: asParleyError(error).code }, 'The lease of the storage was not renewed')
    }
  }

  async #holds(): Promise<boolean> {
    const [fence] = await this.#inner.get([leaseRows.fence])
    return fence !== undefined && Buffer.compare(fence, this.#fence) === 0
  }

  #end(): ParleyError {
    clearInterval(this.#timer)
    this.#ended ??= new ParleyError(
      'conflict',
      'Another registry has taken over this storage while this one was not heard of, so this one stops. Nothing is lost.',
    )
    this.#lost.resolve(this.#ended)
    return this.#ended
  }
}

function readLease(bytes: Uint8Array): { readonly holder: string; readonly place: string } {
  try {
    const row: unknown = JSON.parse(textOf(bytes))
    if (typeof row !== 'object' || row === null) throw new RangeError('no object')
    const { holder, place } = row as Record<string, unknown>
    return { holder: String(holder), place: String(place).slice(0, limits.words) }
  } catch {
    // It is watched all the same.
    return { holder: '', place: 'one of another version' }
  }
}

function bytesOf(text: string): Uint8Array {
  return Buffer.from(text, 'utf8')
}

function textOf(bytes: Uint8Array | undefined): string {
  return bytes === undefined ? '' : Buffer.from(bytes).toString('utf8')
}
