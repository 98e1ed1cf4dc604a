import type net from 'node:net'
import tls, { type TLSSocket } from 'node:tls'
import type { Log } from '@parley/kit'
import { asParleyError, type ErrorCode, ParleyError } from '../errors.ts'
import { limits as defaults } from '../limits.ts'
import type { AddressSet } from './address-set.ts'
import { Admission } from './admission.ts'
import { type Acceptor, Connection, endsOf } from './connection.ts'
import { Deadlines } from './deadlines.ts'
import type { Identity } from './identity.ts'
import { LinkKeeper } from './keeper.ts'
import { Link } from './link.ts'
import { Listening } from './listening.ts'
import type { ClassicGate, HostPort, Port, PortCounts, PortLimits, PortOptions, RelayGate } from './port-types.ts'
import { readProxyHeader } from './proxy-header.ts'
import { Silence } from './silence.ts'
import { linkTls, provenKey } from './tls.ts'

export type { ClassicGate, Port, PortLimits, PortOptions, RelayGate } from './port-types.ts'

/**
 * Listens on every address of `listen`, or on none. Throws `port-taken`, or `bad-address` for what is no address of
 * this machine or may not be used.
 */
export async function listenPort(options: PortOptions): Promise<Port> {
  const port = new OpenPort(options)
  try {
    await port.listen(options.listen)
    return port
  } catch (error) {
    await port.close()
    throw error
  }
}

class OpenPort implements Port, Acceptor {
  readonly counts: PortCounts = { accepted: 0, crowded: 0, unknown: 0, untrusted: 0, late: 0, badFrames: 0 }
  readonly limits: PortLimits
  readonly log: Log
  readonly keeper: LinkKeeper
  readonly #alpn: PortOptions['alpn']
  readonly #classic: ClassicGate | undefined
  readonly #relay: RelayGate | undefined
  #proxies: AddressSet | undefined
  readonly #listening: Listening
  readonly #tls: tls.Server
  /** The one set of all that is open, whichever server it came by and whatever it has become. */
  readonly #connections = new Set<Connection>()
  readonly #perSource = new Map<string, number>()
  /** In TLS handshake, by their two ends: all that tells which connection a TLS socket runs over. */
  readonly #handshakes = new Map<string, Connection>()
  /** In handshake or waiting for it. */
  readonly #admission: Admission<Connection>
  readonly #hello: Deadlines<Connection>
  readonly #silence: Silence
  #isClosed = false
  #emptied: (() => void) | undefined

