import { Worker } from 'node:worker_threads'
import { type Change, type Log, StorageError } from '@parley/kit'
import { errorOf } from './errors.ts'
import { GroupEncoder } from './group.ts'
import { limits } from './limits.ts'
import type { FromWriter, Result, ToWriter, WriterData } from './messages.ts'

interface Waiting {
  resolve(outcome: 'committed' | 'conflict'): void
  reject(error: StorageError): void
}

interface Group {
  readonly encoder: GroupEncoder
  readonly waiting: Waiting[]
}

/**
 * The writer's thread, seen from outside. Batches that wait together share a commit. An idle writer keeps no process
 * alive; one with work does, until the work is answered.
 */
export class WriterClient {
  readonly #worker: Worker
  readonly #log: Log
  readonly #file: string
  /** Not yet handed over; the last one takes new batches. */
  readonly #groups: Group[] = []
  /** Handed over, in order. */
  readonly #inFlight: Group[] = []
  readonly #exited: Promise<void>
  #handover: NodeJS.Immediate | undefined
  #deadline: NodeJS.Timeout | undefined
  #ended: StorageError | undefined
  #isClosing = false
  #whenIdle: (() => void) | undefined

  /** Starts the thread and resolves when the database is open. @throws StorageError */
  static async start(script: URL, data: WriterData, log: Log, signal?: AbortSignal): Promise<WriterClient> {
    signal?.throwIfAborted()
    const client = new WriterClient(script, data, log)
    try {
      await client.#opened(signal)
      return client
    } catch (error) {
      await client.#worker.terminate()
      throw error
    }
  }

  private constructor(script: URL, data: WriterData, log: Log) {
    this.#log = log
    this.#file = data.file
    // The flags of the process, such as --input-type or --inspect-brk, are not meant for this thread. Node 22 calls
    // node:sqlite an experiment on stderr, which is for what a person must know.
    const execArgv = ['--disable-warning=ExperimentalWarning']
    this.#worker = new Worker(script, { workerData: data, name: 'storage-sqlite', execArgv })
    this.#exited = new Promise(resolve => this.#worker.once('exit', () => resolve()))
  }

  /** Resolves when the batch is on the disk. The changes must have passed the kit's checks; their bytes are copied. */
  write(changes: readonly Change[]): Promise<'committed' | 'conflict'> {
    if (this.#isClosing) return Promise.reject(closed(this.#file))
    if (this.#ended) return Promise.reject(again(this.#ended))
    return new Promise((resolve, reject) => {
      const group = this.#groupWithRoom()
      group.encoder.append(changes)
      group.waiting.push({ resolve, reject })
      this.#handover ??= setImmediate(() => this.#handOver())
    })
  }

  /** Resolves when every batch is answered and the thread has ended. */
  async close(): Promise<void> {
    this.#isClosing = true
    if (this.#groups.length + this.#inFlight.length > 0) {
      await new Promise<void>(resolve => {
        this.#whenIdle = resolve
      })
    }
    if (!this.#ended) this.#post('close')
    this.#worker.ref()
    const timer = setTimeout(() => this.#worker.terminate(), limits.close)
    await this.#exited
    clearTimeout(timer)
  }

  #groupWithRoom(): Group {
    const last = this.#groups.at(-1)
    if (last && last.encoder.size < limits.group) return last
    const group = { encoder: new GroupEncoder(), waiting: [] }
    this.#groups.push(group)
    return group
  }

  /** Once per turn of the event loop, so that all that is written in one turn shares a commit. */
  #handOver(): void {
    this.#handover = undefined
    while (this.#inFlight.length < limits.groupsInFlight) {
      const group = this.#groups.shift()
      if (group === undefined) break
      const bytes = group.encoder.take()
      this.#inFlight.push(group)
      this.#post({ group: bytes }, [bytes.buffer])
    }
    this.#watch()
  }

  #answer(results: readonly Result[]): void {
    const group = this.#inFlight.shift()
    if (this.#groups.length > 0) this.#handover ??= setImmediate(() => this.#handOver())
    this.#watch()
    group?.waiting.forEach((waiting, index) => {
      const result = results[index]
      if (result === 'committed' || result === 'conflict') waiting.resolve(result)
      else waiting.reject(result ? errorOf(result) : this.#unanswered('it skipped a batch'))
    })
    const last = results.find(result => typeof result === 'object' && result.isFinal)
    if (typeof last === 'object') this.#end(errorOf(last))
  }

  /** Holds the process and watches the disk while work is out; lets go of both when there is none. */
  #watch(): void {
    clearTimeout(this.#deadline)
    if (this.#inFlight.length > 0) {
      this.#worker.ref()
      this.#deadline = setTimeout(() => this.#stuck(), limits.commit)
      return
    }
    this.#worker.unref()
    if (this.#groups.length === 0) this.#whenIdle?.()
  }

  #stuck(): void {
    this.#end(new StorageError('storage', `${this.#file} has not answered for ${limits.commit / 1000} s.`))
    void this.#worker.terminate()
  }

  /** Refuses what waits and all that comes: whether the batches out were committed is unknown. */
  #end(error: StorageError): void {
    if (this.#ended) return
    this.#ended = error
    clearTimeout(this.#deadline)
    clearImmediate(this.#handover)
    this.#log.error({ error }, 'Storage takes no more writes until Parley is started again')
    for (const group of [...this.#inFlight.splice(0), ...this.#groups.splice(0)]) {
      for (const waiting of group.waiting) waiting.reject(again(error))
    }
    this.#watch()
  }

  #opened(signal: AbortSignal | undefined): Promise<void> {
    const worker = this.#worker
    return new Promise((resolve, reject) => {
      const abort = () => fail(new StorageError('storage', `Opening ${this.#file} was given up.`))
      const timer = setTimeout(() => fail(this.#unanswered('it did not open')), limits.open)
      const settle = () => {
        clearTimeout(timer)
        signal?.removeEventListener('abort', abort)
      }
      const fail = (error: StorageError) => {
        settle()
        reject(error)
      }
      signal?.addEventListener('abort', abort, { once: true })
      worker.on('message', (message: FromWriter) => {
        if (message.is === 'written') return this.#answer(message.results)
        if (message.is === 'unopened') return fail(errorOf(message.failure))
        settle()
        worker.unref()
        resolve()
      })
      worker.on('error', error => {
        const died = this.#unanswered(error instanceof Error ? error.message : String(error))
        fail(died)
        this.#end(died)
      })
      worker.on('exit', code => {
        if (this.#isClosing && this.#inFlight.length === 0) return
        const died = this.#unanswered(`it ended with ${code}`)
        fail(died)
        this.#end(died)
      })
    })
  }

  #post(message: ToWriter, moved: ArrayBuffer[] = []): void {
    this.#worker.postMessage(message, moved)
  }

  #unanswered(why: string): StorageError {
    return new StorageError('storage', `The thread that writes ${this.#file} has stopped (${why}); start Parley again.`)
  }
}

export function closed(file: string): StorageError {
  return new StorageError('storage', `${file} is closed; Parley is stopping.`)
}

/** Each caller's own error, with its own stack. */
function again(error: StorageError): StorageError {
  return new StorageError(error.code, error.message)
}
