import type net from 'node:net'
import type { Log } from '@parley/kit'
import type { AddressSet } from './address-set.ts'
import type { Identity } from './identity.ts'
import type { Link } from './link.ts'
import type { LinkLimits } from './owner.ts'

export interface HostPort {
  readonly host: string
  readonly port: number
}

export interface PortOptions {
  /** Where to listen; port 0 is any free one. */
  readonly listen: readonly HostPort[]
  readonly identity: Identity
  /** Who takes the links of each protocol; a link's `handle` is still to be called. */
  readonly alpn: Readonly<Record<string, (link: Link) => void>>
  readonly classic?: ClassicGate
  readonly relay?: RelayGate
  /** Whose connections begin with a PROXY header that says where they come from. */
  readonly trustedProxies?: AddressSet
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
    | 'handshakesAtOnce'
    | 'handshakeTurn'
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
  /** Sent a frame that is malformed or too long, or a trusted proxy one that is no header. */
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
  /** Whose connections must begin with a PROXY header, from the next one on. */
  trust(proxies: AddressSet | undefined): void
  /**
   * Listens on these addresses instead, under the same real ports where they ask for port 0 or for one that is held now;
   * what is open stays. On failure it listens as before, and throws as {@link listenPort} does.
   */
  relisten(listen: readonly HostPort[]): Promise<void>
  /** Takes a socket that a relay connects with the device `expect` as if it had been accepted. */
  adopt(socket: net.Socket, expect: Uint8Array): void
  /** Stops listening, closes every link and connection and waits until they are gone. */
  close(): Promise<void>
}

/** The classic side of a port: whose connections it takes, and what it does with them. */
export interface ClassicGate {
  /** Whether classic is allowed for an address. */
  allows(address: string): boolean
  /** Whether a login from that address lives. */
  hasLogin(address: string): boolean
  /**
   * Takes a connection over that comes from `address`, deadlines included, with the bytes that it began with. The port
   * still owns the socket.
   */
  serve(socket: net.Socket, first: Buffer, address: string): void
}

/** The relay behind a port: pipes between those who come with its tickets. */
export interface RelayGate {
  /**
   * Takes a connection over with the bytes that it began with. Until it calls `admitted`, who is there is a stranger: the
   * deadline of a hello runs, and the connection counts against its source. The port still owns the socket.
   */
  serve(socket: net.Socket, first: Buffer, admitted: () => void): void
}
