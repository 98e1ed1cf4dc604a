import { once } from 'node:events'
import net from 'node:net'
import { proxyHeader } from './proxies.ts'

/**
 * A way to a registry that makes it see whoever comes as from `source`: it sends a PROXY header before what it passes
 * on, as a trusted proxy does.
 */
export interface Forwarder extends AsyncDisposable {
  readonly port: number
  /** From where the next connections come, for the registry; `local`: from loopback, as they do. */
  source: string
  /** Open connections, by what they are. */
  readonly open: { readonly link: Set<net.Socket>; readonly relay: Set<net.Socket> }
  /** Cuts all of a kind. */
  cut(what: 'link' | 'relay'): void
}

export async function startForwarder(to: { host: string; port: number }, source: string): Promise<Forwarder> {
  const open = { link: new Set<net.Socket>(), relay: new Set<net.Socket>() }
  const all = new Set<net.Socket>()
  const server = net.createServer({ noDelay: true }, near => {
    const far = net.connect({ ...to, noDelay: true })
    for (const socket of [near, far]) {
      all.add(socket)
      socket.on('error', () => {})
      socket.on('close', () => all.delete(socket))
    }
    far.write(proxyHeader(forwarder.source))
    near.once('data', first => {
      const kind = first[0] === 0x50 ? open.relay : open.link
      kind.add(near)
      near.on('close', () => kind.delete(near))
      far.write(first)
      near.pipe(far)
    })
    far.pipe(near)
    near.on('close', () => far.destroy())
    far.on('close', () => near.destroy())
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const forwarder: Forwarder = {
    port: (server.address() as net.AddressInfo).port,
    source,
    open,
    cut(what) {
      for (const socket of open[what]) socket.destroy()
    },
    async [Symbol.asyncDispose]() {
      for (const socket of all) socket.destroy()
      await new Promise(resolve => server.close(resolve))
    },
  }
  return forwarder
}
