import { create, type DescMessage, type MessageShape } from '@bufbuild/protobuf'
import type { MessageName, Said } from '../../protocol/bodies.ts'
import { isStripped } from '../../protocol/entries.ts'
import type { Attachment } from '../../protocol/files.ts'
import {
  AboutRowSchema,
  ActRowSchema,
  AnswerRowSchema,
  DeletedRowSchema,
  HollowRowSchema,
  LeavingRowSchema,
  type MessageRow,
  MessageRowSchema,
  type NamedRow,
  NamedRowSchema,
} from '../../protocol/hub_rows_pb.ts'
import { type ConversationId, fromText, type MessageId, type UserId } from '../../protocol/ids.ts'
import { type Entry, EntrySchema } from '../../protocol/parley_pb.ts'
import { fileKeys, fileRow } from '../files/rows.ts'
import type { Batch } from './batch.ts'
import { entryOf, keys, logKeyOf } from './keys.ts'
import { nameOfRow, nameRow, outboxRow, readQueued, readRow, writeRow } from './rows.ts'
import type { About, Shelf } from './shelf.ts'

/** The rows of messages as the batch that is being made will leave them. */
export class RowSet {
  /** The positions of the entries that were stripped of what they said. */
  readonly stripped: string[] = []
  readonly #conversation: ConversationId
  readonly #shelf: Shelf
  readonly #batch: Batch
  readonly #newAbouts = new Map<string, About[]>()

  constructor(conversation: ConversationId, shelf: Shelf, batch: Batch) {
    this.#conversation = conversation
    this.#shelf = shelf
    this.#batch = batch
  }

  named(name: MessageName): NamedRow | undefined {
    return this.#read(NamedRowSchema, this.#namedKey(name))
  }

  /** A row that says nothing goes. */
  putNamed(name: MessageName, row: NamedRow): void {
    const { position, registers, copies, hidden, dropped, answered } = row
    const isNothing = position === '' && !registers && copies.length === 0 && !hidden && !dropped && !answered
    if (isNothing) this.#batch.remove(this.#namedKey(name))
    else this.#batch.put(this.#namedKey(name), writeRow(NamedRowSchema, row))
  }

  /** Whether the row of that name was looked up, so that no row means that there is none. */
  isNameKnown(name: MessageName): boolean {
    const key = this.#namedKey(name)
    return this.#batch.get(key) !== undefined || this.#shelf.has(key)
  }

  message(position: string): MessageRow | undefined {
    return this.#read(MessageRowSchema, keys.message(this.#conversation, position))
  }

  putMessage(position: string, row: MessageRow): void {
    this.#batch.put(keys.message(this.#conversation, position), writeRow(MessageRowSchema, row))
  }

  removeMessage(position: string): void {
    this.#batch.remove(keys.message(this.#conversation, position))
  }

  /** Notes which files a message names: they are served to whoever may read it, and kept as long as it is here. */
  putFiles(name: MessageName, files: readonly Attachment[] = []): void {
    for (const file of files) this.#batch.put(this.#fileKey(file, name), fileRow(file))
  }

  removeFiles(name: MessageName, files: readonly Attachment[] = []): void {
    for (const file of files) this.#batch.remove(this.#fileKey(file, name))
  }

  /** Notes that a message at a position shows some words of another one. */
  putAnswer(to: MessageName, position: string, user: UserId): void {
    const row = create(AnswerRowSchema, { user: fromText(user) })
    this.#batch.put(this.#answerKey(to, position), writeRow(AnswerRowSchema, row))
  }

  removeAnswer(to: MessageName, position: string): void {
    this.#batch.remove(this.#answerKey(to, position))
  }