  constructor({ identity, alpn, classic, relay, trustedProxies, log, limits }: PortOptions) {
    this.limits = { ...defaults, ...limits }
    this.log = log
    this.keeper = new LinkKeeper(this.limits)
    this.#alpn = alpn
    this.#classic = classic
    this.#relay = relay
    this.#proxies = trustedProxies
    this.#listening = new Listening({
      backlog: this.limits.backlog,
      accept: socket => this.#accept(socket),
      // Running out of file descriptors is told here; the port goes on listening.
      failed: error => log.error({ error }, 'a connection could not be accepted'),
    })
    const { handshakesAtOnce, handshakeTurn } = this.limits
    this.#admission = new Admission(handshakesAtOnce, handshakeTurn, connection => this.#shakeHands(connection))
    this.#hello = new Deadlines(this.limits.handshake, connection => this.#expired(connection))
    this.#silence = new Silence(
      this.limits,
      address => classic?.hasLogin(address) === true,
      connection => this.#dropLate(connection),
    )
    this.#tls = tls.createServer({
      ...linkTls(identity),
      requestCert: true,
      rejectUnauthorized: false, // keys are judged by their id, not by an authority
      ALPNProtocols: Object.keys(alpn),
    })
    this.#tls.on('secureConnection', socket => this.#secured(socket))
    this.#tls.on('tlsClientError', (error, socket) => this.#tlsFailed(error, socket))
  }

  get connections(): number {
    return this.#connections.size
  }

  get addresses(): readonly HostPort[] {
    return this.#listening.addresses
  }

  listen(listen: readonly HostPort[]): Promise<void> {
    return this.#listening.open(listen)
  }

  relisten(listen: readonly HostPort[]): Promise<void> {
    return this.#listening.move(listen)
  }

  show(identity: Identity): void {
    this.#tls.setSecureContext(linkTls(identity))
  }

  trust(proxies: AddressSet | undefined): void {
    this.#proxies = proxies
  }

  adopt(socket: net.Socket, expect: Uint8Array): void {
    const connection = new Connection(socket, this, { expect })
    if (this.#isClosed || socket.destroyed) socket.destroy()
    else if (this.#admit(connection)) this.#startTls(connection)
  }

  async close(): Promise<void> {
    this.#isClosed = true
    this.#listening.close()
    for (const { link, socket } of this.#connections) {
      if (link) link.close('closed', 'This side is stopping.')
      else socket.destroy()
    }
    if (this.#connections.size > 0) await new Promise<void>(resolve => (this.#emptied = resolve))
    this.#hello.clear()
    this.#silence.clear()
    this.#admission.clear()
  }

  established(connection: Connection): void {
    this.#admission.leave(connection)
    this.#hello.delete(connection)
  }

  signedIn(connection: Connection): void {
    this.#uncount(connection)
  }

  ended(_connection: Connection, code: ErrorCode): void {
    if (code === 'bad-frame') this.counts.badFrames++
  }

  #accept(socket: net.Socket): void {
    const connection = new Connection(socket, this)
    if (connection.address === '' || this.#isClosed) {
      socket.on('error', ignore)
      socket.destroy()
      return
    }
    // A trusted proxy is no source itself: whom it brings is counted when it has told.
    const isProxied = this.#proxies?.has(connection.address) === true
    if (isProxied) connection.stage = 'proxied'
    if (!this.#admit(connection)) return
    let held: Buffer | undefined
    const readable = () => {
      const bytes: Buffer | null = socket.read()
      if (bytes === null) return
      let first: Buffer | undefined = bytes
      if (connection.stage === 'proxied') {
        held = held ? Buffer.concat([held, bytes]) : bytes
        first = this.#unwrapped(connection, held)
      }
      if (first === undefined) return
      socket.off('readable', readable)
      this.#begin(connection, first)
    }
    socket.on('readable', readable)
  }

  /** Takes a connection into the set of all and starts its deadline, unless a ceiling is reached. */
  #admit(connection: Connection): boolean {
    const { socket } = connection
    // Errors come at any moment, in every stage: unheard, one would end the process.
    socket.on('error', ignore)
    this.counts.accepted++
    if (this.#connections.size >= this.limits.connections || !this.#count(connection)) {
      this.counts.crowded++
      socket.destroy()
      return false
    }
    this.#connections.add(connection)
    this.#hello.add(connection)
    socket.on('close', () => this.#gone(connection))
    return true
  }

  /** What follows the PROXY header that begins with `bytes`; undefined: nothing yet, or nothing any more. */
  #unwrapped(connection: Connection, bytes: Buffer): Buffer | undefined {
    const { socket } = connection
    try {
      const header = readProxyHeader(bytes)
      if (header === undefined) return undefined
      connection.stage = 'silent'
      if (header.address !== undefined) connection.cameFrom(header.address)
      if (this.#count(connection)) return bytes.length > header.length ? bytes.subarray(header.length) : undefined
      this.counts.crowded++
    } catch (error) {
      this.counts.badFrames++
      this.log.warn({ address: connection.address }, asParleyError(error).message)
    }
    socket.destroy()
    return undefined
  }

  /** The switch: what the first byte makes of a connection. */
  #begin(connection: Connection, first: Buffer): void {
    const byte = first[0] ?? 0
    if (byte === firstByte.tls) this.#startTls(connection, first)
    else if (byte === firstByte.relay && this.#relay) this.#startRelay(connection, first, this.#relay)
    else if (byte <= firstByte.lastClassic && this.#classic?.allows(connection.address)) {
      this.#startClassic(connection, first, this.#classic)
    } else {
      this.counts.unknown++
      connection.socket.destroy()
    }
  }

  #startTls(connection: Connection, first?: Buffer): void {
    if (connection.isLate) {
      this.#dropLate(connection)
      return
    }
    connection.stage = 'tls'
    if (first) connection.socket.unshift(first)
    this.#admission.enter(connection)
  }

  /** It is the turn of this connection. */
  #shakeHands(connection: Connection): void {
    this.#handshakes.set(connection.ends, connection)
    this.#tls.emit('connection', connection.socket)
  }

  #startRelay(connection: Connection, first: Buffer, relay: RelayGate): void {
    if (connection.isLate) {
      this.#dropLate(connection)
      return
    }
    connection.stage = 'relay'
    relay.serve(connection.socket, first, () => {
      this.#hello.delete(connection)
      this.#uncount(connection)
    })
  }

  #startClassic(connection: Connection, first: Buffer, classic: ClassicGate): void {
    connection.stage = 'classic'
    this.#hello.delete(connection)
    this.#silence.delete(connection)
    try {
      classic.serve(connection.socket, first, connection.address)
    } catch (error) {
      this.log.error({ error }, 'a classic connection could not be served')
      connection.socket.destroy()
    }
  }

  #secured(socket: TLSSocket): void {
    socket.on('error', ignore)
    const ends = endsOf(socket)
    const connection = this.#handshakes.get(ends)
    this.#handshakes.delete(ends)
    if (connection === undefined || this.#isClosed) {
      socket.destroy()
      return
    }
    try {
      const take = this.#handlerOf(socket)
      const peer = provenKey(socket)
      if (connection.expect && !Buffer.from(peer.id).equals(connection.expect)) {
        throw new ParleyError('wrong-key', 'The relay connected another device than the one that asked.')
      }
      const link = new Link(socket, peer, false, connection.address, connection)
      connection.link = link
      take(link)
    } catch (error) {
      if (error instanceof ParleyError) {
        this.counts.untrusted++
        this.log.debug({ address: connection.address, code: error.code }, error.message)
      } else this.log.error({ error }, 'a link could not be taken')
      socket.destroy()
    }
  }

  /** Node refuses protocols that are not in the list, but lets pass who offers none. */
  #handlerOf({ alpnProtocol }: TLSSocket): (link: Link) => void {
    const take = alpnProtocol && Object.hasOwn(this.#alpn, alpnProtocol) ? this.#alpn[alpnProtocol] : undefined
    if (take === undefined) throw new ParleyError('unsupported', 'The other side offered no protocol of Parley.')
    return take
  }

  #tlsFailed(error: Error, socket: TLSSocket): void {
    socket.on('error', ignore)
    if (!('code' in error && error.code === 'ECONNRESET')) {
      this.counts.untrusted++
      this.log.debug({ address: socket.remoteAddress, error: error.message }, 'a TLS handshake failed')
    }
    socket.destroy()
  }

  /** The time from accept to answered hello is over. */
  #expired(connection: Connection): void {
    connection.isLate = true
    if (connection.stage === 'silent' && this.#classic?.allows(connection.address)) this.#silence.add(connection)
    else this.#dropLate(connection)
  }

  #dropLate(connection: Connection): void {
    this.counts.late++
    connection.link?.close('timeout', 'The other side was too slow to say hello.')
    connection.socket.destroy()
    this.#silence.delete(connection)
  }

  #gone(connection: Connection): void {
    this.#connections.delete(connection)
    this.#admission.leave(connection)
    this.#uncount(connection)
    this.#hello.delete(connection)
    this.#silence.delete(connection)
    if (this.#handshakes.get(connection.ends) === connection) this.#handshakes.delete(connection.ends)
    if (this.#connections.size === 0) this.#emptied?.()
  }

  /** Counts a connection against its source; whether there was room. */
  #count(connection: Connection): boolean {
    if (connection.stage === 'proxied' || connection.isRelayed) return true
    const fromSource = this.#perSource.get(connection.source) ?? 0
    if (fromSource >= this.limits.connectionsPerAddress) return false
    this.#perSource.set(connection.source, fromSource + 1)
    connection.isCounted = true
    return true
  }

  #uncount(connection: Connection): void {
    if (!connection.isCounted) return
    connection.isCounted = false
    const left = (this.#perSource.get(connection.source) ?? 1) - 1
    if (left > 0) this.#perSource.set(connection.source, left)
    else this.#perSource.delete(connection.source)
  }
}

/** First bytes (protocol, section 4). */
const firstByte = { lastClassic: 0x04, tls: 0x16, relay: 0x50 } as const

function ignore(): void {}
