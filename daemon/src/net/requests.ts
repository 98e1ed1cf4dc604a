import { ParleyError } from '../errors.ts'
import { encodeFrame } from '../protocol/frames.ts'
import type { Reply, Request } from '../protocol/parley_pb.ts'

interface Asked {
  readonly frame: Uint8Array
  readonly resolve: (is: Reply['is']) => void
  readonly reject: (error: unknown) => void
  readonly timeout: number
  readonly due: number
  readonly signal: AbortSignal | undefined
  readonly abort: (() => void) | undefined
}

/**
 * The requests that this side has sent on a link and that have no reply yet. At most as many as the other side takes
 * are on the way; later ones wait here for their turn, their deadline running. One timer serves all.
 */
export class Requests {
  readonly #inFlight: number
  readonly #send: (frame: Uint8Array) => void
  readonly #asked = new Map<number, Asked>()
  readonly #waiting = new Set<number>()
  #last = 0
  #timer: NodeJS.Timeout | undefined
  #wakes = 0

  constructor(inFlight: number, send: (frame: Uint8Array) => void) {
    this.#inFlight = inFlight
    this.#send = send
  }

  ask(is: Request['is'], timeout: number, signal: AbortSignal | undefined): Promise<Reply['is']> {
    const { promise, resolve, reject } = Promise.withResolvers<Reply['is']>()
    // Whoever does not look at the outcome must not end the process by it.
    promise.catch(() => {})
    try {
      signal?.throwIfAborted()
      const id = this.#newId()
      const frame = encodeFrame({
        $typeName: 'parley.v1.Frame',
        id,
        is: { case: 'request', value: { $typeName: 'parley.v1.Request', is } },
      })
      const abort = signal && (() => this.#take(id)?.reject(signal.reason))
      if (abort) signal.addEventListener('abort', abort)
      const due = performance.now() + timeout
      const mayGo = this.#asked.size - this.#waiting.size < this.#inFlight
      this.#asked.set(id, { frame, resolve, reject, timeout, due, signal, abort })
      this.#watch(due, timeout)
      if (mayGo) this.#send(frame)
      else this.#waiting.add(id)
    } catch (error) {
      reject(error)
    }
    return promise
  }

  /** The other side answered; an answer to nothing (its deadline has passed) is dropped. */
  answered(id: number, is: Reply['is']): void {
    this.#take(id)?.resolve(is)
  }

  failed(id: number, error: ParleyError): void {
    this.#take(id)?.reject(error)
  }

  /** Fails whatever has no reply, with the error that `why` makes. */
  close(why: () => ParleyError): void {
    clearTimeout(this.#timer)
    this.#waiting.clear()
    for (const id of [...this.#asked.keys()]) this.#take(id)?.reject(why())
  }

  #newId(): number {
    do this.#last = (this.#last + 1) % 0x8000_0000
    while (this.#last === 0 || this.#asked.has(this.#last))
    return this.#last
  }

  /** Takes a request out, whatever became of it, and sends the next that waits. */
  #take(id: number): Asked | undefined {
    const asked = this.#asked.get(id)
    if (asked === undefined) return undefined
    this.#asked.delete(id)
    if (asked.abort) asked.signal?.removeEventListener('abort', asked.abort)
    if (!this.#waiting.delete(id)) this.#sendNext()
    return asked
  }

  #sendNext(): void {
    for (const id of this.#waiting) {
      this.#waiting.delete(id)
      const next = this.#asked.get(id)
      if (next) this.#send(next.frame)
      return
    }
  }

  /** Sees to it that the timer fires by `due`. It is left running when replies come: most never need another. */
  #watch(due: number, wait: number): void {
    if (this.#timer !== undefined && this.#wakes <= due) return
    clearTimeout(this.#timer)
    this.#wakes = due
    this.#timer = setTimeout(() => this.#expire(), Math.ceil(wait)).unref()
  }

  #expire(): void {
    this.#timer = undefined
    const now = performance.now()
    let next = Number.POSITIVE_INFINITY
    for (const [id, { due, timeout }] of this.#asked) {
      if (due > now) next = Math.min(next, due)
      else this.#take(id)?.reject(new ParleyError('timeout', `No answer came within ${timeout / 1000} s.`))
    }
    if (next < Number.POSITIVE_INFINITY) this.#watch(next, next - now)
  }
}
