import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto'
import type { MessageInitShape } from '@bufbuild/protobuf'
import { ParleyError } from '../../errors.ts'
import { limits } from '../../limits.ts'
import type { PasswordRecord, PasswordRecordSchema } from '../../protocol/classic_rows_pb.ts'

/** How hard scrypt works: N = 2^log2N, r and p as in RFC 7914. */
export interface ScryptCost {
  readonly log2N: number
  readonly r: number
  readonly p: number
}

/**
 * Makes and checks password records by scrypt in Node's thread pool, a few at once and a short queue behind them, so
 * that a storm of logins costs the event loop and the disk nothing.
 */
export class ClassicPasswords {
  readonly #cost: ScryptCost
  readonly #waiting: Waiting[] = []
  #running = 0

  constructor(cost: ScryptCost = limits.scrypt) {
    this.#cost = cost
  }

  /** A record of `password`. Throws `busy` when the queue is full, the signal's reason when aborted in it. */
  async make(password: string, signal: AbortSignal): Promise<MessageInitShape<typeof PasswordRecordSchema>> {
    const salt = randomBytes(16)
    const hash = await this.#hash(password, salt, this.#cost, signal)
    return { salt, hash, log2N: this.#cost.log2N, r: this.#cost.r, p: this.#cost.p }
  }

  /**
   * Whether `record` is of `password`. Without a record it works as long and gives false: nobody learns by the clock
   * which names exist. Throws as {@link make} does.
   */
  async check(record: PasswordRecord | undefined, password: string, signal: AbortSignal): Promise<boolean> {
    const hash = await this.#hash(password, record?.salt ?? noSalt, record ?? this.#cost, signal)
    return record !== undefined && record.hash.length === hash.length && timingSafeEqual(record.hash, hash)
  }

  async #hash(password: string, salt: Uint8Array, cost: ScryptCost, signal: AbortSignal): Promise<Buffer> {
    await this.#turn(signal)
    try {
      return await new Promise((resolve, reject) => {
        const { log2N, r, p } = cost
        const options = { N: 2 ** log2N, r, p, maxmem: limits.scryptMemory }
        scrypt(password, salt, 32, options, (error, hash) => (error ? reject(error) : resolve(hash)))
      })
    } finally {
      this.#running -= 1
      this.#waiting.shift()?.start()
    }
  }

  /** Resolves when one more may run, and counts it as running. */
  async #turn(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted()
    if (this.#running < limits.scryptAtOnce) {
      this.#running += 1
      return
    }
    if (this.#waiting.length >= limits.scryptWaiting) {
      throw new ParleyError('busy', 'Too many classic passwords wait to be checked. Try again in some seconds.')
    }
    await new Promise<void>((resolve, reject) => {
      const leave = () => {
        this.#waiting.splice(this.#waiting.indexOf(waiting), 1)
        reject(signal.reason)
      }
      const start = () => {
        signal.removeEventListener('abort', leave)
        this.#running += 1
        resolve()
      }
      const waiting = { start }
      this.#waiting.push(waiting)
      signal.addEventListener('abort', leave, { once: true })
    })
  }
}

interface Waiting {
  start(): void
}

const noSalt = new Uint8Array(16)
