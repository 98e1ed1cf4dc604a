import type { Storage } from '@parley/kit'
import { limits } from '../../limits.ts'
import { isAct, type MessageName, type Said, targetOf } from '../../protocol/bodies.ts'
import {
  AboutRowSchema,
  ActRowSchema,
  DeletedRowSchema,
  type NamedRow,
  NamedRowSchema,
} from '../../protocol/hub_rows_pb.ts'
import { type ConversationId, type MessageId, type UserId, userId } from '../../protocol/ids.ts'
import { sealedPlaces } from './board.ts'
import { entryOf, entryText, keys, logKeyOf, queuedNumber } from './keys.ts'
import { nameOfRow, readRow } from './rows.ts'

/** What a batch may have to look up. Positions are those of the entries. */
export interface Wanted {
  /** What entries and waiting messages say; those have no position yet. */
  readonly said: readonly { readonly user: UserId; readonly said: Said; readonly position?: string }[]
  /** Texts that came without their bodies. */
  readonly stripped?: readonly string[]
  /** What counts no longer. */
  readonly withdrawn?: readonly { readonly user: UserId; readonly said: Said; readonly position: string }[]
  /** Messages that are to be let go of. */
  readonly dropped?: readonly MessageName[]
  /** Other messages. */
  readonly names?: readonly MessageName[]
  /** Other rows, by key. */
  readonly rows?: readonly string[]
}

/** An entry that did something with a message. */
export interface About {
  readonly position: string
  readonly kind: number
  readonly user: UserId
}

/** The rows that a batch may have to look up, read before it is made: making it then waits for nothing. */
export class Shelf {
  readonly #storage: Storage
  readonly #conversation: ConversationId
  readonly #own: UserId
  readonly #rows = new Map<string, Uint8Array | undefined>()
  readonly #abouts = new Map<string, readonly About[]>()
  readonly #keys = new Map<UserId, Map<MessageId, string>>()

  private constructor(storage: Storage, conversation: ConversationId, own: UserId) {
    this.#storage = storage
    this.#conversation = conversation
    this.#own = own
  }

  static async load(storage: Storage, conversation: ConversationId, own: UserId, wanted: Wanted): Promise<Shelf> {
    const shelf = new Shelf(storage, conversation, own)
    await shelf.#load(wanted)
    return shelf
  }

  /** A row as it is stored; undefined when there is none, or nobody has asked for it. */
  get(key: string): Uint8Array | undefined {
    return this.#rows.get(key)
  }

  /** Whether a row was looked up. */
  has(key: string): boolean {
    return this.#rows.has(key)
  }

