import { randomBytes } from 'node:crypto'
import type { Socket } from 'node:net'
import { create } from '@bufbuild/protobuf'
import type { Log } from '@parley/kit'
import { asParleyError, ParleyError } from '../errors.ts'
import { limits } from '../limits.ts'
import type { Dialer } from '../net/dial.ts'
import type { Link } from '../net/link.ts'
import { formatHostPort, type HostPort } from '../protocol/addresses.ts'
import { type DeviceId, deviceId, fromText, type UserId, userId } from '../protocol/ids.ts'
import { AskRelaySchema, type RelayOffered } from '../protocol/parley_pb.ts'
import { ask } from './registry/open.ts'
import type { RegistrySession } from './registry/session.ts'

export interface HubRelayOptions {
  readonly dialer: Pick<Dialer, 'open' | 'dial'>
  /** The registry, while signed in there. */
  readonly session: () => RegistrySession | undefined
  /** Where it is dialled. */
  readonly place: () => HostPort | undefined
  /** Who this device is. */
  readonly self: { readonly user: () => UserId | undefined; readonly device: DeviceId }
  /** Whether somebody may come. */
  readonly mayCome: (user: UserId) => boolean
  /** Takes a connection at whose other end `expect` dials us. */
  readonly adopt: (socket: Socket, expect: Uint8Array) => void
  readonly log: Log
}

/** This hub's side of the registry's relay: asks for connections, and takes those that others ask for. */
export class HubRelay {
  readonly #options: HubRelayOptions
  readonly #closing = new AbortController()
  /** The offers that are being taken, by who asks: a newer one of the same device takes the place of the older. */
  readonly #taking = new Map<DeviceId, AbortController>()

  constructor(options: HubRelayOptions) {
    this.#options = options
  }

  /**
   * A link through the relay to a device, whose key TLS has shown. @throws ParleyError why there is none
   */
  async dial(user: UserId, device: DeviceId, signal: AbortSignal): Promise<Link> {
    const { dialer, session } = this.#options
    const registry = session()
    if (!registry) throw new ParleyError('unreachable', 'The team cannot be reached, and so not its relay.')
    const value = create(AskRelaySchema, { user: fromText(user), device: fromText(device) })
    const { ticket } = await ask(registry.registry.link, { case: 'askRelay', value }, 'relay', signal)
    const place = this.#place()
    const over = await this.#connect(ticket, signal)
    const name = `The relay of ${formatHostPort(place)}`
    return dialer.dial({ ...place, alpn: 'parley-peer/1', expect: fromText(device), signal, over, relayed: { name } })
  }

  /** Somebody asks for a connection: it is opened, unless they may not come or too many do at once. */
  take(offer: RelayOffered): void {
    const { mayCome, adopt, log, self } = this.#options
    const device = deviceId(offer.device)
    const user = userId(offer.user)
    if (device === self.device || !mayCome(user) || this.#closing.signal.aborted) return
    this.#taking.get(device)?.abort(new ParleyError('closed', 'It asked again.'))
    if (this.#taking.size >= limits.relayOffers) {
      log.warn({}, 'The registry offers too many relayed connections at once: one was left out.')
      return
    }
    const stop = new AbortController()
    this.#taking.set(device, stop)
    this.#connect(offer.ticket, AbortSignal.any([stop.signal, this.#closing.signal]))
      .then(
        socket => adopt(socket, offer.device),
        error => log.debug({ device, code: asParleyError(error).code }, 'A relayed connection did not come about.'),
      )
      .finally(() => {
        if (this.#taking.get(device) === stop) this.#taking.delete(device)
      })
  }

  /** Looks whether the registry has a relay that can be reached. @throws ParleyError why not */
  async check(signal: AbortSignal): Promise<void> {
    const { session, self } = this.#options
    const registry = session()
    const user = self.user()
    if (!registry || !user) throw new ParleyError('unreachable', 'The team cannot be reached, and so not its relay.')
    const value = create(AskRelaySchema, { user: fromText(user), device: fromText(self.device) })
    // It connects no device with itself: a relay says so, and a registry without one that it does not know the request.
    const refusal = await ask(registry.registry.link, { case: 'askRelay', value }, 'relay', signal).catch(asParleyError)
    if (refusal instanceof ParleyError && refusal.code !== 'usage') throw refusal
    const place = this.#place()
    const connection = this.#connect(new Uint8Array(randomBytes(ticketSize)), signal)
    const { code } = await connection.then(() => new ParleyError('internal', ''), asParleyError)
    // The port closes whoever comes with a ticket that it has not given.
    if (code === 'closed') return
    throw new ParleyError('unreachable', `${formatHostPort(place)} does not answer as a relay does.`)
  }

  close(): void {
    this.#closing.abort(new ParleyError('closed', 'The hub is stopping.'))
  }

  #place(): HostPort {
    const place = this.#options.place()
    if (!place) throw new ParleyError('unreachable', 'No team is known whose relay could be used.')
    return { host: place.host, port: place.port }
  }

  /** Comes to the relay with a ticket; resolves when the other end is there too. @throws ParleyError `closed`, `timeout` */
  async #connect(ticket: Uint8Array, signal: AbortSignal): Promise<Socket> {
    if (ticket.length !== ticketSize) throw new ParleyError('bad-frame', 'The registry gave no ticket.')
    const socket = await this.#options.dialer.open(this.#place(), signal)
    const answer = Promise.withResolvers<void>()
    const failed = (code: 'closed' | 'timeout' | 'bad-frame', words: string) =>
      answer.reject(new ParleyError(code, words))
    const read = () => {
      const byte: Buffer | null = socket.read(1)
      if (byte === null) return
      if (byte[0] === relayByte) answer.resolve()
      else failed('bad-frame', 'The relay answered with something else.')
    }
    const closed = () => failed('closed', 'The relay closed the connection: the other end did not come.')
    const late = setTimeout(
      () => failed('timeout', 'The other end did not come to the relay in time.'),
      limits.relayWait,
    )
    const aborted = () => answer.reject(signal.reason)
    signal.addEventListener('abort', aborted, { once: true })
    socket.on('readable', read)
    socket.on('end', closed)
    socket.on('close', closed)
    socket.write(Buffer.concat([Buffer.from([relayByte]), ticket]))
    try {
      await answer.promise
      return socket
    } catch (error) {
      socket.destroy()
      throw error
    } finally {
      clearTimeout(late)
      signal.removeEventListener('abort', aborted)
      socket.off('readable', read)
      socket.off('end', closed)
      socket.off('close', closed)
    }
  }
}

const relayByte = 0x50
const ticketSize = 16
