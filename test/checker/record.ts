import { randomBytes } from 'node:crypto'
import type { StoredMessage } from '../../daemon/src/hub/conversations/types.ts'
import { type MessageId, messageId } from '../../daemon/src/protocol/ids.ts'
import type { Person } from '../support/conversations.ts'
import type { Station } from './station.ts'

/** A message that somebody sent, and what they were told of it. */
export interface Said {
  readonly by: Station
  readonly to: Person
  readonly message: MessageId
  readonly text: string
  /** How many were told before it to be stored, on the same station; undefined: it was not told so far. */
  acknowledged?: number
  /** Another device was said to have it. */
  isDelivered: boolean
  /** The only disk that had it for certain was put back to an older copy, or thrown away. */
  mayBeLost: boolean
}

const order = { queued: 0, sent: 1, delivered: 2, read: 3 } as const

/** What people were told about their messages, which has to be true whatever happens. */
export class Record {
  readonly said: Said[] = []
  /** What was told and cannot be. */
  readonly faults: string[] = []
  readonly #byName = new Map<string, Said>()
  /** The furthest state that a station told of a message since its disk was put back. */
  readonly #states = new Map<string, number>()
  #acknowledged = 0

  next(by: Station, to: Person): Said {
    const text = `${by.name} ${this.said.length}`
    const said: Said = { by, to, message: messageId(randomBytes(16)), text, isDelivered: false, mayBeLost: false }
    this.said.push(said)
    this.#byName.set(`${by.person.user} ${said.message}`, said)
    return said
  }

  acknowledge(said: Said): void {
    said.acknowledged ??= this.#acknowledged++
  }

  /** What a station tells of messages. */
  hear(station: Station, messages: readonly StoredMessage[]): void {
    for (const { mine, user, message, state, text } of messages) {
      if (!mine || state === undefined) continue
      const said = this.#byName.get(`${user} ${message}`)
      if (said === undefined) this.faults.push(`${station.name} shows "${text}", which nobody has sent`)
      if (said === undefined) continue
      const name = `${station.name} ${message}`
      const before = this.#states.get(name) ?? -1
      if (order[state] < before) {
        this.faults.push(`${station.name} said of "${said.text}" that it is ${state}, after more had been said`)
      }
      this.#states.set(name, Math.max(before, order[state]))
      if (order[state] >= order.delivered) said.isDelivered = true
    }
  }

  /** A station's disk is an older one now, or gone: what nobody else is known to have may be lost. */
  forget(station: Station): void {
    for (const said of this.said) if (said.by === station && !said.isDelivered) said.mayBeLost = true
    for (const name of [...this.#states.keys()]) if (name.startsWith(`${station.name} `)) this.#states.delete(name)
  }
}
