import { once } from 'node:events'
import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import type { Certificates } from './certificates.ts'

/** What the service was asked. */
export interface Asked {
  readonly authorization: string | undefined
  readonly body: Record<string, unknown>
}

export type Answering = (asked: Asked, response: ServerResponse) => void

/** A web service that says who people are, for the tests of `auth-http`. */
export interface AccountsService extends AsyncDisposable {
  readonly url: string
  readonly asked: Asked[]
  answer: Answering
  /** Ends it, as when its machine dies; and starts it again at the same port. */
  away(): Promise<void>
  back(): Promise<void>
}

export async function startAccountsService(answer: Answering, tls?: Certificates): Promise<AccountsService> {
  const asked: Asked[] = []
  const listener: RequestListener = (request, response) => {
    void readBody(request).then(body => {
      const one = { authorization: request.headers.authorization, body }
      asked.push(one)
      service.answer(one, response)
    })
  }
  let server: Server = await listen(listener, 0, tls)
  const { port } = server.address() as AddressInfo
  const service: AccountsService = {
    url: `${tls ? 'https' : 'http'}://localhost:${port}/parley`.replace('localhost', tls ? 'localhost' : '127.0.0.1'),
    asked,
    answer,
    away: () => end(server),
    async back() {
      server = await listen(listener, port, tls)
    },
    [Symbol.asyncDispose]: () => end(server),
  }
  return service
}

/** The usual answer: JSON with status 200. */
export function say(response: ServerResponse, value: unknown, status = 200): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value))
}

async function listen(listener: RequestListener, port: number, tls?: Certificates): Promise<Server> {
  const server = tls ? createTlsServer({ cert: tls.cert, key: tls.key }, listener) : createServer(listener)
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
  return server
}

async function end(server: Server): Promise<void> {
  if (!server.listening) return
  const closed = once(server, 'close')
  server.close()
  server.closeAllConnections()
  await closed
}

async function readBody(request: IncomingMessage): Promise<Record<string, unknown>> {
  let text = ''
  for await (const chunk of request.setEncoding('utf8')) text += chunk
  return JSON.parse(text)
}
