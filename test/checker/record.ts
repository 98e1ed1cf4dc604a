import { randomBytes } from 'node:crypto'
import type { StoredMessage } from '../../daemon/src/hub/conversations/types.ts'
import type { MessageName } from '../../daemon/src/protocol/bodies.ts'
import type { MessageState } from '../../daemon/src/protocol/control.ts'
import { type ConversationId, type MessageId, messageId, type UserId } from '../../daemon/src/protocol/ids.ts'
import type { Disk } from './disk.ts'
import { idsOn } from './holdings.ts'
import type { Station } from './station.ts'

/** What somebody did at a station. */
export type Deed =
  | { readonly is: 'text'; readonly text: string; readonly mentions: readonly UserId[] }
  | { readonly is: 'edit'; readonly of: MessageName; readonly text: string }
  | { readonly is: 'deletion'; readonly of: MessageName }
  | { readonly is: 'reaction'; readonly of: MessageName; readonly emoji: string; readonly isOff: boolean }
  /** Of the members of a room. */
  | { readonly is: 'membership'; readonly what: string }

/** A deed, and what was told of it. */
export interface Said {
  readonly by: Station
  /** Which life of the station: each older copy of its disk begins another one. */
  readonly life: number
  readonly conversation: ConversationId
  readonly deed: Deed
  /** The id that was given to it; of an act on members the hash of its entry, once that is known. */
  id: MessageId | string
  /** Counts along with {@link acknowledged}. */
  readonly issued: number
  /** When it was told to be stored; undefined: it was not told so far. */
  acknowledged?: number
  /** No disk has it any more: those that had it were put back to older copies, or thrown away. */
  mayBeLost: boolean
}

/** A message that somebody was told to have read. */
export interface Read {
  readonly station: Station
  readonly life: number
  readonly conversation: ConversationId
  readonly found: Pick<StoredMessage, 'text' | 'position'>
}

const order: { readonly [state in MessageState]: number } = { queued: 0, sent: 1, delivered: 2, read: 3 }

/** What people were told about what they did, which has to be true whatever happens. */
export class Record {
  readonly said: Said[] = []
  /** What was read, and stays so. */
  readonly reads: Read[] = []
  /** What was told and cannot be. */
  readonly faults: string[] = []
  readonly #texts = new Map<string, Set<string>>()
  /** Of messages that somebody was told to be delivered: their ids. */
  readonly #delivered = new Set<string>()
  /** The furthest state that a station told of a message since its disk was put back. */
  readonly #states = new Map<string, number>()
  #count = 0

  next(by: Station, conversation: ConversationId, deed: Deed): Said {
    const id = messageId(randomBytes(16))
    const said: Said = { by, life: by.life, conversation, deed, id, issued: this.#count++, mayBeLost: false }
    this.said.push(said)
    if (deed.is === 'text') this.#addText(`${by.person.user} ${id}`, deed.text)
    if (deed.is === 'edit') this.#addText(`${deed.of.user} ${deed.of.message}`, deed.text)
    return said
  }

  acknowledge(said: Said): void {
    said.acknowledged ??= this.#count++
  }

  readUpTo(read: Read): void {
    this.reads.push(read)
  }

  /** What a station tells of messages. */
  hear(station: Station, messages: readonly StoredMessage[]): void {
    for (const { conversation, mine, user, message, state, text, deleted, event } of messages) {
      if (event) continue
      const name = `${user} ${message}`
      const isWhatWasSaid = deleted === true || this.#texts.get(name)?.has(text) === true
      if (!isWhatWasSaid) this.faults.push(`${station.name} shows "${text}", which nobody has sent so`)
      if (!mine || state === undefined || deleted) continue
      const at = `${station.name} ${conversation} ${message}`
      const before = this.#states.get(at) ?? -1
      if (order[state] < before)
        this.faults.push(`${station.name} said of "${text}" that it is ${state}, after more had been said`)
      this.#states.set(at, Math.max(before, order[state]))
      if (order[state] >= order.delivered) this.#delivered.add(message)
    }
  }

  /**
   * A station was killed: what it had acknowledged has to be on its disk, and what others wrote in `conversations` and were
   * told to be delivered.
   */
  async checkDisk(station: Station, conversations: ReadonlySet<ConversationId>): Promise<void> {
    const { name, person, disk, life } = station
    const ids = await idsOn(disk)
    for (const { by, conversation, deed, id, acknowledged, life: lived } of this.said) {
      if (by === station && lived === life && acknowledged !== undefined && !ids.has(id))
        this.faults.push(`${deed.is} ${acknowledged} was acknowledged, and is not on the disk of ${name}`)
      if (deed.is !== 'text' || !conversations.has(conversation) || by.person.user === person.user) continue
      if (this.#delivered.has(id) && !ids.has(id))
        this.faults.push(`"${deed.text}" was told to be delivered, and is not on the disk of ${name}`)
    }
  }

  /** A disk is an older one now, or gone: what is on none of those that are left is lost. */
  async forget(station: Station, left: readonly Disk[]): Promise<void> {
    for (const name of [...this.#states.keys()]) if (name.startsWith(`${station.name} `)) this.#states.delete(name)
    const held = new Set<string>()
    for (const disk of left) for (const id of await idsOn(disk)) held.add(id)
    for (const said of this.said) if (!held.has(said.id)) said.mayBeLost = true
  }

  #addText(name: string, text: string): void {
    this.#texts.set(name, (this.#texts.get(name) ?? new Set()).add(text))
  }
}
