import type { TLSSocket } from 'node:tls'
import { asParleyError, type ErrorCode, errorFrom, ParleyError } from '../errors.ts'
import { FrameReader, headOfFilePart } from '../protocol/frames.ts'
import type { Event, Frame, Reply, Request } from '../protocol/parley_pb.ts'
import { beatsPerPing } from './keeper.ts'
import { done, frameOf, ping, unsupported } from './link-frames.ts'
import { Outbox, rejected } from './outbox.ts'
import type { LinkOwner } from './owner.ts'
import { Requests } from './requests.ts'
import type { PeerKey } from './tls.ts'

/** What one side does with what the other sends. */
export interface LinkHandlers {
  /**
   * Answers a request. A ParleyError goes back as it is, any other error as `internal` without its words. Absent, or
   * when it gives no reply: `unsupported`.
   */
  request?(is: Request['is'], link: Link): Promise<Reply['is']> | Reply['is']
  /**
   * Takes an event. While a promise that it gave is pending, further events and requests wait, and before long the
   * link reads no more; replies still come. So it may wait for storage or for a reply, but not for `send` to the same
   * link: two that do so would wait for each other. A throw closes the link.
   */
  event?(is: Event['is'], link: Link): void | Promise<void>
}

/** Why a link is closed. */
export interface Closed {
  readonly code: ErrorCode
  readonly message: string
}

/**
 * An authenticated, encrypted connection that carries frames: requests with their replies, and events, both ways.
 * Events and requests are handled in the order in which they were sent; replies may overtake them. It is not up before
 * the other side has answered the hello: until then `established` has not been called and a deadline runs.
 */
export class Link {
  /** Whether this side dialled. */
  readonly outbound: boolean
  /** 32 bytes: the id of the other side's key. */
  readonly peerId: Uint8Array
  /** 91-byte SPKI of the other side. */
  readonly peerKey: Uint8Array
  /** The other side's IP address, IPv4-mapped as IPv4; empty when a relay is in between. */
  readonly remoteAddress: string
  readonly relayed: boolean
  readonly alpn: string
  readonly #socket: TLSSocket
  readonly #owner: LinkOwner
  readonly #reader: FrameReader
  readonly #outbox: Outbox
  #handlers: LinkHandlers | undefined
  #requests: Requests | undefined
  #answering = 0
  /** Events and requests that must wait, and from where on. */
  #held: Frame[] | undefined
  #heldFrom = 0
  #heldSize = 0
  #handlingEvent = false
  #isPaused = false
  #heard: number
  #isPinged = false
  #sendQueue: number
  #framesLeft: number
  #closed: Closed | undefined
  #whenClosed: PromiseWithResolvers<Closed> | undefined
  #aborter: AbortController | undefined

