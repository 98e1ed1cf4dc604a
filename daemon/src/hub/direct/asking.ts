import type { Log } from '@parley/kit'
import { asParleyError, ParleyError } from '../../errors.ts'
import type { Dialer } from '../../net/dial.ts'
import type { Link } from '../../net/link.ts'
import { formatHostPort, type HostPort } from '../../protocol/addresses.ts'
import { type DeviceId, deviceId, fromText } from '../../protocol/ids.ts'
import { Backoff, type BackoffOptions } from '../backoff.ts'
import { Pause } from '../pause.ts'
import type { Person } from '../people.ts'
import { registryProtocol } from '../registry/open.ts'
import type { Ask, Asks } from './asks.ts'

export interface AskingOptions {
  readonly asks: Asks
  readonly dialer: Pick<Dialer, 'dial'>
  /** This device. */
  readonly device: DeviceId
  /** Says hello to whoever is there. @throws ParleyError `asked` while they have not accepted */
  readonly greet: (link: Link, place: HostPort) => Promise<Person>
  /** Something that the person here should know of an address: a sentence. */
  readonly notice: (address: string, words: string) => void
  /** Delays between asking somebody again, in ms. */
  readonly backoff: BackoffOptions
  readonly log: Log
}

/** Asks others to chat by their address, and goes on asking until they accept. */
export class Asking {
  readonly #options: AskingOptions
  readonly #closing = new AbortController()
  readonly #loops = new Map<string, { readonly pause: Pause; readonly running: Promise<void> }>()

  constructor(options: AskingOptions) {
    this.#options = options
  }

  /** Goes on with those of earlier runs. */
  start(): void {
    for (const ask of this.#options.asks.all()) this.#goOn(ask)
  }

  /** The network has changed: asks everybody again at once. */
  wake(): void {
    for (const { pause } of this.#loops.values()) pause.wake()
  }

  /**
   * Dials whoever takes links at `place`: their key is taken as it is shown. The caller says hello, by {@link ask}, or
   * closes the link.
   * @throws ParleyError `unreachable`; `bad-address` for a registry or this very device
   */
  async dial(place: HostPort): Promise<Link> {
    const link = await this.#options.dialer.dial({
      ...place,
      alpn: [peerProtocol, registryProtocol],
      signal: this.#closing.signal,
    })
    const refusal = refusalOf(link, place, this.#options.device)
    if (!refusal) return link
    link.close()
    throw refusal
  }

  /**
   * Asks over a link that was dialled to `place`. Gives the person, once they have accepted; else undefined, and they
   * are asked again from time to time.
   * @throws ParleyError why they cannot be asked
   */
  async ask(link: Link, place: HostPort): Promise<Person | undefined> {
    const { asks, greet, notice } = this.#options
    const address = formatHostPort(place)
    const device = deviceId(link.peerId)
    const before = asks.get(address)
    if (before && before.device !== device) notice(address, otherKey(address))
    // Before the hello: they may call back at once.
    const ask = await asks.add(place, device)
    try {
      const person = await greet(link, place)
      await asks.remove(address)
      return person
    } catch (error) {
      const { code } = asParleyError(error)
      if (code === 'asked') {
        this.#goOn(ask)
        return undefined
      }
      await asks.remove(address)
      if (code === 'stranger') throw new ParleyError(code, takesNone(address), { cause: error })
      throw error
    }
  }

  async close(): Promise<void> {
    this.#closing.abort(new ParleyError('closed', 'The hub is stopping.'))
    await Promise.all([...this.#loops.values()].map(({ running }) => running))
  }

  #goOn(ask: Ask): void {
    const loop = this.#loops.get(ask.address)
    if (loop) {
      loop.pause.wake()
      return
    }
    const pause = new Pause()
    const running = this.#run(ask.address, pause).finally(() => this.#loops.delete(ask.address))
    this.#loops.set(ask.address, { pause, running })
  }

  async #run(address: string, pause: Pause): Promise<void> {
    const { asks, log } = this.#options
    const { signal } = this.#closing
    const backoff = new Backoff(this.#options.backoff)
    for (;;) {
      await pause.sleep(backoff.next(), signal)
      pause.reset()
      const ask = asks.get(address)
      if (!ask || signal.aborted) return
      try {
        if (asks.isOld(ask) || (await this.#again(ask))) await asks.remove(address)
      } catch (error) {
        const { code, message } = asParleyError(error)
        log.debug({ code, address }, `A request was not accepted: ${message}`)
      }
    }
  }

  /** Whether there is nothing more to ask for there. */
  async #again({ place, address, device }: Ask): Promise<boolean> {
    const { asks, dialer, greet, notice } = this.#options
    const { signal } = this.#closing
    try {
      const link = await dialer.dial({ ...place, alpn: peerProtocol, expect: fromText(device), signal })
      // They may have called back meanwhile: a second link would only take the place of the first.
      if (asks.get(address)) await greet(link, place)
      else link.close()
      return true
    } catch (error) {
      const { code } = asParleyError(error)
      if (code === 'wrong-key') notice(address, otherKey(address))
      else if (code !== 'blocked') throw error
      return true
    }
  }
}

const peerProtocol = 'parley-peer/1'

function refusalOf(link: Link, place: HostPort, own: DeviceId): ParleyError | undefined {
  const address = formatHostPort(place)
  if (deviceId(link.peerId) === own) {
    return new ParleyError(
      'bad-address',
      `${address} is this very computer’s Parley. Give the address of somebody else’s.`,
    )
  }
  if (link.alpn !== registryProtocol) return undefined
  const words = `${address} is a team's registry, not a person. Join the team: parley sign-up NAME --registry ${address}`
  return new ParleyError('bad-address', words)
}

function otherKey(address: string): string {
  return (
    `What answers at ${address} has another key than at first, so it is somebody else, or they have set up Parley anew. ` +
    `To ask them: parley connect ${address}`
  )
}

function takesNone(address: string): string {
  return `Whoever is at ${address} takes no chat requests: their Parley may be too old for it, or has blocked this one.`
}
