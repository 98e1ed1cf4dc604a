import net from 'node:net'
import tls, { type TLSSocket } from 'node:tls'
import type { Log } from '@parley/kit'
import { ParleyError } from '../errors.ts'
import { limits as defaults } from '../limits.ts'
import { toText } from '../protocol/ids.ts'
import type { Identity } from './identity.ts'
import { LinkKeeper } from './keeper.ts'
import { Link } from './link.ts'
import type { LinkLimits } from './owner.ts'
import type { HostPort } from './port-types.ts'
import { connectThrough, type ProxyFor } from './proxy.ts'
import { plainAddress } from './source.ts'
import { linkTls, type PeerKey, provenKey } from './tls.ts'

/** What a {@link Dialer} is made of. */
export interface DialerOptions {
  readonly identity: Identity
  readonly log?: Log
  readonly limits?: Partial<DialLimits>
  /** Which proxy leads to a registry. Peers are dialled directly. */
  readonly proxy?: ProxyFor
}

export type DialLimits = LinkLimits & { readonly [Name in 'handshake' | 'closing']: number }

/** Where to dial and whom to find there. */
export interface DialTarget {
  readonly host: string
  readonly port: number
  /** `parley-registry/1` or `parley-peer/1`; of several, the link tells which one the other side speaks. */
  readonly alpn: string | readonly string[]
  /** 32-byte id that the other side must prove; without it any key will do, and the caller judges `peerId`. */
  readonly expect?: Uint8Array
  readonly signal?: AbortSignal
  /** From dial to answered hello, in ms; default limits.handshake. */
  readonly timeout?: number
  /** Address to dial from. */
  readonly localAddress?: string
  /** An open connection to the other side, to be used instead of dialling. It belongs to the dial from now on. */
  readonly over?: net.Socket
  /** Whether `over` runs through a relay; then `name` is what sentences call the other side by. */
  readonly relayed?: { readonly name: string }
}

/**
 * Dials one link, as {@link Dialer.dial} does. Who dials many keeps a Dialer, whose links share their TLS context and
 * their timer.
 */
export function dialLink(options: DialTarget & DialerOptions): Promise<Link> {
  return new Dialer(options).dial(options)
}

/** Makes the outbound links of one identity. */
export class Dialer {
  readonly #context: tls.SecureContext
  readonly #limits: DialLimits
  readonly #log: Log
  readonly #keeper: LinkKeeper
  /** Which proxy leads to a registry. */
  readonly proxy: ProxyFor
  /** Every socket that was dialled and is not closed yet. */
  readonly #sockets = new Set<TLSSocket>()

  constructor({ identity, log = silentLog, limits = {}, proxy = () => undefined }: DialerOptions) {
    this.#limits = { ...defaults, ...limits }
    this.#context = tls.createSecureContext(linkTls(identity))
    this.#keeper = new LinkKeeper(this.#limits)
    this.#log = log
    this.proxy = proxy
  }

  /** Sockets that are open or being opened. */
  get connections(): number {
    return this.#sockets.size
  }

  /**
   * A link whose other side has proved its key. The link is not up before the other side has answered the hello: it
   * may still refuse, and `established` must be called before `timeout` is over. Throws `unreachable` in words,
   * `wrong-key`, or the reason of `signal`.
   */
  async dial(target: DialTarget): Promise<Link> {
    if (target.signal?.aborted) target.over?.destroy()
    target.signal?.throwIfAborted()
    const timeout = target.timeout ?? this.#limits.handshake
    const due = performance.now() + timeout
    const stop = new AbortController()
    const timer = setTimeout(() => stop.abort(new ParleyError('unreachable', tooSlow(target, timeout))), timeout)
    const signal = target.signal ? AbortSignal.any([stop.signal, target.signal]) : stop.signal
    let { over } = target
    let socket: TLSSocket | undefined
    try {
      const proxy = over || !isRegistry(target) ? undefined : this.proxy(target)
      if (proxy) over = await connectThrough(proxy, target, { signal, timeout })
      socket = this.#connect(over ? { ...target, over } : target)
      await connected(socket, signal, target)
      return this.#linkOf(socket, judge(socket, target), target, due)
    } catch (error) {
      socket?.destroy()
      over?.destroy()
      throw error
    } finally {
      clearTimeout(timer)
    }
  }

  /**
   * A connection to a registry's port without anything in it, by the same proxy as its links.
   * @throws ParleyError `unreachable`, or the reason of `signal`
   */
  async open(place: HostPort, signal: AbortSignal, timeout = this.#limits.handshake): Promise<net.Socket> {
    signal.throwIfAborted()
    const proxy = this.proxy(place)
    const socket = proxy
      ? await connectThrough(proxy, place, { signal, timeout })
      : net.connect({ host: place.host, port: place.port, noDelay: true })
    socket.on('error', () => {})
    if (proxy) return socket
    const target = { ...place, alpn: registryProtocol }
    const late = new AbortController()
    const timer = setTimeout(() => late.abort(new ParleyError('unreachable', tooSlow(target, timeout))), timeout)
    try {
      await connected(socket, AbortSignal.any([signal, late.signal]), target, 'connect')
      return socket
    } catch (error) {
      socket.destroy()
      throw error
    } finally {
      clearTimeout(timer)
    }
  }

