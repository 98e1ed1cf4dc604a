import { mkdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { type Client, connect } from '../../daemon/src/client/index.ts'
import type { AccountInfo } from '../../daemon/src/protocol/control.ts'
import { type Process, type StartOptions, startProcess } from './processes.ts'

/** The program under test, as a person runs it: what `npm test` has built, or the sources. */
export const parley =
  process.env.PARLEY_TEST_PROGRAM ?? join(import.meta.dirname, '..', '..', 'daemon', 'bin', 'parley.js')

export interface RegistryReady {
  readonly event: 'ready'
  /** HOST:PORT */
  readonly listen: string
  readonly heartbeat: string
  readonly registryId: string
  /** parley://host:port/id?v=1 */
  readonly address: string
}

/** The port of HOST:PORT. */
export function portOf(address: string): number {
  return Number(address.slice(address.lastIndexOf(':') + 1))
}

export interface HubReady {
  readonly event: 'ready'
  readonly listen: string
}

export interface DaemonOptions extends StartOptions {
  readonly args?: readonly string[]
}

/** Starts a real registry on loopback, on free ports unless `args` names some. */
export function startRegistry(home: string, options: DaemonOptions = {}): Promise<Process<RegistryReady>> {
  mkdirSync(dirname(home), { recursive: true })
  const { args = ['--listen', '127.0.0.1:0', '--heartbeat', '127.0.0.1:0'] } = options
  return startProcess(parley, ['registry', '--home', home, '--json', ...args], options)
}

/** Starts a real hub in the foreground. */
export function startHub(home: string, options: DaemonOptions = {}): Promise<Process<HubReady>> {
  mkdirSync(dirname(home), { recursive: true })
  return startProcess(
    parley,
    ['hub', '--home', home, '--json', ...(options.args ?? ['--listen', '127.0.0.1:0'])],
    options,
  )
}

/** Somebody with a hub of their own that listens on loopback, and a connection to it as a front end has one. */
export class Person implements AsyncDisposable {
  readonly home: string
  readonly name: string
  readonly #options: DaemonOptions
  #hub: Process<HubReady> | undefined
  #client: Client | undefined

  constructor(name: string, home: string, options: DaemonOptions = {}) {
    this.name = name
    this.home = home
    this.#options = options
  }

  get hub(): Process<HubReady> {
    if (!this.#hub) throw new Error(`${this.name}'s hub is not running`)
    return this.#hub
  }

  get client(): Client {
    if (!this.#client) throw new Error(`${this.name} is not connected`)
    return this.#client
  }

  /** Starts the hub and connects to it. */
  async start(options: DaemonOptions = this.#options): Promise<this> {
    this.#hub = await startHub(this.home, options)
    this.#client = await connect({ home: this.home, client: 'test', attached: true })
    return this
  }

  signUp(registry: string, password: string): Promise<AccountInfo> {
    return this.client.request('signUp', { registry, name: this.name, password })
  }

  /** SIGKILL. */
  async kill(): Promise<void> {
    this.#client?.close()
    await this.#hub?.kill()
    this.#hub = undefined
  }

  async stop(): Promise<void> {
    this.#client?.close()
    await this.#hub?.stop()
    this.#hub = undefined
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop()
  }
}
