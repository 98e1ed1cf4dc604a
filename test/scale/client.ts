import { createHash } from 'node:crypto'
import { createSocket, type Socket } from 'node:dgram'
import { type ConnectionOptions, connect, createSecureContext, type TLSSocket } from 'node:tls'
import { fromBinary } from '@bufbuild/protobuf'
import { Backoff } from '../../daemon/src/hub/backoff.ts'
import { limits } from '../../daemon/src/limits.ts'
import type { Identity } from '../../daemon/src/net/identity.ts'
import { linkTls } from '../../daemon/src/net/tls.ts'
import { encodeFrame } from '../../daemon/src/protocol/frames.ts'
import { beatExporter, beatKey, encodeBeat } from '../../daemon/src/protocol/heartbeat.ts'
import { type Frame, FrameSchema } from '../../daemon/src/protocol/parley_pb.ts'

/** Where the registry is. */
export interface Place {
  readonly host: string
  readonly port: number
  readonly heartbeat: number
}

/** What clients have met with, together. */
export class Tally {
  online = 0
  beating = 0
  /** Bytes of lists and changes. */
  bytes = 0
  /** Attempts that came to nothing before the sign-in, by what went wrong. */
  readonly failed: Record<string, number> = {}
  /** Links that were lost after it, not by this side's own doing. */
  lost = 0
  /** The longest that a registry has taken over a request of somebody who is signed in, in ms. */
  slowest = 0

  fail(why: string): void {
    this.failed[why] = (this.failed[why] ?? 0) + 1
  }
}

/**
 * A device as a registry sees it, as cheap as it can be: many of them share a processor. It signs in by its key, asks for
 * the online list and reads it as bytes alone; when its link ends it dials again with a hub's own pauses.
 */
export class Client {
  readonly #identity: Identity
  readonly #place: Place
  readonly #localAddress: string
  readonly #tally: Tally
  readonly #backoff = new Backoff()
  readonly #udp: Socket | undefined
  #socket: TLSSocket | undefined
  #isSignedIn = false
  #isOver = false
  #retry: NodeJS.Timeout | undefined
  #beats: NodeJS.Timeout | undefined
  #asked = new Map<number, (frame: Frame) => void>()
  #ids = 0

  /** `udp`: it hangs up once it has signed in and only beats from then on. */
  constructor(options: { identity: Identity; place: Place; localAddress: string; tally: Tally; udp?: Socket }) {
    this.#identity = options.identity
    this.#place = options.place
    this.#localAddress = options.localAddress
    this.#tally = options.tally
    this.#udp = options.udp
  }

  get isOnline(): boolean {
    return this.#isSignedIn
  }

  start(): void {
    this.#isOver = false
    this.#dial()
  }

