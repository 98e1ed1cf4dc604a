import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

/** A proxy that lets nothing through and remembers who was asked for: what a window wants of the world. */
export interface Outside extends AsyncDisposable {
  /** http://127.0.0.1:PORT */
  readonly proxy: string
  /** A line for each request that wanted to leave: `GET http://evil.example/x`, `CONNECT evil.example:443`. */
  readonly requests: readonly string[]
}

export async function watchOutside(): Promise<Outside> {
  const requests: string[] = []
  const server = createServer((request, response) => {
    requests.push(`${request.method} ${request.url}`)
    response.writeHead(502).end()
  })
  server.on('connect', (request, socket) => {
    requests.push(`CONNECT ${request.url}`)
    socket.on('error', () => {}).end('HTTP/1.1 502 Bad Gateway\r\n\r\n')
  })
  server.on('upgrade', (request, socket) => {
    requests.push(`UPGRADE ${request.url}`)
    socket.on('error', () => {}).destroy()
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    proxy: `http://127.0.0.1:${port}`,
    requests,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise(resolve => server.close(resolve))
    },
  }
}
