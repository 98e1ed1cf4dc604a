import { connect as connectSocket, type Socket } from 'node:net'
import { ParleyError } from '../errors.ts'
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
import type { RpcClient } from './rpc-client.ts'

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
  const client = await open(daemon, options.signal)
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
  const client = await open(await findDaemon(options.home), options.signal)
  await client.request('stop', {})
  client.close()
}

/** How to reach the daemon of `home`. ParleyError `not-running` when it has published nothing. */
export async function findDaemon(home: string): Promise<DaemonFile> {
  const daemon = await readDaemonFile(locations(home).daemonFile)
  if (!daemon) throw notRunning(home)
  return daemon
}

async function open(daemon: DaemonFile, signal: AbortSignal | undefined): Promise<RpcClient> {
  // Only once it is needed: an extension is loaded long before, and it is a quarter of what that costs.
  const { RpcClient } = await import('./rpc-client.ts')
  const deadline = AbortSignal.timeout(limits.controlProof)
  const both = signal ? AbortSignal.any([signal, deadline]) : deadline
  const socket = connectSocket(daemon.socket)
  const closed = new Promise<void>(resolve => socket.once('close', () => resolve()))
  try {
    await connected(socket, both)
    const first = await proveToDaemon(socket, daemon.token, both)
    socket.on('error', () => socket.destroy())
    return new RpcClient(socket, first, closed)
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