  /** Hangs up; with `redial` it comes back at once. */
  stop(redial = false): void {
    this.#isOver = !redial
    clearTimeout(this.#retry)
    clearInterval(this.#beats)
    if (this.#isSignedIn) this.#tally.online--
    this.#isSignedIn = false
    this.#forgetAsked()
    const socket = this.#socket
    this.#socket = undefined
    socket?.destroy()
    if (redial) this.#dial()
  }

  async setStatus(status: string): Promise<void> {
    if (this.#isSignedIn) await this.#ask({ case: 'setStatus', value: { $typeName: 'parley.v1.SetStatus', status } })
  }

  #dial(): void {
    const { host, port } = this.#place
    const secureContext = createSecureContext(linkTls(this.#identity))
    const socket = connect({
      host,
      port,
      localAddress: this.#localAddress,
      secureContext,
      rejectUnauthorized: false,
      ALPNProtocols: ['parley-registry/1'],
    } as ConnectionOptions)
    this.#socket = socket
    let why = 'closed'
    const late = setTimeout(() => {
      why = 'late'
      socket.destroy()
    }, limits.handshake)
    socket.on('error', error => {
      why = 'code' in error ? String(error.code) : error.message
    })
    socket.on('secureConnect', () => {
      socket.on(
        'data',
        readFrames((frame, size) => this.#heard(frame, size)),
      )
      this.#enter(() => clearTimeout(late)).catch(error => {
        why = String(error instanceof Error ? error.message : error)
        socket.destroy()
      })
    })
    socket.on('close', () => {
      clearTimeout(late)
      if (this.#socket === socket) this.#ended(why)
    })
  }

  async #enter(answered: () => void): Promise<void> {
    await this.#ask({ case: 'registryHello', value: { $typeName: 'parley.v1.RegistryHello', versions: [1] } })
    answered()
    const empty = new Uint8Array()
    const signIn = {
      $typeName: 'parley.v1.SignIn',
      name: '',
      mechanism: '',
      first: empty,
      status: '',
      deviceName: '',
    } as const
    const { is } = await this.#ask({ case: 'signIn', value: signIn })
    const reply = is.case === 'reply' ? is.value.is : undefined
    if (reply?.case !== 'signedIn') throw new Error(is.case === 'failure' ? is.value.code : 'no sign-in')
    this.#isSignedIn = true
    this.#tally.online++
    this.#backoff.reset()
    if (this.#udp) return this.#goDark(reply.value.session, this.#udp)
    await this.#ask({ case: 'watchOnline', value: { $typeName: 'parley.v1.WatchOnline', also: [] } })
  }

  /** Leaves the link and beats. */
  #goDark(session: Uint8Array, udp: Socket): void {
    const { length, label } = beatExporter
    const socket = this.#socket
    const key = socket && beatKey(socket.exportKeyingMaterial(length, label, Buffer.alloc(0)))
    if (!key) return
    let counter = 0
    const beat = () => {
      udp.send(
        encodeBeat({ session, counter: ++counter, status: 'online' }, key),
        this.#place.heartbeat,
        this.#place.host,
      )
    }
    this.#socket = undefined
    this.#tally.beating++
    beat()
    socket.end()
    this.#beats = setInterval(beat, limits.beatInterval)
  }

  #ended(why: string): void {
    this.#forgetAsked()
    if (this.#isSignedIn) {
      this.#tally.online--
      this.#tally.lost++
      this.#isSignedIn = false
    } else this.#tally.fail(why)
    this.#socket = undefined
    if (!this.#isOver) this.#retry = setTimeout(() => this.#dial(), this.#backoff.next())
  }

  /** Nobody will answer any more. */
  #forgetAsked(): void {
    for (const answer of this.#asked.values()) answer(gone)
    this.#asked.clear()
  }

  /** @throws Error `timeout` */
  async #ask(is: Extract<Frame['is'], { case: 'request' }>['value']['is']): Promise<Frame> {
    const id = ++this.#ids
    const answered = Promise.withResolvers<Frame>()
    this.#asked.set(id, answered.resolve)
    const timer = setTimeout(() => answered.reject(new Error(`timeout of ${is.case}`)), limits.request)
    const began = performance.now()
    const value = { $typeName: 'parley.v1.Request', is } as const
    this.#socket?.write(encodeFrame({ $typeName: 'parley.v1.Frame', id, is: { case: 'request', value } }))
    try {
      return await answered.promise
    } finally {
      clearTimeout(timer)
      this.#asked.delete(id)
      if (this.#isSignedIn) this.#tally.slowest = Math.max(this.#tally.slowest, performance.now() - began)
    }
  }

  #heard(bytes: Uint8Array | undefined, size: number): void {
    this.#tally.bytes += size
    if (!bytes || !isReply(bytes)) return
    const frame = fromBinary(FrameSchema, bytes)
    if (frame.is.case === 'reply' || frame.is.case === 'failure') this.#asked.get(frame.id)?.(frame)
    else if (frame.is.case === 'request') this.#pong(frame.id)
  }

  #pong(id: number): void {
    const done = { case: 'done', value: { $typeName: 'parley.v1.Done' } } as const
    const value = { $typeName: 'parley.v1.Reply', is: done } as const
    this.#socket?.write(encodeFrame({ $typeName: 'parley.v1.Frame', id, is: { case: 'reply', value } }))
  }
}

const gone: Frame = {
  $typeName: 'parley.v1.Frame',
  id: 0,
  is: { case: 'failure', value: { $typeName: 'parley.v1.Failure', code: 'closed', message: '', retryAfter: 0 } },
}

/** Events have no id: the first field of a frame is then another. */
function isReply(bytes: Uint8Array): boolean {
  return bytes[0] === 0x08
}

/** Frames up to 64 KiB that begin like a reply are given whole; of others only the size. */
function readFrames(take: (bytes: Uint8Array | undefined, size: number) => void): (chunk: Buffer) => void {
  let held: Buffer = Buffer.alloc(0)
  let skip = 0
  return chunk => {
    if (skip >= chunk.length) {
      skip -= chunk.length
      return
    }
    let bytes = chunk.subarray(skip)
    skip = 0
    if (held.length > 0) bytes = Buffer.concat([held, bytes])
    let at = 0
    while (bytes.length - at >= 5) {
      const length = bytes.readUInt32BE(at)
      const isWhole = bytes.length - at - 4 >= length
      if (bytes[at + 4] === 0x08) {
        if (!isWhole) break
        take(bytes.subarray(at + 4, at + 4 + length), length)
      } else take(undefined, length)
      if (!isWhole) {
        skip = length - (bytes.length - at - 4)
        at = bytes.length
        break
      }
      at += 4 + length
    }
    held = at < bytes.length ? Buffer.from(bytes.subarray(at)) : Buffer.alloc(0)
  }
}

/** A loopback address for client number `n`, 200 clients each. */
export function addressOf(n: number): string {
  const block = Math.floor(n / 200)
  return `127.1.${Math.floor(block / 250)}.${1 + (block % 250)}`
}

/** One socket for the beats of many. */
export function beatSocket(): Socket {
  return createSocket('udp4')
    .on('error', () => {})
    .unref()
}

/** So that two runs do not choose the same people. */
export function pick(seed: string, below: number): number {
  return createHash('sha256').update(seed).digest().readUInt32BE(0) % below
}
