import type { Log } from '@parley/kit'
import { asParleyError, ParleyError } from '../errors.ts'
import { limits } from '../limits.ts'
import type { Link } from '../net/link.ts'
import { deviceId } from '../protocol/ids.ts'
import { busyWords } from './admission.ts'
import { clockWords, type Peers, stranger, type Taker } from './peers.ts'

/**
 * Takes the links that somebody dialled: by the registry that the hello names it is for the team or for people of no team.
 * Whoever is not known there learns nothing, not even why.
 */
export class Door {
  readonly #options: DoorOptions
  readonly #turnedAway = new Set<string>()

  constructor(options: DoorOptions) {
    this.#options = options
  }

  take(link: Link): void {
    const adopted = Promise.withResolvers<Taker | undefined>()
    let isAsked = false
    link.handle({
      request: async is => {
        if (is.case !== 'peerHello' || isAsked) throw isAsked ? unsupported() : this.#turnAway(link, stranger())
        isAsked = true
        try {
          const { answer, adopt } = await this.#peersOf(is.value.registry).receive(is.value, link)
          // Behind the answer: nothing of ours may reach the other side before it.
          setImmediate(() => adopted.resolve(this.#adopt(link, adopt)))
          return { case: 'peerHello', value: answer }
        } catch (error) {
          throw this.#turnAway(link, error)
        }
      },
      // What comes on the heels of a hello waits for its answer, then for the conversations; before it, nothing may wait.
      event: is => {
        if (!isAsked) throw this.#turnAway(link, stranger())
        return adopted.promise.then(take => take?.(is))
      },
    })
  }

  #peersOf(registry: Uint8Array): Peers {
    const peers = this.#options.peersOf(registry)
    if (peers) return peers
    throw new ParleyError('stranger', 'Nobody has signed up here yet.')
  }

  #adopt(link: Link, adopt: () => Taker | undefined): Taker | undefined {
    try {
      return adopt()
    } catch (error) {
      this.#options.log.error({ error: asParleyError(error).message }, 'A link could not be taken.')
      link.close('internal', 'A link could not be taken.')
      return undefined
    }
  }

  #turnAway(link: Link, error: unknown): ParleyError {
    const { code, message } = asParleyError(error)
    const about = { code, address: link.remoteAddress, device: deviceId(link.peerId) }
    const level = this.#isNew(`${code} ${about.address}`) ? 'info' : 'debug'
    this.#options.log[level](about, `A caller was turned away: ${message}`)
    const isTold = code === 'clock' || code === 'asked' || code === 'busy'
    const told = isTold ? new ParleyError(code, words[code]) : stranger()
    setImmediate(() => link.close(told.code, told.message))
    return told
  }

  /** Whether a kind of caller was not told of before; only so many are, or strangers would fill the log. */
  #isNew(caller: string): boolean {
    if (this.#turnedAway.has(caller) || this.#turnedAway.size >= limits.refusals) return false
    this.#turnedAway.add(caller)
    return true
  }
}

interface DoorOptions {
  /** Whose hellos those of a registry are, by its id as it was sent. */
  readonly peersOf: (registry: Uint8Array) => Peers | undefined
  readonly log: Log
}

const words = {
  clock: clockWords,
  asked: 'Your request is kept here until somebody answers it.',
  busy: busyWords,
} as const

function unsupported(): ParleyError {
  return new ParleyError('unsupported', 'Hello has been said.')
}
