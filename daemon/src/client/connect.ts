import { connect as connectSocket, type Socket } from 'node:net'
import { ConnectionError, ErrorCodes, ResponseError } from 'vscode-jsonrpc/node'
import { asParleyError, errorFrom, ParleyError } from '../errors.ts'
import { limits } from '../limits.ts'
import { locations } from '../locations.ts'
import {
  type ControlMethod,
  type ControlNotifications,
  type ControlRequests,
  controlVersions,
} from '../protocol/control.ts'
import type { DaemonFile } from '../protocol/daemon-file.ts'
import { proveToDaemon } from './proof.ts'
import { readDaemonFile } from './published.ts'
import { type Rpc, speakRpc } from './rpc.ts'

export interface ConnectOptions {
  readonly home: string
  /** What this front end is, for the daemon's log: `cli`, `vscode`. */
  readonly client: string
  /** Whether a person sits in front of it: a chat does, a one-shot command does not. */
  readonly attached?: boolean
  /** The versions of the control API that this front end speaks. */
  readonly versions?: { readonly lowest: number; readonly highest: number }
  readonly signal?: AbortSignal
}

/** A connection to the daemon of a home. */
export interface Client {
  readonly daemon: ControlRequests['hello'][1]
  /**
   * Asks the daemon. A refusal rejects as ParleyError in the daemon's words; `timeout` (ms) when no reply came, `closed`
   * when the daemon has gone.
   */
  request<Method extends ControlMethod>(
    method: Method,
    params: ControlRequests[Method][0],
    options?: { readonly timeout?: number },
  ): Promise<ControlRequests[Method][1]>
  /**
   * Calls `listener` with each notification of that name. A `change` whose number leaves a gap means: `subscribe` again;
   * an empty list of `messages` means: read the `history` again.
   */
  on<Name extends keyof ControlNotifications>(
    name: Name,
    listener: (news: ControlNotifications[Name]) => void,
  ): () => void
  /** Resolves when the connection has ended, whoever ended it. */
  readonly closed: Promise<void>
  close(): void
}

/**
 * Connects to the daemon that runs for `home`. Rejects with ParleyError `not-running` when there is none, `too-old`
 * when the two speak no common version, `forged` when another program sits behind its socket.
 */
export async function connect(options: ConnectOptions): Promise<Client> {
  const daemon = await findDaemon(options.home)
  const { rpc, socket, closed } = await open(daemon, options.signal)
  const client = new RpcClient(rpc, socket, closed)
  try {
    const { client: name, attached = false, versions = controlVersions } = options
    return client.greeted(await client.request('hello', { versions, client: name, attached }))
  } catch (error) {
    client.close()
    throw error
  }
}

/** Ends a daemon whose control API is older than this front end; `stop` is the same in all versions. */
export async function stopOlder(options: ConnectOptions): Promise<void> {
  const { rpc, socket, closed } = await open(await findDaemon(options.home), options.signal)
  const client = new RpcClient(rpc, socket, closed)
  await client.request('stop', {})
  client.close()
}

/** How to reach the daemon of `home`. ParleyError `not-running` when it has published nothing. */
export async function findDaemon(home: string): Promise<DaemonFile> {
  const daemon = await readDaemonFile(locations(home).daemonFile)
  if (!daemon) throw notRunning(home)
  return daemon
}

interface Opened {
  readonly rpc: Rpc
  readonly socket: Socket
  readonly closed: Promise<void>
}

async function open(daemon: DaemonFile, signal: AbortSignal | undefined): Promise<Opened> {
  const deadline = AbortSignal.timeout(limits.controlProof)
  const both = signal ? AbortSignal.any([signal, deadline]) : deadline
  const socket = connectSocket(daemon.socket)
  const closed = new Promise<void>(resolve => socket.once('close', () => resolve()))
  try {
    await connected(socket, both)
    const first = await proveToDaemon(socket, daemon.token, both)
    const rpc = speakRpc(socket, first, () => true)
    socket.on('error', () => socket.destroy())
    return { rpc, socket, closed }
  } catch (error) {
    socket.on('error', () => {})
    socket.destroy()
    // A process that hangs still has its socket: the system accepts, and nobody answers.
    throw deadline.aborted ? mute() : error
  }
}