  queued(number: number): Said | undefined {
    const key = keys.outbox(this.#conversation, number)
    const value = this.#get(key)
    return value && readQueued(key, value)
  }

  /** `now` in ms since 1970. */
  putQueued(number: number, said: Said, now: number): void {
    this.#batch.put(keys.outbox(this.#conversation, number), outboxRow(said, now))
  }

  removeQueued(number: number): void {
    this.#batch.remove(keys.outbox(this.#conversation, number))
  }

  /** Where an act of one's own stands; undefined: it is new. */
  act(id: MessageId): string | undefined {
    return this.#read(ActRowSchema, keys.act(this.#conversation, id))?.position
  }

  putAct(id: MessageId, position: string): void {
    this.#batch.put(keys.act(this.#conversation, id), writeRow(ActRowSchema, create(ActRowSchema, { position })))
  }

  /** The entries that did something with a message. */
  abouts(name: MessageName): About[] {
    const key = this.#namedKey(name)
    const found = [...this.#shelf.abouts(name), ...(this.#newAbouts.get(key) ?? [])]
    return found.filter(({ kind, position }) => {
      const change = this.#batch.get(this.#aboutKey(name, kind, position))
      return change === undefined || 'put' in change
    })
  }

  putAbout(name: MessageName, about: About): void {
    const { position, kind, user } = about
    const key = this.#namedKey(name)
    this.#newAbouts.set(key, [...(this.#newAbouts.get(key) ?? []), about])
    const row = create(AboutRowSchema, { kind, user: fromText(user) })
    this.#batch.put(this.#aboutKey(name, kind, position), writeRow(AboutRowSchema, row))
  }

  removeAbout(name: MessageName, kind: number, position: string): void {
    this.#batch.remove(this.#aboutKey(name, kind, position))
  }

  /** The message that an entry said which was deleted; `place` as {@link entryText} gives it. */
  deleted(place: string): MessageName | undefined {
    const name = this.#read(DeletedRowSchema, keys.deleted(this.#conversation, place))?.name
    return name && nameOfRow(name)
  }

  putDeleted(place: string, name: MessageName): void {
    const row = create(DeletedRowSchema, { name: nameRow(name) })
    this.#batch.put(keys.deleted(this.#conversation, place), writeRow(DeletedRowSchema, row))
  }

  removeDeleted(place: string): void {
    this.#batch.remove(keys.deleted(this.#conversation, place))
  }

  /** Notes that an entry counts whose words are not here, and that somebody else may have. */
  putHollow(position: string): void {
    const row = create(HollowRowSchema, { position })
    this.#batch.put(keys.hollow(this.#conversation, entryOf(position)), writeRow(HollowRowSchema, row))
  }

  isHollow(place: string): boolean {
    return this.#get(keys.hollow(this.#conversation, place)) !== undefined
  }

  removeHollow(place: string): void {
    this.#batch.remove(keys.hollow(this.#conversation, place))
  }

  /** Notes that what an entry says is to be dropped once everybody has it. */
  putLeaving(position: string): void {
    const row = create(LeavingRowSchema, { position })
    this.#batch.put(keys.leaving(this.#conversation, entryOf(position)), writeRow(LeavingRowSchema, row))
  }

  removeLeaving(place: string): void {
    this.#batch.remove(keys.leaving(this.#conversation, place))
  }

  /** An entry by its place in the logs. */
  entry(place: string): Entry | undefined {
    return this.#read(EntrySchema, `log/${this.#conversation}/${place}`)
  }

  /** Puts what an entry says to where its header is. */
  fill(place: string, { salt, body }: Pick<Entry, 'salt' | 'body'>): void {
    const entry = this.entry(place)
    if (entry === undefined || !isStripped(entry)) return
    this.#batch.put(`log/${this.#conversation}/${place}`, writeRow(EntrySchema, { ...entry, salt, body }))
  }

  /** Drops what the entry of a position said; its header stays, so that the log holds together. */
  strip(position: string): void {
    const key = logKeyOf(this.#conversation, position)
    const entry = this.#read(EntrySchema, key)
    if (entry === undefined || isStripped(entry)) return
    const bare = { ...entry, salt: new Uint8Array(0), body: new Uint8Array(0) }
    this.#batch.put(key, writeRow(EntrySchema, bare))
    this.stripped.push(position)
  }

  #read<Schema extends DescMessage>(schema: Schema, key: string): MessageShape<Schema> | undefined {
    const value = this.#get(key)
    return value && readRow(schema, key, value)
  }

  #get(key: string): Uint8Array | undefined {
    const change = this.#batch.get(key)
    if (change === undefined) return this.#shelf.get(key)
    return 'put' in change ? change.value : undefined
  }

  #namedKey(name: MessageName): string {
    return this.#shelf.namedKey(name)
  }

  #answerKey({ user, message }: MessageName, position: string): string {
    return keys.answer(this.#conversation, user, message, position)
  }

  #fileKey({ hash }: Attachment, { user, message }: MessageName): string {
    return fileKeys.name(hash, this.#conversation, user, message)
  }

  #aboutKey({ user, message }: MessageName, kind: number, position: string): string {
    return keys.about(this.#conversation, user, message, kind, position)
  }
}
