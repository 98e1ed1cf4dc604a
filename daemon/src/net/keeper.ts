import type { Socket } from 'node:net'
import { limits } from '../limits.ts'
import { Deadlines } from './deadlines.ts'

/** What a keeper needs of a link. */
interface Kept {
  /** Told at every beat of the keeper. */
  beat(now: number): void
}

/** Beats of a keeper in one `ping`: how finely silence is measured. */
export const beatsPerPing = 5

/**
 * Keeps the time of many links with one timer, and the sockets that are closing with another, so that an idle link
 * costs no timer of its own. Time is counted in beats: after a sleep of the computer or a long halt of the process one
 * beat has passed, so that no link is given up before it could be heard.
 */
export class LinkKeeper {
  /** Beats so far. */
  now = 0
  readonly #links = new Set<Kept>()
  readonly #closing: Deadlines<Socket>
  readonly #beat: number
  #timer: NodeJS.Timeout | undefined

  constructor(times: { readonly ping: number; readonly closing: number } = limits) {
    this.#beat = times.ping / beatsPerPing
    this.#closing = new Deadlines(times.closing, socket => socket.destroy())
  }

  add(link: Kept): void {
    this.#links.add(link)
    this.#timer ??= setInterval(() => this.#tick(), this.#beat).unref()
  }

  remove(link: Kept): void {
    this.#links.delete(link)
    if (this.#links.size > 0) return
    clearInterval(this.#timer)
    this.#timer = undefined
  }

  /** Sends what `socket` still has to send, then ends it; destroys it when that takes longer than `closing`. */
  finish(socket: Socket): void {
    if (socket.destroyed) return
    this.#closing.add(socket)
    socket.once('close', () => this.#closing.delete(socket))
    socket.end()
  }

  #tick(): void {
    this.now++
    for (const link of this.#links) link.beat(this.now)
  }
}
