import type { Socket } from 'node:net'
import { ConnectionError, ErrorCodes, ResponseError } from 'vscode-jsonrpc/node'
import { asParleyError, errorFrom, ParleyError } from '../errors.ts'
import { limits } from '../limits.ts'
import type { ControlMethod, ControlNotifications, ControlRequests } from '../protocol/control.ts'
import type { Client } from './connect.ts'
import { type Rpc, speakRpc } from './rpc.ts'

/** A connection to a daemon whose proof is done. It begins to read at once. */
export class RpcClient implements Client {
  readonly closed: Promise<void>
  readonly #rpc: Rpc
  readonly #socket: Socket
  readonly #listeners: Listeners = {
    change: new Set(),
    messages: new Set(),
    people: new Set(),
    prompt: new Set(),
    chat: new Set(),
    notice: new Set(),
    file: new Set(),
    historyProgress: new Set(),
  }
  #daemon: ControlRequests['hello'][1] | undefined

  /** `first`: bytes that came right behind the proof; `closed` resolves when the socket has ended. */
  constructor(socket: Socket, first: Uint8Array, closed: Promise<void>) {
    const rpc = speakRpc(socket, first, () => true)
    this.#rpc = rpc
    this.#socket = socket
    // Whoever still waits for a reply is told at once.
    this.closed = closed.then(() => rpc.connection.dispose())
    rpc.connection.onError(() => {})
    this.#receive('change')
    this.#receive('messages')
    this.#receive('people')
    this.#receive('prompt')
    this.#receive('chat')
    this.#receive('notice')
    this.#receive('file')
    this.#receive('historyProgress')
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

type Listeners = {
  readonly [Name in keyof ControlNotifications]: Set<(news: ControlNotifications[Name]) => void>
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
