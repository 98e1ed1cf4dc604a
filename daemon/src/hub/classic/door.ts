import { randomBytes } from 'node:crypto'
import type { Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Log } from '@parley/kit'
import { asParleyError } from '../../errors.ts'
import { limits } from '../../limits.ts'
import { Deadlines } from '../../net/deadlines.ts'
import type { ClassicGate } from '../../net/port.ts'
import { plainAddress, sourceOf } from '../../net/source.ts'
import { type ClassicPeerPacket, classicSizes, decodePeerPacket } from '../../protocol/classic.ts'
import { ClassicReader } from '../../protocol/classic-reader.ts'
import { receivedText } from '../../protocol/classic-text.ts'
import { type MessageId, messageId } from '../../protocol/ids.ts'
import { Paces } from './pace.ts'

/** What a classic client brings. Its text is fit to be kept; a name that is not UTF-8 is empty. */
export interface Brought {
  readonly is: ClassicPeerPacket['is']
  readonly name: string
  readonly text: string
  /** Made here: the protocol has none. */
  readonly message: MessageId
}

export interface DoorOptions {
  readonly allows: (address: string) => boolean
  /** Resolves once what an address brought is kept, or nothing of it is wanted. A failure is tried again a few times. */
  readonly take: (address: string, brought: Brought) => Promise<void>
  readonly log: Log
  /** Waits in ms, and how many a second: tests change them. */
  readonly waits?: { readonly packet?: number; readonly idle?: number; readonly storage?: number }
  readonly pace?: { readonly perSecond: number; readonly burst: number }
}

/**
 * Classic connections to the port of a hub, from their first byte on: message packets, split or joined, one after the
 * other. While one is being kept nothing more is read.
 */
export class ClassicDoor implements ClassicGate {
  readonly #options: DoorOptions
  readonly #sockets = new Set<Socket>()
  readonly #sources = new Map<string, number>()
  readonly #paces: Paces
  readonly #idle: Deadlines<Socket>
  readonly #packet: Deadlines<Socket>
  readonly #closing = new AbortController()

  constructor(options: DoorOptions) {
    const { packet = limits.classicPacket, idle = limits.classicPeerIdle } = options.waits ?? {}
    this.#options = options
    this.#paces = new Paces(options.pace)
    this.#idle = new Deadlines(idle, socket => socket.destroy())
    this.#packet = new Deadlines(packet, socket => this.#refuse(socket, 'a packet once begun may last 10 s.'))
  }

  allows(address: string): boolean {
    return this.#options.allows(plainAddress(address))
  }

  /** Nobody logs in to a hub. */
  hasLogin(): boolean {
    return false
  }

  serve(socket: Socket, first: Buffer): void {
    const address = plainAddress(socket.remoteAddress)
    const source = sourceOf(address)
    const here = this.#sources.get(source) ?? 0
    if (this.#sockets.size >= limits.classicPeers || here >= limits.classicPeersPerAddress) {
      this.#refuse(socket, 'there are too many.')
      return
    }
    this.#sockets.add(socket)
    this.#sources.set(source, here + 1)
    socket.setTimeout(0)
    socket.on('error', () => {}) // it ends, whatever broke
    void this.#serve(socket, first, address).finally(() => {
      socket.destroy()
      this.#sockets.delete(socket)
      this.#idle.delete(socket)
      this.#packet.delete(socket)
      const left = (this.#sources.get(source) ?? 1) - 1
      if (left > 0) this.#sources.set(source, left)
      else this.#sources.delete(source)
    })
  }

  close(): void {
    this.#closing.abort()
    for (const socket of this.#sockets) socket.destroy()
    this.#idle.clear()
    this.#packet.clear()
  }

  async #serve(socket: Socket, first: Buffer, address: string): Promise<void> {
    const reader = new ClassicReader({ size: classicSizes.peer, highestType: 1 })
    try {
      await this.#chunk(socket, first, { reader, address })
      for await (const chunk of socket) await this.#chunk(socket, chunk, { reader, address })
      if (reader.held > 0) this.#refuse(socket, 'it ended inside a packet.')
    } catch (error) {
      const { code, message } = asParleyError(error)
      if (this.#closing.signal.aborted || socket.errored || isEnd(error)) return
      if (code === 'bad-frame') this.#refuse(socket, message)
      else this.#options.log.error({ error, address }, 'What a classic client brought could not be kept')
    }
  }

  async #chunk(
    socket: Socket,
    chunk: Buffer,
    { reader, address }: { reader: ClassicReader; address: string },
  ): Promise<void> {
    this.#idle.delete(socket)
    const hadBegun = reader.held > 0
    let isWhole = false
    for (const packet of reader.push(chunk)) {
      if (!isWhole) this.#packet.delete(socket)
      isWhole = true
      const wait = this.#paces.take(sourceOf(address))
      if (wait > 0) await sleep(wait, undefined, { signal: this.#closing.signal })
      const { is, username = '' } = decodePeerPacket(packet)
      const text = is === 'message' ? receivedText(packet) : ''
      await this.#take(address, { is, name: username, text, message: messageId(randomBytes(16)) })
    }
    if (reader.held === 0) this.#idle.add(socket)
    else if (isWhole || !hadBegun) this.#packet.add(socket)
  }

  /** A storage that fails for a moment loses nothing. */
  async #take(address: string, brought: Brought): Promise<void> {
    const { take, waits = {} } = this.#options
    const { signal } = this.#closing
    for (let tries = 1; ; tries++) {
      try {
        return await take(address, brought)
      } catch (error) {
        if (signal.aborted || tries >= limits.eventTries) throw error
        await sleep(waits.storage ?? limits.storageRetry, undefined, { signal })
      }
    }
  }

  #refuse(socket: Socket, why: string): void {
    const address = plainAddress(socket.remoteAddress)
    this.#options.log.debug({ address }, `A classic connection was closed: ${why}`)
    socket.destroy()
  }
}

/** The connection has ended, cut by either side. */
function isEnd(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ERR_STREAM_PREMATURE_CLOSE'
}
