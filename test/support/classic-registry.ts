import type { Storage } from '@parley/kit'
import { openMemoryStorage } from '@parley/storage-memory'
import { createIdentity } from '../../daemon/src/net/identity.ts'
import { listenPort, type PortLimits } from '../../daemon/src/net/port.ts'
import { type Classic, type ClassicOptions, startClassic } from '../../daemon/src/registry/classic/classic.ts'
import type { ModernPeople } from '../../daemon/src/registry/classic/service.ts'
import { ClassicBeater, ClassicClient, type ClassicClientOptions } from './classic-client.ts'

/** A line of the log as a test sees it. */
export interface LogLine {
  readonly level: 'debug' | 'info' | 'warn' | 'error'
  readonly about: object
  readonly text: string
}

/** The classic side of a registry on a real port, with storage in memory and cheap password records. */
export class ClassicRegistry implements AsyncDisposable {
  readonly classic: Classic
  readonly storage: Storage
  readonly port: number
  readonly lines: LogLine[]
  readonly #held: AsyncDisposableStack

  static async start(
    options: Partial<Omit<ClassicOptions, 'people'>> & { people?: ModernPeople; limits?: Partial<PortLimits> } = {},
  ): Promise<ClassicRegistry> {
    const lines: LogLine[] = []
    const write = (level: LogLine['level']) => (about: object, text: string) => void lines.push({ level, about, text })
    const log = { debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error') }
    const { limits = {}, storage = openMemoryStorage(), people = nobody, ...rest } = options
    const held = new AsyncDisposableStack()
    const classic = await startClassic({
      storage,
      mode: 'loopback',
      signUp: 'open',
      heartbeat: { host: '127.0.0.1', port: 0 },
      people: () => people,
      log,
      scryptCost: { log2N: 4, r: 8, p: 1 },
      ...rest,
    })
    held.defer(() => classic.close())
    const identity = await createIdentity()
    const listen = [{ host: '127.0.0.1', port: 0 }]
    const port = await listenPort({ listen, identity, alpn: {}, classic: classic.gate, log, limits })
    held.defer(() => port.close())
    return new ClassicRegistry(classic, storage, port.addresses[0]?.port ?? 0, lines, held)
  }

  private constructor(classic: Classic, storage: Storage, port: number, lines: LogLine[], held: AsyncDisposableStack) {
    this.classic = classic
    this.storage = storage
    this.port = port
    this.lines = lines
    this.#held = held
  }

  /** A client that is closed with the registry. */
  async client(options: Omit<ClassicClientOptions, 'port'> = {}): Promise<ClassicClient> {
    const client = await ClassicClient.connect({ ...options, port: this.port })
    this.#held.defer(() => client.close())
    return client
  }

  /** A client that has registered `name` and logged in. */
  async online(name: string, options: Omit<ClassicClientOptions, 'port'> = {}): Promise<ClassicClient> {
    const client = await this.client(options)
    await client.register(name, 'secret1')
    const { code } = await client.login(name, 'secret1')
    if (code !== 21) throw new Error(`${name} could not log in: ${code}`)
    return client
  }

  async beater(from?: string): Promise<ClassicBeater> {
    const beater = await ClassicBeater.open({
      port: this.classic.heartbeat.port,
      ...(from === undefined ? {} : { from }),
    })
    this.#held.defer(() => beater.close())
    return beater
  }

  /** Resolves with the next change of `is` for `name`. */
  change(is: 'online' | 'offline', name: string): Promise<void> {
    return new Promise(resolve => {
      const stop = this.classic.watch(change => {
        if (change.is !== is || change.user.name !== name) return
        stop()
        resolve()
      })
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#held.disposeAsync()
  }
}

const nobody = { find: () => undefined, online: () => [] }
