import { randomBytes } from 'node:crypto'
import { createServer, type Server, type Socket } from 'node:net'
import type { Log } from '@parley/kit'
import { publishDaemonFile, readDaemonFile } from '../client/published.ts'
import type { Check } from '../doctor/doctor.ts'
import { ParleyError } from '../errors.ts'
import { limits } from '../limits.ts'
import { controlVersions, type StatusInfo } from '../protocol/control.ts'
import { controlProof } from '../protocol/control-proof.ts'
import { version } from '../version.ts'
import { FrontEnds } from './attention.ts'
import { type Endpoint, makeEndpoint, removeStaleEndpoint } from './endpoint.ts'
import { createHandlers } from './handlers.ts'
import { createParamsChecks } from './params.ts'
import type { HubPart, RegistryPart } from './parts.ts'
import { type SessionContext, serveSession } from './session.ts'

export interface ControlOptions {
  readonly home: string
  /** Path of daemon.json. */
  readonly daemonFile: string
  readonly roles: readonly ('hub' | 'registry')[]
  readonly hub?: HubPart | undefined
  /** The registry of this daemon: of its role, or started since by its hub. */
  readonly registry?: (() => RegistryPart | undefined) | undefined
  /** What `doctor` looks at besides the parts' own. */
  readonly checks?: () => readonly Check[]
  readonly log: Log
  /** Asked to stop by a front end, or because none has been there for `linger`. Must begin to stop the daemon. */
  readonly stop: () => void
  /** ms without a front end after which the daemon is to stop; absent: never. */
  readonly linger?: number | undefined
  /** Whether a front end started it, which a newer one may then replace. */
  readonly isBackground?: boolean
  readonly proofTimeout?: number
  readonly now?: () => number
}

export interface Control {
  /** The socket's path or the pipe's name. */
  readonly socket: string
  /** Ends every connection, once its last reply is out, and takes daemon.json away. */
  close(): Promise<void>
}

/**
 * Opens the local API: listens under a new random name, then publishes how to reach it in daemon.json. The caller holds
 * the home's lock, so whatever an earlier daemon left there is stale.
 */
export async function startControl(options: ControlOptions): Promise<Control> {
  const { daemonFile, log, now = Date.now } = options
  const stale = await readDaemonFile(daemonFile).catch(() => undefined)
  if (stale) await removeStaleEndpoint(stale.socket)

  const endpoint = await makeEndpoint()
  const token = randomBytes(controlProof.token)
  const startedAt = now()
  const { home, hub, registry = () => undefined, isBackground = false, stop } = options
  const roles = () => (registry() ? [...new Set([...options.roles, 'registry' as const])] : options.roles)
  const frontEnds = new FrontEnds(hub)
  const context: SessionContext = {
    token,
    handlers: createHandlers({
      ...(hub && { hub }),
      registry,
      about: (): Omit<StatusInfo, 'hub' | 'registry'> => ({
        version,
        pid: process.pid,
        home,
        roles: roles(),
        startedAt,
      }),
      checks: options.checks ?? (() => []),
      stop,
    }),
    checks: createParamsChecks(),
    hub,
    frontEnds,
    identity: () => ({ daemon: version, pid: process.pid, roles: roles(), isBackground }),
    log,
    proofTimeout: options.proofTimeout ?? limits.controlProof,
  }

  const sockets = new Set<Socket>()
  const linger = new Linger(options.linger, () => {
    // A whole team would be shut out.
    if (registry()) return
    log.info({ linger: options.linger }, 'No front end is left, so the daemon stops')
    stop()
  })
  const server = createServer(socket => {
    if (sockets.size >= limits.controlConnections) {
      socket.destroy()
      return
    }
    sockets.add(socket)
    linger.stay()
    void serveSession(socket, context).finally(() => {
      sockets.delete(socket)
      if (sockets.size === 0) linger.leave()
    })
  })

  try {
    await listen(server, endpoint)
    server.on('error', error => log.error({ error }, 'The control socket failed'))
    await publishDaemonFile(daemonFile, {
      pid: process.pid,
      socket: endpoint.socket,
      version,
      protocol: controlVersions,
      token,
    })
  } catch (error) {
    server.close()
    frontEnds.close()
    await endpoint.remove()
    throw error
  }
  linger.leave()

  return {
    socket: endpoint.socket,
    async close() {
      linger.close()
      await publishDaemonFile(daemonFile, undefined)
      await closeServer(server, sockets)
      frontEnds.close()
      await endpoint.remove()
    },
  }
}

async function listen(server: Server, endpoint: Endpoint): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', cause =>
      reject(
        new ParleyError('home', `Cannot open the control socket ${endpoint.socket}: ${cause.message}.`, { cause }),
      ),
    )
    server.listen(endpoint.socket, resolve)
  })
  server.removeAllListeners('error')
  await endpoint.protect()
}

async function closeServer(server: Server, sockets: ReadonlySet<Socket>): Promise<void> {
  const closed = new Promise<void>(resolve => server.close(() => resolve()))
  for (const socket of sockets) socket.end()
  const late = setTimeout(() => {
    for (const socket of sockets) socket.destroy()
  }, limits.controlClose)
  await closed
  clearTimeout(late)
}

/** Counts the time without a front end. */
class Linger {
  #after: number | undefined
  readonly #ended: () => void
  #timer: NodeJS.Timeout | undefined

  constructor(after: number | undefined, ended: () => void) {
    this.#after = after
    this.#ended = ended
  }

  stay(): void {
    clearTimeout(this.#timer)
  }

  leave(): void {
    clearTimeout(this.#timer)
    if (this.#after !== undefined) this.#timer = setTimeout(this.#ended, this.#after)
  }

  /** The last connections end after this; their leaving must not start the time anew. */
  close(): void {
    this.#after = undefined
    this.stay()
  }
}
