import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { on as eventsOf, once } from 'node:events'
import { mkdir } from 'node:fs/promises'
import { createServer } from 'node:net'
import { createInterface } from 'node:readline'

/** Why tests with a real Redis cannot run here, and what would let them. */
export function redisLack(): string | undefined {
  const { status } = spawnSync('redis-server', ['--version'])
  return status === 0 ? undefined : 'redis-server is not there (on Debian: apt-get install redis-server)'
}

/** A Redis of a test's own: it flushes each write to the disk before it answers. */
export class Redis implements AsyncDisposable {
  readonly port: number
  readonly #dir: string
  #child: ChildProcess | undefined

  /** Starts one that keeps its data in `dir`. */
  static async start(dir: string): Promise<Redis> {
    await mkdir(dir, { recursive: true })
    const redis = new Redis(dir, await freePort())
    await redis.start()
    return redis
  }

  private constructor(dir: string, port: number) {
    this.#dir = dir
    this.port = port
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`
  }

  /** On the same port, with the data of the same folder. */
  async start(): Promise<void> {
    const settings = { port: this.port, bind: '127.0.0.1', dir: this.#dir, appendonly: 'yes', appendfsync: 'always' }
    const given = Object.entries({ ...settings, save: '' }).flatMap(([name, value]) => [`--${name}`, String(value)])
    const child = spawn('redis-server', given, { stdio: ['ignore', 'pipe', 'inherit'] })
    this.#child = child
    const lines = createInterface({ input: child.stdout })
    const signal = AbortSignal.timeout(10_000)
    for await (const [line] of eventsOf(lines, 'line', { signal }))
      if (line.includes('Ready to accept connections')) return
  }

  /** SIGKILL: as when the power goes. */
  async kill(): Promise<void> {
    const child = this.#child
    this.#child = undefined
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return
    child.kill('SIGKILL')
    await once(child, 'exit')
  }

  /** Stands still, with its connections open. */
  hang(): void {
    this.#child?.kill('SIGSTOP')
  }

  goOn(): void {
    this.#child?.kill('SIGCONT')
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.kill()
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  if (address === null || typeof address === 'string') throw new Error('a server without a port')
  return address.port
}
