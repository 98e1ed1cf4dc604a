import { once } from 'node:events'
import net from 'node:net'
import tls from 'node:tls'
import type { Log } from '@parley/kit'
import { Dialer, type DialLimits } from '../../daemon/src/net/dial.ts'
import { createIdentity, type Identity } from '../../daemon/src/net/identity.ts'
import type { Link } from '../../daemon/src/net/link.ts'
import { listenPort, type Port, type PortLimits, type PortOptions } from '../../daemon/src/net/port.ts'
import { encodeFrame, FrameReader } from '../../daemon/src/protocol/frames.ts'
import type { Event, Frame, Reply, Request } from '../../daemon/src/protocol/parley_pb.ts'

export const alpn = 'parley-peer/1'

/** `promise`, or a failure that names `what` when it takes longer than `deadline` ms. */
export async function within<T>(what: string, promise: Promise<T>, deadline = 15_000): Promise<T> {
  const late = Promise.withResolvers<never>()
  const timer = setTimeout(() => late.reject(new Error(`${what}: not within ${deadline} ms`)), deadline)
  try {
    return await Promise.race([promise, late.promise])
  } finally {
    clearTimeout(timer)
  }
}

/** A log that remembers its lines. */
export function testLog(): Log & { readonly lines: { about: object; text: string }[] } {
  const lines: { about: object; text: string }[] = []
  const add = (about: object, text: string) => void lines.push({ about, text })
  return { lines, debug: add, info: add, warn: add, error: add }
}

/** A port on loopback with an identity of its own, whose links go to `taken`. */
export async function openPort(
  taken: (link: Link) => void,
  options: Partial<Omit<PortOptions, 'limits'>> & { limits?: Partial<PortLimits> } = {},
): Promise<AsyncDisposable & { port: Port; at: { host: string; port: number }; identity: Identity }> {
  const identity = options.identity ?? (await createIdentity())
  const listen = options.listen ?? [{ host: '127.0.0.1', port: 0 }]
  const port = await listenPort({ log: testLog(), alpn: { [alpn]: taken }, ...options, listen, identity })
  const at = { host: '127.0.0.1', port: port.addresses[0]?.port ?? 0 }
  return { port, at, identity, [Symbol.asyncDispose]: () => port.close() }
}

export interface Pair extends AsyncDisposable {
  /** The side that dialled. */
  readonly near: Link
  /** The side that accepted. */
  readonly far: Link
  readonly port: Port
}

/** Two linked ends, established and signed in; handlers are not set. */
export async function linkPair(
  options: { limits?: Partial<PortLimits & DialLimits>; log?: Log; isStranger?: boolean } = {},
): Promise<Pair> {
  const taken = Promise.withResolvers<Link>()
  const limits = options.limits ?? {}
  const log = options.log ?? testLog()
  const { port, at, identity } = await openPort(taken.resolve, { limits, log })
  const dialer = new Dialer({ identity: await createIdentity(), limits, log })
  const near = await dialer.dial({ ...at, alpn, expect: identity.id })
  const far = await within('the accepted link', taken.promise)
  for (const link of [near, far]) {
    link.established()
    if (!options.isStranger) link.allowLargeFrames()
  }
  const close = async () => {
    dialer.close()
    await port.close()
  }
  return { near, far, port, [Symbol.asyncDispose]: close }
}

/** A TLS client without any of our care: sends and shows raw bytes. */
export async function rawClient(
  at: { host: string; port: number },
  options: tls.ConnectionOptions & { identity?: Identity } = {},
): Promise<tls.TLSSocket> {
  const { identity, ...rest } = options
  const shown = identity ? { key: identity.keyPem, cert: identity.certificate } : {}
  const socket = tls.connect({ ...at, rejectUnauthorized: false, ALPNProtocols: [alpn], ...shown, ...rest })
  socket.on('error', () => {})
  await within('a TLS handshake', once(socket, 'secureConnect'))
  return socket
}

/** A plain TCP connection; errors are left to the test's own listeners. */
export async function tcpClient(at: { host: string; port: number }, localAddress?: string): Promise<net.Socket> {
  const socket = net.connect({ ...at, ...(localAddress ? { localAddress } : {}) })
  socket.on('error', () => {})
  await within('a TCP connection', once(socket, 'connect'))
  return socket
}

/** Resolves when the other side has ended or reset `socket`. */
export async function gone(socket: net.Socket, deadline = 15_000): Promise<void> {
  socket.resume()
  if (!socket.closed) await within('the end of a connection', new Promise(r => socket.once('close', r)), deadline)
}

/** The next frames that a raw client receives. */
export function framesOf(socket: net.Socket): { next(): Promise<Frame> } {
  const reader = new FrameReader({ limit: 1024 * 1024 })
  const arrived: Frame[] = []
  let wake = () => {}
  socket.on('data', chunk => {
    arrived.push(...reader.push(chunk))
    wake()
  })
  socket.resume()
  const next = async (): Promise<Frame> => {
    const frame = arrived.shift()
    if (frame) return frame
    await new Promise<void>(resolve => {
      wake = resolve
    })
    return next()
  }
  return { next: () => within('a frame', next()) }
}

export function requestFrame(id: number, is: Request['is']): Uint8Array {
  const value = { $typeName: 'parley.v1.Request', is } as const
  return encodeFrame({ $typeName: 'parley.v1.Frame', id, is: { case: 'request', value } })
}

export function eventFrame(is: Event['is']): Uint8Array {
  const value = { $typeName: 'parley.v1.Event', is } as const
  return encodeFrame({ $typeName: 'parley.v1.Frame', id: 0, is: { case: 'event', value } })
}

/** A request that can carry a number or a text. */
export function search(query: string, limit = 0): Request['is'] {
  return { case: 'search', value: { $typeName: 'parley.v1.Search', query, limit, after: '' } }
}

export const ping: Request['is'] = { case: 'ping', value: { $typeName: 'parley.v1.Ping' } }

/** A reply that can carry bytes. */
export function challenge(data: Uint8Array | string): Reply['is'] {
  return { case: 'challenge', value: { $typeName: 'parley.v1.Challenge', data: Buffer.from(data) } }
}

/** The text of a {@link challenge}. */
export function textOf(is: Reply['is']): string {
  return is.case === 'challenge' ? Buffer.from(is.value.data).toString() : `a reply ${is.case}`
}

/** An event that carries its number, and as many bytes as told. */
export function numbered(arrival: number, size = 0): Event['is'] {
  const value = { $typeName: 'parley.v1.Ack', conversation: new Uint8Array(size), credit: 0 } as const
  return { case: 'ack', value: { ...value, heads: [], epoch: 0n, arrival: BigInt(arrival) } }
}

export function numberOf(is: Event['is']): number {
  return is.case === 'ack' ? Number(is.value.arrival) : Number.NaN
}
