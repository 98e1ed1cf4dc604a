import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { Worker } from 'node:worker_threads'
import { ParleyError } from '../../errors.ts'
import { limits } from '../../limits.ts'
import type { OpaqueAnswer, OpaqueJob, OpaqueJobs } from './jobs.ts'

/**
 * OPAQUE's client half in a worker thread. One for each exchange: it holds a password, so it ends with the exchange
 * (`try/finally`: Node 22 has no `await using`). Each step has a deadline; after one that failed the worker is gone.
 */
export class OpaqueClient implements AsyncDisposable {
  readonly #worker: Worker
  readonly #waiting = new Map<number, PromiseWithResolvers<OpaqueJobs[keyof OpaqueJobs][1]>>()
  readonly #deadline: number
  #last = 0
  #ended = false

  constructor({ deadline = limits.opaque }: { deadline?: number } = {}) {
    this.#deadline = deadline
    this.#worker = new Worker(workerFile(), { name: 'parley-opaque', env: {}, execArgv: [] })
    this.#worker.on('message', (answer: OpaqueAnswer) => {
      const waiting = this.#waiting.get(answer.id)
      this.#waiting.delete(answer.id)
      if ('failed' in answer) waiting?.reject(new ParleyError('forged', unreadable, { cause: answer.failed }))
      else waiting?.resolve(answer.output)
    })
    this.#worker.on('error', error => this.#end(new ParleyError('internal', crashed, { cause: error })))
    this.#worker.on('exit', () => this.#end(new ParleyError('internal', crashed)))
    this.#worker.unref()
  }

  /** @throws ParleyError `forged` when the registry's bytes are not OPAQUE's, `timeout`, `internal` */
  async run<K extends keyof OpaqueJobs>(
    is: K,
    input: OpaqueJobs[K][0],
    signal?: AbortSignal,
  ): Promise<OpaqueJobs[K][1]> {
    if (this.#ended) throw new ParleyError('internal', crashed)
    signal?.throwIfAborted()
    const job: OpaqueJob<K> = { id: ++this.#last, is, input }
    const answered = Promise.withResolvers<OpaqueJobs[K][1]>()
    this.#waiting.set(job.id, answered as PromiseWithResolvers<OpaqueJobs[keyof OpaqueJobs][1]>)
    const late = new ParleyError('timeout', 'Working out the password took too long on this machine. Try again.')
    const timer = setTimeout(() => this.#end(late), this.#deadline)
    const onAbort = () => this.#end(new ParleyError('closed', 'The sign-in was given up.'))
    signal?.addEventListener('abort', onAbort, { once: true })
    try {
      this.#worker.postMessage(job)
      return await answered.promise
    } finally {
      clearTimeout(timer)
      signal?.removeEventListener('abort', onAbort)
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#end(new ParleyError('closed', 'The sign-in was given up.'))
    await this.#worker.terminate()
  }

  #end(error: ParleyError): void {
    this.#ended = true
    for (const waiting of this.#waiting.values()) waiting.reject(error)
    this.#waiting.clear()
    void this.#worker.terminate()
  }
}

/** The library's base64url text as bytes, and back: what crosses the wire. */
export const opaqueBytes = (text: string): Uint8Array => Buffer.from(text, 'base64url')
export const opaqueText = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64url')

const unreadable = 'The registry sent sign-in data that cannot be read. It may run another version of Parley.'
const crashed = 'The sign-in could not be worked out on this machine. Try again.'

/** From source the worker is TypeScript; beside a bundle, or published, it is JavaScript. */
function workerFile(): URL {
  const source = new URL('./opaque-worker.ts', import.meta.url)
  return existsSync(fileURLToPath(source)) ? source : new URL('./opaque-worker.js', import.meta.url)
}
