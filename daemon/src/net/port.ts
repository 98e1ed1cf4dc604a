import net from 'node:net'
import tls, { type TLSSocket } from 'node:tls'
import type { Log } from '@parley/kit'
import { type ErrorCode, ParleyError } from '../errors.ts'
import { limits as defaults } from '../limits.ts'
import { type Acceptor, Connection, endsOf } from './connection.ts'
import { Deadlines } from './deadlines.ts'
import type { Identity } from './identity.ts'
import { LinkKeeper } from './keeper.ts'
import { Link } from './link.ts'
import type { LinkLimits } from './owner.ts'
import { Silence } from './silence.ts'
import { linkTls, provenKey } from './tls.ts'

export interface HostPort {
  readonly host: string
  readonly port: number
}

/** The classic side of a port: whose connections it takes, and what it does with them. */
export interface ClassicGate {
  /** Whether classic is allowed for an address. */
  allows(address: string): boolean
  /** Whether a login from that address lives. */
  hasLogin(address: string): boolean
  /** Takes a connection over, deadlines included, with the bytes that it began with. The port still owns the socket. */
  serve(socket: net.Socket, first: Buffer): void
}

export interface PortOptions {
  /** Where to listen; port 0 is any free one. */
  readonly listen: readonly HostPort[]
  readonly identity: Identity
  /** Who takes the links of each protocol; a link's `handle` is still to be called. */
  readonly alpn: Readonly<Record<string, (link: Link) => void>>
  readonly classic?: ClassicGate
  readonly log: Log
  readonly limits?: Partial<PortLimits>
}

export type PortLimits = LinkLimits & {
  readonly [Name in
    | 'handshake'
    | 'closing'
    | 'connections'
    | 'connectionsPerAddress'
    | 'silent'
    | 'silentPerAddress'
    | 'backlog']: number
}

/** Why connections were refused or cut, counted since the start. */
export interface PortCounts {
  accepted: number
  /** Over a ceiling. */
  crowded: number
  /** Began with a byte that means nothing here. */
  unknown: number
  /** TLS that failed, or showed no key to go by. */
  untrusted: number
  /** Not through with hello by the deadline, or silent for too long. */
  late: number
  /** Sent a frame that is malformed or too long. */
  badFrames: number
}

/** A listening port: classic, TLS links and relay, told apart by the first byte. */
export interface Port {
  /** As they were given, with the real port numbers. */
  readonly addresses: readonly HostPort[]
  /** Open connections of every kind. */
  readonly connections: number
  readonly counts: Readonly<PortCounts>
  /** What new connections are shown from now on; links that are up keep what they have seen. */
  show(identity: Identity): void
  /** Stops listening, closes every link and connection and waits until they are gone. */
  close(): Promise<void>
}

/**
 * Listens on every address of `listen`, or on none. Throws `port-taken`, or `bad-address` for what is no address of
 * this machine or may not be used.
 */
export async function listenPort(options: PortOptions): Promise<Port> {
  const port = new OpenPort(options)
  try {
    for (const address of options.listen) await port.listen(address)
    return port
  } catch (error) {
    await port.close()
    throw error
  }
}

class OpenPort implements Port, Acceptor {
  readonly addresses: HostPort[] = []
  readonly counts: PortCounts = { accepted: 0, crowded: 0, unknown: 0, untrusted: 0, late: 0, badFrames: 0 }
  readonly limits: PortLimits
  readonly log: Log
  readonly keeper: LinkKeeper
  readonly #alpn: PortOptions['alpn']
  readonly #classic: ClassicGate | undefined
  readonly #servers: net.Server[] = []
  readonly #tls: tls.Server
  /** The one set of all that is open, whichever server it came by and whatever it has become. */
  readonly #connections = new Set<Connection>()
  readonly #perSource = new Map<string, number>()
  /** In TLS handshake, by their two ends: all that tells which connection a TLS socket runs over. */
  readonly #handshakes = new Map<string, Connection>()
  readonly #hello: Deadlines<Connection>
  readonly #silence: Silence
  #isClosed = false
  #emptied: (() => void) | undefined