  /** Cuts every link and every dial under way. */
  close(): void {
    for (const socket of this.#sockets) socket.destroy()
  }

  #connect({ host, port, alpn, localAddress, over, relayed }: DialTarget): TLSSocket {
    const socket = tls.connect({
      ...(over ? { socket: over } : { host, port }),
      ...(localAddress === undefined ? {} : { localAddress }),
      ...(net.isIP(host) || relayed ? {} : { servername: host }),
      secureContext: this.#context,
      ALPNProtocols: [...listOf(alpn)],
      // Keys are judged by their id, so neither authorities nor names count.
      rejectUnauthorized: false,
      checkServerIdentity: () => undefined,
    })
    socket.setNoDelay(true)
    this.#sockets.add(socket)
    socket.on('close', () => this.#sockets.delete(socket))
    // Errors come at any moment, before the handshake and after the link has gone: unheard, one would end the process.
    socket.on('error', () => {})
    return socket
  }

  #linkOf(socket: TLSSocket, peer: PeerKey, target: DialTarget, due: number): Link {
    let deadline: NodeJS.Timeout | undefined
    const stop = () => clearTimeout(deadline)
    const link = new Link(socket, peer, true, target.relayed ? '' : plainAddress(socket.remoteAddress), {
      isRelayed: target.relayed !== undefined,
      keeper: this.#keeper,
      limits: this.#limits,
      log: this.#log,
      established: stop,
      signedIn: () => {},
      ended: stop,
    })
    const late = () => link.close('timeout', `${nameOf(target)} was reached but did not answer in time.`)
    deadline = setTimeout(late, Math.max(0, due - performance.now())).unref()
    return link
  }
}

/** Resolves when TLS is done on this side; or when there is a connection, for `connect`. */
function connected(
  socket: net.Socket,
  signal: AbortSignal,
  target: DialTarget,
  done: 'secureConnect' | 'connect' = 'secureConnect',
): Promise<void> {
  return new Promise((resolve, reject) => {
    const fail = (error: unknown) => settle(() => reject(unreachable(target, error)))
    const aborted = () => settle(() => reject(signal.reason))
    const secured = () => settle(resolve)
    const ended = () => fail(undefined)
    function settle(outcome: () => void): void {
      socket.off(done, secured)
      socket.off('error', fail)
      socket.off('close', ended)
      signal.removeEventListener('abort', aborted)
      outcome()
    }
    socket.on(done, secured)
    socket.on('error', fail)
    socket.on('close', ended)
    signal.addEventListener('abort', aborted)
  })
}

/** The key of the other side, if it is a Parley of the right kind and the one that was meant. */
function judge(socket: TLSSocket, target: DialTarget): PeerKey {
  if (!listOf(target.alpn).includes(socket.alpnProtocol || '')) {
    throw new ParleyError('unreachable', `${nameOf(target)} answers, but is no ${kindOf(target)}. Check the address.`)
  }
  const peer = provenKey(socket)
  if (target.expect !== undefined && !Buffer.from(peer.id).equals(target.expect)) {
    throw new ParleyError(
      'wrong-key',
      `What answers at ${nameOf(target)} is not the one expected: its key is ${toText(peer.id)}, expected was ` +
        `${toText(target.expect)}. Nothing was sent. Ask whoever runs it for the right address.`,
    )
  }
  return peer
}

function unreachable(target: DialTarget, error: unknown): ParleyError {
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  return new ParleyError('unreachable', wordsFor(target, code), { cause: error })
}

function wordsFor(target: DialTarget, code: string): string {
  const name = nameOf(target)
  switch (code) {
    case 'ECONNREFUSED':
      return `Nothing listens at ${name}. Check the address and whether ${whoIs(target)} is running there.`
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return `The name ${target.host} was not found. Check its spelling and your network.`
    case 'ETIMEDOUT':
      return `${name} does not answer. Check the address, the network and firewalls.`
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
      return `There is no way to ${name} from here. Check your network.`
    case 'EADDRNOTAVAIL':
      return `${name} cannot be dialled from this address. Check the address and your network.`
    case 'ERR_SSL_TLSV1_ALERT_NO_APPLICATION_PROTOCOL':
      return `${name} answers, but is no ${kindOf(target)}. Check the address, its port above all.`
    case '':
    case 'ECONNRESET':
    case 'EPIPE':
      return `${name} closed the connection before it was secure. It may not be a Parley, or it is too busy.`
    default:
      return `${name} answers, but not as a Parley does (${code}): it is another program, a web server perhaps. Check the address, its port above all.`
  }
}

function tooSlow(target: DialTarget, timeout: number): string {
  return `${nameOf(target)} did not answer within ${timeout / 1000} s. Check the address, the network and firewalls.`
}

/** Whether a dial is for a registry, or may be. */
function isRegistry({ alpn }: DialTarget): boolean {
  return listOf(alpn).some(name => name.startsWith('parley-registry/'))
}

const registryProtocol = 'parley-registry/1'

/** What the caller is after, in a person's words; one who takes either does not know the difference. */
function kindOf({ alpn }: DialTarget): string {
  const [first, ...others] = listOf(alpn)
  if (others.length > 0) return 'Parley'
  return first?.startsWith('parley-registry/') ? 'Parley registry' : 'Parley device'
}

function whoIs(target: DialTarget): string {
  const kind = kindOf(target)
  return kind === 'Parley' ? kind : `the ${kind}`
}

function listOf(alpn: DialTarget['alpn']): readonly string[] {
  return typeof alpn === 'string' ? [alpn] : alpn
}

function nameOf({ host, port, relayed }: DialTarget): string {
  if (relayed) return relayed.name
  return `${net.isIPv6(host) ? `[${host}]` : host}:${port}`
}

const silentLog: Log = { debug() {}, info() {}, warn() {}, error() {} }