function connected(socket: Socket, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const late = () => reject(mute())
    signal.addEventListener('abort', late, { once: true })
    socket.once('error', cause => {
      const isGone = 'code' in cause && (cause.code === 'ECONNREFUSED' || cause.code === 'ENOENT')
      const words = `Cannot reach the daemon: ${cause.message}.`
      reject(isGone ? notRunning() : new ParleyError('home', words, { cause }))
    })
    socket.once('connect', () => {
      signal.removeEventListener('abort', late)
      resolve()
    })
  })
}

function mute(): ParleyError {
  return new ParleyError('timeout', 'Parley’s background service runs but does not answer; restart it.')
}

function notRunning(home?: string): ParleyError {
  const where = home === undefined ? '' : ` for ${home}`
  return new ParleyError('not-running', `No Parley daemon is running${where}.`)
}

type Listeners = {
  readonly [Name in keyof ControlNotifications]: Set<(news: ControlNotifications[Name]) => void>
}

class RpcClient implements Client {
  readonly closed: Promise<void>
  readonly #rpc: Rpc
  readonly #socket: Socket
  readonly #listeners: Listeners = {
    change: new Set(),
    messages: new Set(),
    people: new Set(),
    chat: new Set(),
    notice: new Set(),
    file: new Set(),
  }
  #daemon: ControlRequests['hello'][1] | undefined

  constructor(rpc: Rpc, socket: Socket, closed: Promise<void>) {
    this.#rpc = rpc
    this.#socket = socket
    // Whoever still waits for a reply is told at once.
    this.closed = closed.then(() => rpc.connection.dispose())
    rpc.connection.onError(() => {})
    this.#receive('change')
    this.#receive('messages')
    this.#receive('people')
    this.#receive('chat')
    this.#receive('notice')
    this.#receive('file')
    rpc.connection.listen()
  }

  greeted(daemon: ControlRequests['hello'][1]): this {
    this.#daemon = daemon
    return this
  }

  get daemon(): ControlRequests['hello'][1] {
    if (!this.#daemon) throw new ParleyError('internal', 'The daemon has not answered hello yet.')
    return this.#daemon
  }

  async request<Method extends ControlMethod>(
    method: Method,
    params: ControlRequests[Method][0],
    { timeout = limits.controlRequest }: { readonly timeout?: number } = {},
  ): Promise<ControlRequests[Method][1]> {
    const late = Promise.withResolvers<never>()
    const timer = setTimeout(
      () =>
        late.reject(
          new ParleyError('timeout', `Parley’s background service did not answer within ${timeout / 1000} s.`),
        ),
      timeout,
    )
    try {
      const reply = this.#rpc.connection.sendRequest<ControlRequests[Method][1]>(method, params)
      return await Promise.race([reply, late.promise])
    } catch (error) {
      throw understand(error)
    } finally {
      clearTimeout(timer)
    }
  }

  on<Name extends keyof ControlNotifications>(
    name: Name,
    listener: (news: ControlNotifications[Name]) => void,
  ): () => void {
    const listeners = this.#listeners[name]
    // An entry of its own, so that one function given twice is called twice.
    const entry = (news: ControlNotifications[Name]) => listener(news)
    listeners.add(entry)
    return () => listeners.delete(entry)
  }

  #receive<Name extends keyof ControlNotifications>(name: Name): void {
    this.#rpc.connection.onNotification(name, (news: ControlNotifications[Name]) => {
      for (const listener of this.#listeners[name]) listener(news)
    })
  }

  close(): void {
    this.#socket.destroy()
  }
}

/** What a failed request means, in the daemon's own words where it said some. */
function understand(error: unknown): ParleyError {
  if (error instanceof ParleyError) return error
  if (error instanceof ResponseError && error.code !== ErrorCodes.PendingResponseRejected) {
    const data: { code?: unknown; retryAfter?: unknown } = error.data ?? {}
    const retryAfter = typeof data.retryAfter === 'number' ? data.retryAfter : undefined
    return errorFrom(String(data.code), error.message, retryAfter)
  }
  if (error instanceof ResponseError || error instanceof ConnectionError) {
    return new ParleyError('closed', 'Parley’s background service has stopped; try again.', { cause: error })
  }
  return asParleyError(error)
}
