import type { Socket } from 'node:net'
import type { Log } from '@parley/kit'
import { limits } from '../../limits.ts'
import { Deadlines } from '../../net/deadlines.ts'
import type { ClassicGate } from '../../net/port.ts'
import { plainAddress, sourceOf } from '../../net/source.ts'
import { isLoopback } from '../../protocol/addresses.ts'
import type { ClassicMode } from '../../protocol/control.ts'
import { ClassicConnection } from './connection.ts'
import type { ClassicService } from './service.ts'
import type { ClassicSessions } from './sessions.ts'

/** Waits of a classic connection in ms; tests shorten them. */
export interface ClassicWaits {
  readonly packet: number
  readonly idle: number
}

/** The classic connections of the registry's port, from their first byte on. */
export class ClassicServer implements ClassicGate {
  #mode: ClassicMode
  readonly #service: ClassicService
  readonly #sessions: ClassicSessions
  readonly #log: Log
  readonly #connections = new Set<ClassicConnection>()
  readonly #sources = new Map<string, number>()
  readonly #idle: Deadlines<ClassicConnection>
  readonly #packet: Deadlines<ClassicConnection>

  constructor(parts: {
    mode: ClassicMode
    service: ClassicService
    sessions: ClassicSessions
    log: Log
    waits: ClassicWaits
  }) {
    this.#mode = parts.mode
    this.#service = parts.service
    this.#sessions = parts.sessions
    this.#log = parts.log
    this.#idle = new Deadlines(parts.waits.idle, connection => this.#leave(connection))
    this.#packet = new Deadlines(parts.waits.packet, connection => connection.expire())
  }

  /** Who may connect from now on; who no longer may is cut. */
  admit(mode: ClassicMode): void {
    this.#mode = mode
    for (const connection of this.#connections) if (!this.allows(connection.address)) connection.destroy()
  }

  allows(address: string): boolean {
    if (this.#mode === 'loopback') return isLoopback(plainAddress(address))
    return this.#mode === 'on'
  }

  hasLogin(address: string): boolean {
    return this.#sessions.hasLogin(plainAddress(address))
  }

  serve(socket: Socket, first: Buffer, address: string): void {
    const source = sourceOf(address)
    if (!this.allows(address) || !this.#hasRoom(source)) {
      this.#log.warn({ address }, 'A classic connection was closed: classic is off for it, or it is one too many.')
      socket.destroy()
      return
    }
    this.#count(source, 1)
    const connection = new ClassicConnection({
      socket,
      address,
      log: this.#log,
      answer: (request, signal) => this.#service.answer(request, address, signal),
      idle: this.#idle,
      packet: this.#packet,
      closed: () => {
        this.#connections.delete(connection)
        this.#count(source, -1)
      },
    })
    this.#connections.add(connection)
    connection.start(first)
  }

  close(): void {
    for (const connection of this.#connections) connection.destroy()
    this.#idle.clear()
    this.#packet.clear()
  }

  /** The original's window never reconnects, so it may stay for as long as somebody is logged in from there. */
  #leave(connection: ClassicConnection): void {
    if (this.hasLogin(connection.address)) this.#idle.add(connection)
    else connection.destroy()
  }

  #hasRoom(source: string): boolean {
    const here = this.#sources.get(source) ?? 0
    return here < limits.classicConnectionsPerAddress && this.#connections.size < limits.classicConnections
  }

  #count(source: string, by: number): void {
    const connections = (this.#sources.get(source) ?? 0) + by
    if (connections === 0) this.#sources.delete(source)
    else this.#sources.set(source, connections)
  }
}
