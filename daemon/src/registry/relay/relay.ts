import type { Socket } from 'node:net'
import { create } from '@bufbuild/protobuf'
import type { Log } from '@parley/kit'
import { ParleyError } from '../../errors.ts'
import { limits as defaults } from '../../limits.ts'
import { Deadlines } from '../../net/deadlines.ts'
import type { RelayGate } from '../../net/port.ts'
import { type DeviceId, fromText, type UserId } from '../../protocol/ids.ts'
import { RelayOfferedSchema } from '../../protocol/parley_pb.ts'
import type { Session, Sessions } from '../sessions.ts'
import { Ends } from './ends.ts'
import { Pace } from './pace.ts'
import { Pipe } from './pipe.ts'
import { type End, type Pair, Tickets, ticketSize } from './tickets.ts'
import { Turns } from './turns.ts'

/** The limits of a relay; tests shorten them. */
export type RelayLimits = {
  readonly [Name in
    | 'closing'
    | 'relayTicket'
    | 'relayPairs'
    | 'relayPairsPerUser'
    | 'relayWaitingPerUser'
    | 'relayAsks'
    | 'relayAskEvery'
    | 'relayIdle'
    | 'relayLife'
    | 'relayOrphan'
    | 'relayTurn']: number
}

/** What a relay has done since its start. */
export interface RelayCounts {
  /** Tickets given, two of them as one. */
  asked: number
  /** Asked for in vain: too many, too often, or nobody there. */
  refused: number
  /** Pairs connected. */
  connected: number
  /** Pairs of which an end did not come in time. */
  missed: number
  /** Connections that had no good ticket, or said more than their ticket. */
  strange: number
  /** Pairs cut because nothing passed, they were too old, or an end lost its right to be here. */
  cut: number
  /** Bytes moved by pairs that have ended. */
  bytes: number
}

interface Options {
  readonly sessions: Pick<Sessions, 'of' | 'ofDevice' | 'onLeft'>
  readonly log: Log
  readonly limits?: Partial<RelayLimits>
}

/** The byte with which a connection to the relay begins, and with which the relay answers once both ends are there. */
export const relayByte = 0x50

/** Connects devices that cannot reach each other: pipes the bytes between two connections that came with tickets. */
export class Relay implements RelayGate {
  readonly counts: RelayCounts = { asked: 0, refused: 0, connected: 0, missed: 0, strange: 0, cut: 0, bytes: 0 }
  readonly turns: Turns
  /** Counts the looks at who is idle. */
  now = 0
  readonly #options: Options
  readonly #limits: RelayLimits
  readonly #tickets = new Tickets()
  readonly #pace: Pace<UserId>
  readonly #pipes = new Map<Pipe, Pair>()
  readonly #ofPair = new Map<Pair, Pipe>()
  readonly #ends = new Ends()
  readonly #perUser = new Map<UserId, number>()
  readonly #waiting: Deadlines<Pair>
  readonly #life: Deadlines<Pipe>
  readonly #orphans: Deadlines<DeviceId>
  readonly #closing: Deadlines<Socket>
  readonly #look: NodeJS.Timeout
  readonly #unwatch: () => void

