import { randomBytes } from 'node:crypto'
import type { Socket } from 'node:net'
import type { DeviceId, UserId } from '../../protocol/ids.ts'

/** One of the two devices that a pair connects. */
export interface End {
  readonly user: UserId
  readonly device: DeviceId
  readonly ticket: Uint8Array
  /** Whose connection has come with the ticket. */
  socket?: Socket
}

/** Two devices that are to be connected. Each has a ticket of its own, so that neither can come in the other's place. */
export interface Pair {
  readonly asker: End
  readonly target: End
}

/** Bytes of a ticket. */
export const ticketSize = 16

/** Tickets that were given and not used up, by their bytes. */
export class Tickets {
  readonly #ends = new Map<string, { readonly pair: Pair; readonly end: End }>()
  readonly #pairs = new Set<Pair>()
  /** What each user has asked for. */
  readonly #perUser = new Map<UserId, Set<Pair>>()

  get size(): number {
    return this.#pairs.size
  }

  all(): Iterable<Pair> {
    return this.#pairs
  }

  /** The pairs that a user has asked for. */
  askedBy(user: UserId): ReadonlySet<Pair> {
    return this.#perUser.get(user) ?? new Set()
  }

  give(asker: Omit<End, 'ticket'>, target: Omit<End, 'ticket'>): Pair {
    const pair: Pair = { asker: { ...asker, ticket: newTicket() }, target: { ...target, ticket: newTicket() } }
    for (const end of [pair.asker, pair.target]) this.#ends.set(textOf(end.ticket), { pair, end })
    this.#pairs.add(pair)
    this.#perUser.set(asker.user, (this.#perUser.get(asker.user) ?? new Set()).add(pair))
    return pair
  }

  /** Uses a ticket: it is worth nothing from now on. Undefined for one that is unknown, used or too old. */
  use(ticket: Uint8Array): { readonly pair: Pair; readonly end: End } | undefined {
    const text = textOf(ticket)
    const found = this.#ends.get(text)
    this.#ends.delete(text)
    return found
  }

  /** Takes a pair out, whatever became of it. */
  delete(pair: Pair): void {
    if (!this.#pairs.delete(pair)) return
    for (const { ticket } of [pair.asker, pair.target]) this.#ends.delete(textOf(ticket))
    const { user } = pair.asker
    const asked = this.#perUser.get(user)
    asked?.delete(pair)
    if (asked?.size === 0) this.#perUser.delete(user)
  }
}

function newTicket(): Uint8Array {
  return new Uint8Array(randomBytes(ticketSize))
}

function textOf(ticket: Uint8Array): string {
  return Buffer.from(ticket).toString('latin1')
}
