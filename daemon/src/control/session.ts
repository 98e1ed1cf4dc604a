import type { Socket } from 'node:net'
import type { Log } from '@parley/kit'
import { ErrorCodes, ResponseError } from 'vscode-jsonrpc/node'
import { proveToClient } from '../client/proof.ts'
import { type Rpc, speakRpc } from '../client/rpc.ts'
import { asParleyError, ParleyError } from '../errors.ts'
import { limits } from '../limits.ts'
import {
  type ControlErrorData,
  type ControlMethod,
  type ControlNotifications,
  type ControlRequests,
  controlVersions,
} from '../protocol/control.ts'
import type { FrontEnd, FrontEnds } from './attention.ts'
import { Feed, type FeedOutlet } from './feed.ts'
import type { Handlers } from './handlers.ts'
import type { ParamsChecks } from './params.ts'
import type { HubPart } from './parts.ts'
import { Prompting } from './prompting.ts'

/** What every session of a daemon shares. */
export interface SessionContext {
  readonly token: Uint8Array
  readonly handlers: Handlers
  readonly checks: ParamsChecks
  readonly hub: HubPart | undefined
  readonly frontEnds: FrontEnds
  /** What `hello` answers, without the version. */
  readonly identity: () => Omit<ControlRequests['hello'][1], 'version'>
  readonly log: Log
  readonly proofTimeout: number
}

/** One front end's connection, from its proof to its end. Resolves when the socket has closed; never rejects. */
export async function serveSession(socket: Socket, context: SessionContext): Promise<void> {
  const closed = new Promise<void>(resolve => socket.once('close', () => resolve()))
  socket.on('error', () => socket.destroy())
  const hello = AbortSignal.timeout(context.proofTimeout)
  const late = () => socket.destroy()
  hello.addEventListener('abort', late)
  try {
    const first = await proveToClient(socket, context.token, hello)
    const session = new Session(socket, first, context, () => hello.removeEventListener('abort', late))
    await closed
    session.close()
  } catch (error) {
    context.log.warn({ code: asParleyError(error).code }, 'A control connection ended before its proof')
    socket.destroy()
    await closed
  }
}

class Session {
  readonly #context: SessionContext
  readonly #rpc: Rpc
  readonly #greeted: () => void
  readonly #gone = new AbortController()
  readonly #prompting: Prompting
  #feed: Feed | undefined
  #frontEnd: FrontEnd | undefined
  #state: 'new' | 'greeted' | 'refused' = 'new'
  #inFlight = 0

  constructor(socket: Socket, first: Uint8Array, context: SessionContext, greeted: () => void) {
    this.#context = context
    this.#greeted = greeted
    this.#rpc = speakRpc(socket, first, isRequest)
    this.#prompting = new Prompting(prompt => this.#tell('prompt', prompt), this.#gone.signal)
    // Malformed bytes have closed the socket already; there is nobody to tell.
    this.#rpc.connection.onError(([error]) => context.log.warn({ reason: error.message }, 'A front end was cut off'))
    this.#rpc.connection.onRequest((method, params) => this.#serve(method, params))
    this.#rpc.connection.listen()
  }

  close(): void {
    this.#gone.abort(new ParleyError('closed', 'Who asked for this has gone.'))
    this.#feed?.close()
    this.#frontEnd?.leave()
    this.#rpc.connection.dispose()
  }

  async #serve(method: string, params: unknown): Promise<unknown> {
    if (this.#inFlight >= limits.controlInFlight) {
      throw respond(new ParleyError('busy', 'Too many requests are under way; wait for a reply first.'))
    }
    this.#inFlight++
    try {
      return await this.#answer(method, params)
    } catch (error) {
      const known = asParleyError(error)
      if (known.code === 'internal') this.#context.log.error({ method, error }, 'A request of a front end failed')
      throw respond(known)
    } finally {
      this.#inFlight--
    }
  }

  async #answer(method: string, params: unknown): Promise<unknown> {
    if (!isMethod(method, this.#context.checks)) {
      throw new ParleyError(
        'unsupported',
        `This daemon does not know the request ${method.slice(0, 64)}; update Parley.`,
      )
    }
    if (method === 'hello') return this.#hello(this.#context.checks.hello(params))
    // `stop` works across all versions, so that a newer program can always replace this one.
    if (this.#state !== 'greeted' && method !== 'stop') {
      throw new ParleyError('unsupported', 'The first request on a control connection must be hello.')
    }
    return this.#handle(method, params)
  }

  #handle<Method extends keyof Handlers>(method: Method, params: unknown): Promise<ControlRequests[Method][1]> {
    const given = this.#context.checks[method](params)
    const caller = { feed: this.#feed, frontEnd: this.#frontEnd, prompting: this.#prompting, signal: this.#gone.signal }
    return this.#context.handlers[method](given, caller)
  }

  #hello({ versions, attached }: ControlRequests['hello'][0]): ControlRequests['hello'][1] {
    this.#greeted()
    const version = Math.min(versions.highest, controlVersions.highest)
    if (version < Math.max(versions.lowest, controlVersions.lowest)) {
      this.#state = 'refused'
      throw tooOld(versions.highest < controlVersions.lowest)
    }
    this.#state = 'greeted'
    const { hub, frontEnds } = this.#context
    const outlet: FeedOutlet = {
      send: (name, params) => this.#tell(name, params),
      isBehind: this.#rpc.isBehind,
    }
    if (hub) this.#feed ??= new Feed(hub, outlet)
    if (attached) this.#frontEnd ??= frontEnds.add(outlet)
    return { version, ...this.#context.identity() }
  }

  #tell<Name extends keyof ControlNotifications>(name: Name, params: ControlNotifications[Name]): void {
    void this.#rpc.connection.sendNotification(name, params).catch(() => {})
  }
}

function tooOld(isFrontEnd: boolean): ParleyError {
  return isFrontEnd
    ? new ParleyError('too-old', 'This front end is older than the running daemon; update Parley in this editor.')
    : new ParleyError(
        'too-old',
        'The running daemon is older than this front end; `parley stop` lets the new one start.',
      )
}

/** Only requests are let through: the API has no notifications to a daemon, and nothing may pile up in their name. */
function isRequest(message: object): boolean {
  const { method, id }: { method?: unknown; id?: unknown } = message
  return typeof method === 'string' && (typeof id === 'string' || typeof id === 'number')
}

function isMethod(method: string, checks: ParamsChecks): method is ControlMethod {
  return Object.hasOwn(checks, method)
}

const failed = -32_000

function respond(error: ParleyError): ResponseError<ControlErrorData> {
  const code =
    error.code === 'usage'
      ? ErrorCodes.InvalidParams
      : error.code === 'unsupported'
        ? ErrorCodes.MethodNotFound
        : failed
  const { retryAfter } = error
  return new ResponseError(code, error.message, { code: error.code, ...(retryAfter !== undefined && { retryAfter }) })
}