  constructor(options: Options) {
    this.#options = options
    this.#limits = { ...defaults, ...options.limits }
    const { relayTicket, relayLife, relayOrphan, closing, relayIdle, relayTurn, relayAsks, relayAskEvery } =
      this.#limits
    this.turns = new Turns(relayTurn)
    this.#pace = new Pace(relayAsks, relayAskEvery)
    this.#waiting = new Deadlines(relayTicket, pair => this.#miss(pair))
    this.#life = new Deadlines(relayLife, pipe => this.#cutPipe(pipe, 'it was too old'))
    this.#orphans = new Deadlines(relayOrphan, device => {
      if (!options.sessions.ofDevice(device)) this.cut(device)
    })
    this.#closing = new Deadlines(closing, socket => socket.destroy())
    this.#look = setInterval(() => this.#lookForIdle(), relayIdle / looksPerIdle).unref()
    this.#unwatch = options.sessions.onLeft(gone => {
      if (gone.how === 'left') this.cut(gone.who)
      else this.#orphans.add(gone.who)
    })
  }

  /** Pairs that are connected. */
  get pairs(): number {
    return this.#pipes.size
  }

  /** Pairs of which an end is still to come. */
  get waiting(): number {
    return this.#tickets.size
  }

  /** Bytes moved since the start. */
  get bytes(): number {
    let { bytes } = this.counts
    for (const pipe of this.#pipes.keys()) bytes += pipe.bytes
    return bytes
  }

  /**
   * The ticket with which the asking device may come; the other device is told, with a ticket of its own.
   * @throws ParleyError `unreachable`, `usage`, `throttled`, `busy`
   */
  ask(asker: Session, user: UserId, device: DeviceId): Uint8Array {
    try {
      const target = this.#judge(asker, user, device)
      const pair = this.#tickets.give({ user: asker.account.user, device: asker.device }, { user, device })
      this.#waiting.add(pair)
      this.#ends.add(pair)
      this.counts.asked++
      const offer = create(RelayOfferedSchema, {
        ticket: pair.target.ticket,
        user: fromText(asker.account.user),
        device: fromText(asker.device),
      })
      target.link.send({ case: 'relayOffered', value: offer }).catch(() => {}) // gone: the asker will wait in vain
      return pair.asker.ticket
    } catch (error) {
      this.counts.refused++
      throw error
    }
  }

  serve(socket: Socket, first: Buffer, admitted: () => void): void {
    let begun = first
    let end: End | undefined
    const take = (chunk: Buffer) => {
      // Nobody has anything to say before the answer.
      if (end) return this.#refuse(socket, 'said something before it was connected')
      begun = begun === chunk ? chunk : Buffer.concat([begun, chunk])
      if (begun.length < 1 + ticketSize) return
      const found = begun.length === 1 + ticketSize ? this.#tickets.use(begun.subarray(1)) : undefined
      if (!found) return this.#refuse(socket, 'came with no good ticket')
      admitted()
      end = found.end
      end.socket = socket
      const { pair } = found
      socket.once('close', () => this.#leave(pair))
      const { asker, target } = pair
      if (asker.socket && target.socket) this.#connect(pair, asker.socket, target.socket)
    }
    socket.on('data', take)
    take(first)
    socket.resume()
  }

  /** Cuts everything of a user or a device. */
  cut(who: UserId | DeviceId): void {
    for (const pair of this.#ends.of(who)) {
      const pipe = this.#ofPair.get(pair)
      if (pipe) this.#cutPipe(pipe, 'an end of it may not be here')
      else this.#miss(pair)
    }
  }

  ended(pipe: Pipe): void {
    const pair = this.#pipes.get(pipe)
    if (!pair) return
    this.#pipes.delete(pipe)
    this.#ofPair.delete(pair)
    this.#ends.delete(pair)
    this.#life.delete(pipe)
    this.counts.bytes += pipe.bytes
    const { user } = pair.asker
    const left = (this.#perUser.get(user) ?? 1) - 1
    if (left > 0) this.#perUser.set(user, left)
    else this.#perUser.delete(user)
  }

  finish(socket: Socket): void {
    if (socket.destroyed) return
    this.#closing.add(socket)
    socket.once('close', () => this.#closing.delete(socket))
    socket.end()
  }

  /** Cuts all; nobody is to come any more. */
  close(): void {
    this.#unwatch()
    clearInterval(this.#look)
    for (const pair of [...this.#tickets.all()]) this.#drop(pair)
    for (const pipe of [...this.#pipes.keys()]) pipe.cut()
    for (const deadlines of [this.#waiting, this.#life, this.#orphans, this.#closing]) deadlines.clear()
  }

  /** The session of the device that is asked for, if the asker may have it now. */
  #judge({ account, device: own }: Session, user: UserId, device: DeviceId): Session {
    if (device === own) throw new ParleyError('usage', 'A device needs no relay to itself.')
    const wait = this.#pace.take(account.user)
    if (wait > 0) {
      const words = 'Relayed connections were asked for too often. Wait a moment.'
      throw new ParleyError('throttled', words, { retryAfter: wait })
    }
    const { relayPairs, relayPairsPerUser, relayWaitingPerUser } = this.#limits
    const asked = this.#tickets.askedBy(account.user)
    // Asked again: what was asked first will not be used.
    for (const pair of asked) if (pair.asker.device === own && pair.target.device === device) this.#drop(pair)
    if (asked.size >= relayWaitingPerUser || (this.#perUser.get(account.user) ?? 0) >= relayPairsPerUser) {
      throw new ParleyError('busy', 'This account has as many relayed connections as one may have.')
    }
    if (this.#pipes.size + this.#tickets.size >= relayPairs) {
      throw new ParleyError('busy', 'The relay has as many connections as it takes. Try again later.')
    }
    for (const session of this.#options.sessions.of(user)) if (session.device === device) return session
    throw new ParleyError('unreachable', 'That device is not connected to the registry now.')
  }

  #connect(pair: Pair, asker: Socket, target: Socket): void {
    this.#tickets.delete(pair)
    this.#waiting.delete(pair)
    for (const socket of [asker, target]) {
      socket.removeAllListeners('data')
      socket.setNoDelay(true)
      socket.write(answer)
    }
    const pipe = new Pipe([asker, target], this)
    this.#pipes.set(pipe, pair)
    this.#ofPair.set(pair, pipe)
    this.#life.add(pipe)
    const { user } = pair.asker
    this.#perUser.set(user, (this.#perUser.get(user) ?? 0) + 1)
    this.counts.connected++
  }

  #refuse(socket: Socket, what: string): void {
    this.counts.strange++
    this.#options.log.debug({ address: socket.remoteAddress }, `A connection to the relay ${what}.`)
    socket.destroy()
  }

  /** An end that waited is gone: so is the other. */
  #leave(pair: Pair): void {
    if (this.#waiting.has(pair)) this.#miss(pair)
  }

  #miss(pair: Pair): void {
    this.counts.missed++
    this.#drop(pair)
  }

  #drop(pair: Pair): void {
    this.#tickets.delete(pair)
    this.#ends.delete(pair)
    this.#waiting.delete(pair)
    for (const { socket } of [pair.asker, pair.target]) socket?.destroy()
  }

  #cutPipe(pipe: Pipe, why: string): void {
    this.counts.cut++
    this.#options.log.debug({}, `A relayed connection was cut: ${why}.`)
    pipe.cut()
  }

  #lookForIdle(): void {
    this.now++
    for (const pipe of this.#pipes.keys()) {
      if (this.now - pipe.moved > looksPerIdle) this.#cutPipe(pipe, 'nothing passed through it')
    }
  }
}

/** How finely it is measured that nothing passes. */
const looksPerIdle = 4

const answer = Buffer.from([relayByte])