  /** The key of the row of a name: made once, since it is asked for several times with each message. */
  namedKey({ user, message }: MessageName): string {
    const known = this.#keys.get(user) ?? new Map<MessageId, string>()
    this.#keys.set(user, known)
    const key = known.get(message) ?? keys.named(this.#conversation, user, message)
    known.set(message, key)
    return key
  }

  /** The entries that did something with a message, if they may be needed. */
  abouts(name: MessageName): readonly About[] {
    return this.#abouts.get(this.namedKey(name)) ?? []
  }

  /** Looks up what is shown at these positions as well. */
  readMessages(positions: readonly string[]): Promise<void> {
    return this.#read(positions.map(position => keys.message(this.#conversation, position)))
  }

  async #load({ said, stripped = [], withdrawn = [], dropped = [], names = [], rows = [] }: Wanted): Promise<void> {
    const id = this.#conversation
    const all = [...said, ...withdrawn]
    const acts = all.flatMap(({ user, said: is }) => (isAct(is) && user === this.#own ? [is.message] : []))
    const answered = all.flatMap(({ said: is }) => (isAct(is) || !is.replyTo ? [] : [is.replyTo]))
    await this.#read([
      ...[...all.map(nameIn), ...answered, ...names, ...dropped].map(name => this.namedKey(name)),
      ...acts.map(act => keys.act(id, act)),
      ...all.flatMap(({ said: is }) => this.#namedEntries(is)),
      ...withdrawn.map(({ position }) => logKeyOf(id, position)),
      ...stripped.flatMap(position => [keys.deleted(id, entryOf(position)), logKeyOf(id, position)]),
      ...rows,
    ])
    const others = [...this.#deletedNames(stripped), ...dropped]
    await this.#read([...others.map(name => this.namedKey(name)), ...acts.flatMap(act => this.#queuedAct(act))])
    await this.#readTargets([...all.map(nameIn), ...names, ...others])
    await this.#readPlaces([...all, ...others.map(name => ({ name }))])
    const deleted = said.filter(({ said: is }) => isAct(is) && is.act.is === 'deletion').map(nameIn)
    await this.#readEntries([...deleted, ...withdrawn.map(nameIn), ...others])
    const recounted = withdrawn.filter(({ said: is }) => isAct(is)).map(nameIn)
    for (const name of recounted) await this.#readAbouts(name, limits.recountedAbouts)
    for (const name of [...deleted, ...dropped]) await this.#readAbouts(name, limits.droppedAbouts)
  }

  /** What stands where the messages do. */
  async #readTargets(names: readonly MessageName[]): Promise<void> {
    await this.#read(
      names.flatMap(name => {
        const { position = '' } = this.#namedRow(name) ?? {}
        const number = queuedNumber(position)
        if (number !== undefined) return [keys.outbox(this.#conversation, number)]
        return position === '' ? [] : [keys.message(this.#conversation, position)]
      }),
    )
  }

  /** Which of the places of messages that have several, or may have one more, deletions name. */
  async #readPlaces(messages: readonly (SaidAt | { readonly name: MessageName })[]): Promise<void> {
    await this.#read(
      messages.flatMap(message => {
        const name = 'name' in message ? message.name : nameIn(message)
        const named = this.#namedRow(name)
        if (named === undefined) return []
        const isSealedAgain = 'said' in message && !isAct(message.said) && message.position !== undefined
        const places = [...sealedPlaces(named), ...(isSealedAgain ? [message.position] : [])]
        if (places.length < 2 && !isSealedAgain) return []
        return places.map(place => keys.deleted(this.#conversation, entryOf(place)))
      }),
    )
  }

  /** The entries that said the messages, and where each was sealed. */
  async #readEntries(names: readonly MessageName[]): Promise<void> {
    await this.#read(
      names.flatMap(name => {
        const { position = '', copies = [] } = this.#namedRow(name) ?? {}
        const sealed = [position, ...copies].filter(at => at !== '' && queuedNumber(at) === undefined)
        return sealed.map(at => logKeyOf(this.#conversation, at))
      }),
    )
  }

  #namedRow(name: MessageName): NamedRow | undefined {
    const key = this.namedKey(name)
    const value = this.#rows.get(key)
    return value && readRow(NamedRowSchema, key, value)
  }

  async #readAbouts(name: MessageName, most: number): Promise<void> {
    const key = this.namedKey(name)
    if (this.#abouts.has(key)) return
    const prefix = keys.aboutOf(this.#conversation, name.user, name.message)
    const { rows } = await this.#storage.list(prefix, { limit: most })
    const abouts = rows.map(([at, value]) => {
      const { kind, user } = readRow(AboutRowSchema, at, value)
      return { position: at.slice(at.indexOf('/', prefix.length) + 1), kind, user: userId(user) }
    })
    this.#abouts.set(key, abouts)
    await this.#read(abouts.map(({ position }) => logKeyOf(this.#conversation, position)))
  }

  /** The rows of the entries that a deletion names. */
  #namedEntries(said: Said): string[] {
    if (!isAct(said) || said.act.is !== 'deletion') return []
    return said.act.entries.map(({ device, seq, hash }) => `log/${this.#conversation}/${entryText(device, seq, hash)}`)
  }

  /** The row in the outbox of an act of one's own that waits. */
  #queuedAct(act: MessageId): string[] {
    const key = keys.act(this.#conversation, act)
    const value = this.#rows.get(key)
    const number = value && queuedNumber(readRow(ActRowSchema, key, value).position)
    return number === undefined ? [] : [keys.outbox(this.#conversation, number)]
  }

  #deletedNames(stripped: readonly string[]): MessageName[] {
    return stripped.flatMap(position => {
      const key = keys.deleted(this.#conversation, entryOf(position))
      const value = this.#rows.get(key)
      const name = value && readRow(DeletedRowSchema, key, value).name
      return name ? [nameOfRow(name)] : []
    })
  }

  async #read(wanted: readonly string[]): Promise<void> {
    const missing = [...new Set(wanted)].filter(key => !this.#rows.has(key))
    for (let from = 0; from < missing.length; from += pageOfKeys) {
      const page = missing.slice(from, from + pageOfKeys)
      const values = await this.#storage.get(page)
      for (const [index, key] of page.entries()) this.#rows.set(key, values[index])
    }
  }
}

type SaidAt = Wanted['said'][number]

function nameIn({ user, said }: { readonly user: UserId; readonly said: Said }): MessageName {
  return isAct(said) ? targetOf(said, user) : { user, message: said.message }
}

/** Keys of one look: what a storage takes at once with room to spare. */
const pageOfKeys = 500