  /** `socket` has finished its handshake and has shown `peer`. */
  constructor(socket: TLSSocket, peer: PeerKey, outbound: boolean, remoteAddress: string, owner: LinkOwner) {
    this.outbound = outbound
    this.peerId = peer.id
    this.peerKey = peer.key
    this.remoteAddress = remoteAddress
    this.relayed = owner.isRelayed ?? false
    this.alpn = socket.alpnProtocol || ''
    this.#socket = socket
    this.#owner = owner
    this.#sendQueue = owner.limits.sendQueueBeforeSignIn
    this.#framesLeft = owner.limits.framesBeforeSignIn
    this.#reader = new FrameReader({ limit: owner.limits.frameBeforeSignIn })
    this.#outbox = new Outbox(socket, owner.limits.highWater, () => this.#handleHeld())
    this.#heard = owner.keeper.now
    owner.keeper.add(this)
    socket.on('data', chunk => this.#read(chunk))
    socket.on('end', () => this.#end('closed', 'The other side closed the link.'))
    socket.on('error', error => this.#cut('closed', `The link broke (${wordsOf(error)}).`))
    socket.on('close', () => this.#cut('closed', 'The link broke.'))
  }

  /** Aborted when the link closes. */
  get signal(): AbortSignal {
    if (this.#aborter === undefined) {
      this.#aborter = new AbortController()
      if (this.#closed) this.#aborter.abort(asError(this.#closed))
    }
    return this.#aborter.signal
  }

  /** Resolves, with the reason, when the link closes. */
  get closed(): Promise<Closed> {
    if (this.#whenClosed === undefined) {
      this.#whenClosed = Promise.withResolvers()
      if (this.#closed) this.#whenClosed.resolve(this.#closed)
    }
    return this.#whenClosed.promise
  }

  /** Sets what is done with requests and events; those that came earlier have waited. */
  handle(handlers: LinkHandlers): void {
    this.#handlers = handlers
    this.#handleHeld()
  }

  /**
   * Asks the other side. Rejects with the ParleyError that it answered, with `timeout` (default limits.request, ms),
   * with `closed` when the link ends first, or with the reason of `signal`.
   */
  request(is: Request['is'], options: { timeout?: number; signal?: AbortSignal } = {}): Promise<Reply['is']> {
    const { limits } = this.#owner
    if (this.#closed) return rejected(asError(this.#closed))
    this.#requests ??= new Requests(limits.requestsInFlight, frame => this.#put(frame))
    return this.#requests.ask(is, options.timeout ?? limits.request, options.signal)
  }

  /**
   * Sends an event; all that is sent in one tick leaves together. Resolves at once while few bytes are unsent, else
   * when the other side has read on; rejects with `closed`.
   */
  send(is: Event['is']): Promise<void> {
    if (this.#closed) return rejected(asError(this.#closed))
    try {
      this.#put(frameOf(0, { case: 'event', value: { $typeName: 'parley.v1.Event', is } }))
    } catch (error) {
      return rejected(error)
    }
    return this.room()
  }

  /** Resolves at once while at most `below` bytes are unsent (default limits.highWater), else when that is so; rejects with `closed`. */
  room(below?: number): Promise<void> {
    return this.#closed ? rejected(asError(this.#closed)) : this.#outbox.room(below)
  }

  /**
   * Writes a frame that is encoded already, at once, so that who tells many knows what it costs. undefined while at most
   * `below` bytes are unsent (default limits.highWater), else what resolves when that is so again; rejects with `closed`.
   */
  sendFrame(frame: Uint8Array, below?: number): Promise<void> | undefined {
    if (this.#closed) return rejected(asError(this.#closed))
    this.#put(frame)
    this.#outbox.flush()
    return this.#closed ? rejected(asError(this.#closed)) : this.#outbox.roomBelow(below)
  }

  /** `length` bytes that only the two ends of this TLS connection know (RFC 8446, section 7.5), with empty context. */
  exportKeyingMaterial(length: number, label: string): Uint8Array {
    if (this.#closed) throw asError(this.#closed)
    return this.#socket.exportKeyingMaterial(length, label, Buffer.alloc(0))
  }

  /** To be called when the hello is answered: the link is up, and the deadline from accept or dial ends. */
  established(): void {
    if (!this.#closed) this.#owner.established(this)
  }

  /** To be called when the other side has signed in: larger frames, and it no longer counts against its address. */
  allowLargeFrames(): void {
    if (this.#closed) return
    this.#reader.limit = this.#owner.limits.frame
    this.#sendQueue = this.#owner.limits.sendQueue
    this.#framesLeft = Number.POSITIVE_INFINITY
    this.#owner.signedIn(this)
  }

  /** Closes the link after what was sent before; nothing further is handled. The words stay on this side. */
  close(code: ErrorCode = 'closed', message = 'This side closed the link.'): void {
    this.#end(code, message)
  }

  /** Told by the keeper: silence for one ping time asks for a sign of life, another one ends the link. */
  beat(now: number): void {
    if (this.#closed) return
    if (this.#isPaused) this.#heard = now // not listening: silence says nothing
    const silent = now - this.#heard
    if (silent > 2 * beatsPerPing) this.#cut('timeout', 'The other side no longer answers.')
    else if (silent >= beatsPerPing && !this.#isPinged) {
      this.#isPinged = true
      this.#put(ping)
    }
  }

  #read(chunk: Uint8Array): void {
    if (this.#closed) return
    this.#heard = this.#owner.keeper.now
    this.#isPinged = false
    let frames: Frame[]
    try {
      frames = this.#reader.push(chunk)
    } catch (error) {
      const { code, message } = asParleyError(error)
      this.#cut(code, message)
      return
    }
    this.#framesLeft -= frames.length
    if (this.#framesLeft < 0) {
      this.#cut('busy', 'The other side said too much before it signed in.')
      return
    }
    for (const frame of frames) this.#take(frame)
    if (this.#held === undefined || this.#closed) return
    this.#heldSize += chunk.length
    if (this.#heldSize > this.#owner.limits.heldFrames && !this.#isPaused) {
      this.#isPaused = true
      this.#socket.pause()
    }
  }

  /** Replies and pings are never held up: whoever waits for one may be what the others wait for. */
  #take({ id, is }: Frame): void {
    if (this.#closed) return
    switch (is.case) {
      case 'reply':
        this.#requests?.answered(id, is.value.is)
        return
      case 'failure':
        this.#requests?.failed(id, errorFrom(is.value.code, is.value.message, is.value.retryAfter))
        return
      case 'request':
        if (is.value.is.case === 'ping') this.#reply(id, done)
        else if (this.#held || !this.#isReadyFor(is.case)) this.#hold({ $typeName: 'parley.v1.Frame', id, is })
        else this.#answer(id, is.value.is)
        return
      case 'event':
        if (this.#held || !this.#isReadyFor(is.case)) this.#hold({ $typeName: 'parley.v1.Frame', id, is })
        else this.#tell(is.value.is)
    }
  }

  /** Requests wait while their replies would only pile up; events do not, or two that both send could both stop. */
  #isReadyFor(kind: 'request' | 'event'): boolean {
    if (this.#handlers === undefined || this.#handlingEvent) return false
    return kind === 'event' || !this.#outbox.isFull
  }

  #hold(frame: Frame): void {
    this.#held ??= []
    this.#held.push(frame)
    this.#heldSize += heldFrameSize
  }

  #handleHeld(): void {
    while (this.#held && !this.#closed) {
      const is = this.#held[this.#heldFrom]?.is
      const id = this.#held[this.#heldFrom]?.id ?? 0
      if (is?.case !== 'request' && is?.case !== 'event') {
        this.#held = undefined
        break
      }
      if (!this.#isReadyFor(is.case)) return
      this.#heldFrom++
      if (is.case === 'request') this.#answer(id, is.value.is)
      else this.#tell(is.value.is)
    }
    this.#heldFrom = 0
    this.#heldSize = 0
    if (this.#isPaused && !this.#closed) {
      this.#isPaused = false
      this.#socket.resume()
    }
  }

  #tell(is: Event['is']): void {
    if (is.case === undefined) return // of a newer version
    try {
      const handled = this.#handlers?.event?.(is, this)
      if (handled === undefined) return
      this.#handlingEvent = true
      handled.then(
        () => {
          this.#handlingEvent = false
          this.#handleHeld()
        },
        error => this.#eventFailed(is.case, error),
      )
    } catch (error) {
      this.#eventFailed(is.case, error)
    }
  }

  #eventFailed(kind: string | undefined, error: unknown): void {
    if (error instanceof ParleyError) {
      this.#end(error.code, error.message)
      return
    }
    this.#owner.log.error({ event: kind, error }, 'a handler failed')
    this.#end('internal', 'Something unexpected went wrong while handling what the other side sent.')
  }

  #answer(id: number, is: Request['is']): void {
    if (this.#answering >= this.#owner.limits.requestsInFlight) {
      this.#fail(id, new ParleyError('busy', 'Too many requests at once. Wait for answers before asking more.'))
      return
    }
    if (is.case === undefined) {
      this.#fail(id, unsupported())
      return
    }
    this.#answering++
    this.#ask(is).then(
      reply => {
        this.#answering--
        if (reply?.case === undefined) this.#fail(id, unsupported())
        else this.#reply(id, reply)
      },
      error => {
        this.#answering--
        this.#fail(id, this.#public(error, { request: is.case }))
      },
    )
  }

  async #ask(is: Request['is']): Promise<Reply['is'] | undefined> {
    return this.#handlers?.request?.(is, this)
  }

  #reply(id: number, is: Reply['is']): void {
    if (this.#closed) return
    try {
      if (is.case === 'filePart' && is.value.here.length === 0) {
        const { bytes } = is.value
        this.#put(headOfFilePart(id, bytes))
        this.#put(bytes)
      } else this.#put(frameOf(id, { case: 'reply', value: { $typeName: 'parley.v1.Reply', is } }))
    } catch (error) {
      this.#fail(id, this.#public(error, { reply: is.case }))
    }
  }

  #fail(id: number, { code, message, retryAfter: wait = 0 }: ParleyError): void {
    if (this.#closed) return
    // Nobody is left to hear of a failure that cannot be written: it would end the process.
    const retryAfter = Math.min(Math.ceil(wait), 0xffff_ffff)
    const value = { $typeName: 'parley.v1.Failure', code, message, retryAfter } as const
    this.#put(frameOf(id, { case: 'failure', value }))
  }

  /** What the other side may know of `error`: all of ours, nothing of a fault inside, which is logged instead. */
  #public(error: unknown, about: object): ParleyError {
    if (error instanceof ParleyError) return error
    this.#owner.log.error({ ...about, error }, 'a handler failed')
    return new ParleyError('internal', 'Something unexpected went wrong on the other side. Its log says more.')
  }

  #put(frame: Uint8Array): void {
    if (this.#closed) return
    this.#outbox.put(frame)
    if (this.#outbox.unsent > this.#sendQueue) this.#cut('busy', 'The other side did not read what it was sent.')
  }

  #end(code: ErrorCode, message: string): void {
    if (this.#closed) return
    this.#outbox.flush()
    this.#over({ code, message })
    this.#socket.resume() // what still comes is dropped: left unread, it would make the end a reset
    this.#owner.keeper.finish(this.#socket)
  }

  #cut(code: ErrorCode, message: string): void {
    if (!this.#closed) this.#over({ code, message })
    this.#socket.destroy()
  }

  #over(closed: Closed): void {
    this.#closed = closed
    this.#held = undefined
    this.#owner.keeper.remove(this)
    this.#owner.ended(this, closed.code)
    // Most links end with nobody waiting, and an error's stack costs more than all else here.
    const error = () => asError(closed)
    this.#outbox.close(error)
    this.#requests?.close(error)
    this.#aborter?.abort(error())
    this.#whenClosed?.resolve(closed)
  }
}

/** Memory of a frame that waits, beside its bytes. */
const heldFrameSize = 512

function asError({ code, message }: Closed): ParleyError {
  return new ParleyError(code, message)
}

function wordsOf(error: Error): string {
  return 'code' in error && typeof error.code === 'string' ? error.code : error.message
}
