import { once } from 'node:events'
import http from 'node:http'
import net from 'node:net'

/** A PROXY header of version 2: `local`, or from that address; `extra` bytes of what proxies add. */
export function proxyHeader(from: string, options: { readonly extra?: number } = {}): Buffer {
  const signature = Buffer.from('0d0a0d0a000d0a515549540a', 'hex')
  const extra = Buffer.alloc(options.extra ?? 0, 0x04)
  if (from === 'local') return Buffer.concat([signature, Buffer.from([0x20, 0x00, 0, extra.length]), extra])
  const isV6 = net.isIPv6(from)
  const addresses = Buffer.concat([
    ...(isV6 ? [bytesOf6(from), bytesOf6('::1')] : [bytesOf4(from), bytesOf4('10.0.0.1')]),
    Buffer.alloc(4),
  ])
  const head = Buffer.from([0x21, isV6 ? 0x21 : 0x11, 0, 0])
  head.writeUInt16BE(addresses.length + extra.length, 2)
  return Buffer.concat([signature, head, addresses, extra])
}

function bytesOf4(address: string): Buffer {
  return Buffer.from(address.split('.').map(Number))
}

function bytesOf6(address: string): Buffer {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/.exec(address)?.[1]
  if (mapped) return Buffer.concat([Buffer.alloc(10), Buffer.from([0xff, 0xff]), bytesOf4(mapped)])
  const [left = '', right] = address.split('::')
  const groupsOf = (text: string) => (text === '' ? [] : text.split(':').map(group => Number.parseInt(group, 16)))
  const head = groupsOf(left)
  const tail = groupsOf(right ?? '')
  const groups = [...head, ...new Array(8 - head.length - tail.length).fill(0), ...tail]
  const bytes = Buffer.alloc(16)
  groups.forEach((group, at) => void bytes.writeUInt16BE(group, 2 * at))
  return bytes
}

/** An HTTP proxy on loopback that connects to wherever it is asked, or answers as told. */
export interface TestProxy extends AsyncDisposable {
  readonly port: number
  /** `http://127.0.0.1:PORT` */
  readonly url: string
  /** Where it was asked to connect to, and as whom. */
  readonly asked: { readonly place: string; readonly authorization: string | undefined }[]
  /** Connections that are open now. */
  readonly open: Set<net.Socket>
  /** What it answers instead of connecting. */
  refuse: number | 'silence' | 'noise' | undefined
  /** Where it connects to instead of where it is asked to. */
  instead: { host: string; port: number } | undefined
}

export async function startProxy(): Promise<TestProxy> {
  const server = http.createServer()
  const open = new Set<net.Socket>()
  const all = new Set<net.Socket>()
  server.on('connection', socket => {
    all.add(socket)
    socket.on('close', () => all.delete(socket))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as net.AddressInfo
  const proxy: TestProxy = {
    port,
    url: `http://127.0.0.1:${port}`,
    asked: [],
    open,
    refuse: undefined,
    instead: undefined,
    async [Symbol.asyncDispose]() {
      for (const socket of all) socket.destroy()
      await new Promise(resolve => server.close(resolve))
    },
  }
  server.on('connect', (request, client: net.Socket, head) => {
    client.on('error', () => {})
    const place = request.url ?? ''
    proxy.asked.push({ place, authorization: request.headers['proxy-authorization'] })
    if (proxy.refuse === 'silence') return
    if (proxy.refuse === 'noise') return void client.end('SSH-2.0-x\r\n')
    if (proxy.refuse !== undefined) return void client.end(`HTTP/1.1 ${proxy.refuse} No\r\ncontent-length: 0\r\n\r\n`)
    const [, host = '', to] = /^\[?(.*?)\]?:(\d+)$/.exec(place) ?? []
    const far = net.connect(proxy.instead ?? { host, port: Number(to) })
    far.on('error', () => client.end('HTTP/1.1 502 No\r\ncontent-length: 0\r\n\r\n'))
    far.on('connect', () => {
      open.add(client)
      client.on('close', () => open.delete(client))
      client.write('HTTP/1.1 200 Connection established\r\n\r\n')
      far.write(head)
      client.pipe(far).pipe(client)
    })
    client.on('close', () => far.destroy())
  })
  return proxy
}
