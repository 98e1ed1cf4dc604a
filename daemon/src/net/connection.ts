import type net from 'node:net'
import type { ErrorCode } from '../errors.ts'
import type { Link } from './link.ts'
import type { LinkOwner } from './owner.ts'
import { plainAddress, sourceOf } from './source.ts'

/** What a connection needs of the port that accepted it. */
export interface Acceptor extends Pick<LinkOwner, 'keeper' | 'limits' | 'log'> {
  established(connection: Connection): void
  signedIn(connection: Connection): void
  ended(connection: Connection, code: ErrorCode): void
}

/** One accepted connection, from its first moment to its last: it answers for the raw socket, whatever runs over it. */
export class Connection implements LinkOwner {
  readonly socket: net.Socket
  /** The other side's address, IPv4-mapped as IPv4; empty when it was gone at once, and of one that comes by a relay. */
  address: string
  /** What counts as one source: see {@link sourceOf}. */
  source: string
  /** The addresses of both ends: no other open connection has the same. */
  readonly ends: string
  /** `proxied`: it comes by a trusted proxy, which has not told from where. */
  stage: 'silent' | 'proxied' | 'tls' | 'classic' | 'relay' = 'silent'
  link: Link | undefined
  /** Whether the time from accept to hello is over. */
  isLate = false
  /** Whether it counts against its source. */
  isCounted = false
  /** Whether this side opened it, through a relay, to be linked to by `expect`. */
  readonly isRelayed: boolean
  /** The id that the other side must prove; undefined: whoever it is. */
  readonly expect: Uint8Array | undefined
  readonly #acceptor: Acceptor

  constructor(socket: net.Socket, acceptor: Acceptor, relayed?: { readonly expect: Uint8Array }) {
    this.socket = socket
    this.isRelayed = relayed !== undefined
    this.expect = relayed?.expect
    this.address = relayed ? '' : plainAddress(socket.remoteAddress)
    this.source = sourceOf(this.address)
    this.ends = endsOf(socket)
    this.#acceptor = acceptor
  }

  get keeper(): LinkOwner['keeper'] {
    return this.#acceptor.keeper
  }

  get limits(): LinkOwner['limits'] {
    return this.#acceptor.limits
  }

  get log(): LinkOwner['log'] {
    return this.#acceptor.log
  }

  /** A trusted proxy told where the connection comes from. */
  cameFrom(address: string): void {
    this.address = address
    this.source = sourceOf(address)
  }

  established(): void {
    this.#acceptor.established(this)
  }

  signedIn(): void {
    this.#acceptor.signedIn(this)
  }

  ended(_link: Link, code: ErrorCode): void {
    this.#acceptor.ended(this, code)
  }
}

/** The addresses of both ends of `socket`: a TLS socket has those of the socket that it runs over. */
export function endsOf({ remoteAddress, remotePort, localAddress, localPort }: net.Socket): string {
  return `${remoteAddress} ${remotePort} ${localAddress} ${localPort}`
}