  constructor({ identity, alpn, classic, log, limits }: PortOptions) {
    this.limits = { ...defaults, ...limits }
    this.log = log
    this.keeper = new LinkKeeper(this.limits)
    this.#alpn = alpn
    this.#classic = classic
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

  listen({ host, port }: HostPort): Promise<void> {
    const server = net.createServer({ noDelay: true }, socket => this.#accept(socket))
    this.#servers.push(server)
    return new Promise((resolve, reject) => {
      const failed = (error: Error) => reject(listenError(host, port, error))
      server.once('error', failed)
      server.listen({ host, port, backlog: this.limits.backlog }, () => {
        server.off('error', failed)
        // Running out of file descriptors is told here; the server goes on listening.
        server.on('error', error => this.log.error({ error }, 'a connection could not be accepted'))
        const address = server.address()
        this.addresses.push({ host, port: typeof address === 'object' && address ? address.port : port })
        resolve()
      })
    })
  }

  show(identity: Identity): void {
    this.#tls.setSecureContext(linkTls(identity))
  }

  async close(): Promise<void> {
    this.#isClosed = true
    for (const server of this.#servers) if (server.listening) server.close()
    for (const { link, socket } of this.#connections) {
      if (link) link.close('closed', 'This side is stopping.')
      else socket.destroy()
    }
    if (this.#connections.size > 0) await new Promise<void>(resolve => (this.#emptied = resolve))
    this.#hello.clear()
    this.#silence.clear()
  }

  established(connection: Connection): void {
    this.#hello.delete(connection)
  }

  signedIn(connection: Connection): void {
    this.#uncount(connection)
  }

  ended(_connection: Connection, code: ErrorCode): void {
    if (code === 'bad-frame') this.counts.badFrames++
  }

  #accept(socket: net.Socket): void {
    // Errors come at any moment, in every stage: unheard, one would end the process.
    socket.on('error', ignore)
    this.counts.accepted++
    const connection = new Connection(socket, this)
    const fromSource = this.#perSource.get(connection.source) ?? 0
    if (this.#connections.size >= this.limits.connections || fromSource >= this.limits.connectionsPerAddress) {
      this.counts.crowded++
      socket.destroy()
      return
    }
    if (connection.address === '' || this.#isClosed) {
      socket.destroy()
      return
    }
    this.#connections.add(connection)
    this.#perSource.set(connection.source, fromSource + 1)
    connection.isCounted = true
    this.#hello.add(connection)
    socket.on('close', () => this.#gone(connection))
    const readable = () => {
      const first: Buffer | null = socket.read()
      if (first === null) return
      socket.off('readable', readable)
      this.#begin(connection, first)
    }
    socket.on('readable', readable)
  }

  /** The switch: what the first byte makes of a connection. */
  #begin(connection: Connection, first: Buffer): void {
    const byte = first[0] ?? 0
    if (byte === firstByte.tls) this.#startTls(connection, first)
    else if (byte <= firstByte.lastClassic && this.#classic?.allows(connection.address)) {
      this.#startClassic(connection, first, this.#classic)
    } else {
      this.counts.unknown++
      connection.socket.destroy()
    }
  }

  #startTls(connection: Connection, first: Buffer): void {
    if (connection.isLate) {
      this.#dropLate(connection)
      return
    }
    connection.stage = 'tls'
    this.#handshakes.set(connection.ends, connection)
    connection.socket.unshift(first)
    this.#tls.emit('connection', connection.socket)
  }

  #startClassic(connection: Connection, first: Buffer, classic: ClassicGate): void {
    connection.stage = 'classic'
    this.#hello.delete(connection)
    this.#silence.delete(connection)
    try {
      classic.serve(connection.socket, first)
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
      const link = new Link(socket, provenKey(socket), false, connection.address, connection)
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
    this.#uncount(connection)
    this.#hello.delete(connection)
    this.#silence.delete(connection)
    if (this.#handshakes.get(connection.ends) === connection) this.#handshakes.delete(connection.ends)
    if (this.#connections.size === 0) this.#emptied?.()
  }

  #uncount(connection: Connection): void {
    if (!connection.isCounted) return
    connection.isCounted = false
    const left = (this.#perSource.get(connection.source) ?? 1) - 1
    if (left > 0) this.#perSource.set(connection.source, left)
    else this.#perSource.delete(connection.source)
  }
}

/** First bytes (protocol, section 4). 0x50 will be the relay's; until then it is closed like any other. */
const firstByte = { lastClassic: 0x04, tls: 0x16 } as const

function ignore(): void {}

function listenError(host: string, port: number, error: Error): ParleyError {
  const name = `${net.isIPv6(host) ? `[${host}]` : host}:${port}`
  const code = 'code' in error ? error.code : ''
  const cause = { cause: error }
  switch (code) {
    case 'EADDRINUSE':
      return new ParleyError(
        'port-taken',
        `${name} is taken by another program. Stop it, or choose another port.`,
        cause,
      )
    case 'EACCES':
      return new ParleyError('bad-address', `${name} may not be used by this user. Choose a port above 1023.`, cause)
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return new ParleyError('bad-address', `${host} is no address of this machine. Choose one that is.`, cause)
    default:
      return new ParleyError('bad-address', `${name} cannot be listened on: ${error.message}.`, cause)
  }
}
