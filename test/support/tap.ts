import { connect, createServer, type Socket } from 'node:net'

/** A TCP proxy on loopback that keeps all bytes that pass, both ways, and can cut what passes. */
export interface Tap extends AsyncDisposable {
  readonly port: number
  /** Everything that has passed. */
  bytes(): Buffer
  /** Cuts every connection; new ones are let through. */
  cut(): void
}

export async function startTap(target: number): Promise<Tap> {
  const passed: Buffer[] = []
  const sockets = new Set<Socket>()
  const server = createServer(client => {
    const upstream = connect(target, '127.0.0.1')
    for (const [from, to] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      sockets.add(from)
      from.on('data', chunk => {
        passed.push(chunk)
        to.write(chunk)
      })
      from.on('error', () => to.destroy())
      from.on('end', () => to.end())
      from.on('close', () => {
        sockets.delete(from)
        to.destroy()
      })
    }
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the tap has no port')
  const cut = () => {
    for (const socket of sockets) socket.destroy()
  }
  return {
    port: address.port,
    bytes: () => Buffer.concat(passed),
    cut,
    async [Symbol.asyncDispose]() {
      cut()
      await new Promise(resolve => server.close(resolve))
    },
  }
}
