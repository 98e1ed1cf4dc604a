import { create } from '@bufbuild/protobuf'
import { ParleyError } from '../errors.ts'
import { limits } from '../limits.ts'
import { decoder, encoder } from './codec.ts'
import { checkEmoji, isShownEmoji } from './emoji.ts'
import { type Attachment, fileOf, readAttachment } from './files.ts'
import { type DeviceId, deviceId, fromText, type MessageId, messageId, type UserId, userId } from './ids.ts'
import { type Body, BodySchema, type MessageRef } from './parley_pb.ts'

/** Names a message for good: its author and its own id. */
export interface MessageName {
  readonly user: UserId
  readonly message: MessageId
}

/** What both a message and its edit say. */
export interface Words {
  readonly text: string
  /** Users that it names. */
  readonly mentions?: readonly UserId[]
  /** It names everybody. */
  readonly mentionsAll?: true
}

/** What a message says, wherever it stands. */
export interface Content extends Words {
  readonly message: MessageId
  /** Ms since 1970 by the author's clock: shown, never used for order. */
  readonly written: number
  readonly replyTo?: MessageName
  readonly files?: readonly Attachment[]
}

/** Where an entry stands in its log; `hash` is the first 8 bytes in hex. */
export interface EntryPlace {
  readonly device: DeviceId
  readonly seq: number
  readonly hash: string
}

/** Something that is done with a message. */
export type Deed =
  | ({ readonly is: 'edit'; readonly target: MessageId } & Words)
  /** `entries`: those that said it, as far as whoever deleted it knew. */
  | { readonly is: 'deletion'; readonly target: MessageName; readonly entries: readonly EntryPlace[] }
  | { readonly is: 'reaction'; readonly target: MessageName; readonly emoji: string; readonly isOff: boolean }

/** A deed as an entry says it. */
export interface Act {
  /** Its own id: the same again is the same act. */
  readonly message: MessageId
  readonly written: number
  readonly act: Deed
}

/** What an entry says that changes what is shown of a conversation. */
export type Said = Content | Act

export function isAct(said: Said): said is Act {
  return 'act' in said
}

/** The message that an act of `author` is about. */
export function targetOf({ act }: Act, author: UserId): MessageName {
  return act.is === 'edit' ? { user: author, message: act.target } : act.target
}

/** The `kind` of an entry is the number of its body's field. */
export const textKind = 16
export const editKind = 17
export const deletionKind = 18
export const reactionKind = 19

/** Whether entries of that kind say words, which go when their message is deleted or let go of. */
export function saysWords(kind: number): boolean {
  return kind === textKind || kind === editKind
}

/** The kind and body of an entry. Throws `bad-message` for what {@link checkContent} and its like refuse. */
export function encodeSaid(said: Said): { readonly kind: number; readonly body: Uint8Array<ArrayBuffer> } {
  const { kind, is } = isAct(said) ? bodyOfDeed(said.act) : bodyOfContent(said)
  const fields = { message: fromText(said.message), written: BigInt(said.written), is }
  return { kind, body: encodeBody(create(BodySchema, fields)) }
}

/** The body of a text message. Throws `bad-message` when it is empty or over 100 KiB of UTF-8. */
export function encodeText(message: MessageId, written: number, text: string): Uint8Array<ArrayBuffer> {
  return encodeSaid({ message, written, text }).body
}

/** Throws `bad-message` when `text` cannot be sent: empty, blank, or over 100 KiB of UTF-8. */
export function checkText(text: string): void {
  if (text.trim() === '') throw new ParleyError('bad-message', 'The message is empty. Write something first.')
  const size = Buffer.byteLength(text)
  if (size <= limits.text) return
  throw new ParleyError('bad-message', `The message has ${size} bytes; at most ${limits.text} fit. Send it in parts.`)
}

/**
 * Reads the body of an entry of `kind`: undefined for a kind that shows nothing here, be it not known or of a membership.
 * Throws `bad-frame` for one that is malformed, `bad-message` for one that does not say what its kind promises: such an
 * entry links, but shows nothing.
 */
export function readBody(bytes: Uint8Array, kind: number = textKind): Said | undefined {
  const body = decodeBody(bytes)
  const message = messageId(body.message)
  if (body.written > latestDate)
    throw new ParleyError('bad-message', 'A message was written at a time that does not exist.')
  const written = Number(body.written)
  const expected = cases.get(kind)
  if (expected === undefined && !isShownCase(body.is.case)) return undefined
  if (body.is.case !== expected) throw new ParleyError('bad-message', 'A message is of another kind than it says.')
  return readSaid(body.is, { message, written })
}

/** Throws `bad-message` unless a message may be sent with this text, these people named and these files. */
export function checkContent({ text, mentions = [], files = [] }: Omit<Content, 'message' | 'written'>): void {
  if (files.length === 0 || text.trim() !== '') checkText(text)
  checkCount('people', mentions.length, limits.mentions)
  checkCount('files', files.length, limits.filesOfMessage)
}

const decodeBody = decoder(BodySchema)
const encodeBody = encoder(BodySchema)

const cases: ReadonlyMap<number, Body['is']['case']> = new Map([
  [textKind, 'text'],
  [editKind, 'edit'],
  [deletionKind, 'deletion'],
  [reactionKind, 'reaction'],
])

function isShownCase(is: Body['is']['case']): boolean {
  return is !== undefined && [...cases.values()].includes(is)
}

function readSaid(is: Body['is'], base: { readonly message: MessageId; readonly written: number }): Said | undefined {
  switch (is.case) {
    case 'text': {
      const { replyTo, files: sent } = is.value
      checkCount('files', sent.length, limits.filesOfMessage)
      const files = sent.map(readAttachment)
      const words = readWords(is.value)
      checkContent({ ...words, files })
      const reply = replyTo === undefined ? {} : { replyTo: readName(replyTo) }
      return { ...base, ...words, ...reply, ...(files.length > 0 && { files }) }
    }
    case 'edit': {
      const words = readWords(is.value)
      // Where there are files their words may be taken back.
      if (words.text.trim() !== '') checkText(words.text)
      return { ...base, act: { is: 'edit', target: messageId(is.value.target), ...words } }
    }
    case 'deletion': {
      checkCount('entries', is.value.entries.length, limits.branches)
      const entries = is.value.entries.map(({ device, seq, hash }) => {
        if (seq < 1n || seq >= BigInt(limits.seq) || hash.length !== 8)
          throw new ParleyError('bad-message', 'A deletion names an entry that cannot be.')
        return { device: deviceId(device), seq: Number(seq), hash: Buffer.from(hash).toString('hex') }
      })
      return { ...base, act: { is: 'deletion', target: readName(is.value.target), entries } }
    }
    case 'reaction': {
      const { emoji, off } = is.value
      if (!isShownEmoji(emoji)) throw new ParleyError('bad-message', 'A reaction is no emoji.')
      return { ...base, act: { is: 'reaction', target: readName(is.value.target), emoji, isOff: off } }
    }
    default:
      return undefined
  }
}

function readWords(value: {
  readonly text: string
  readonly mentions: readonly Uint8Array[]
  readonly mentionsAll: boolean
}): Words {
  const { text } = value
  checkCount('people', value.mentions.length, limits.mentions)
  const mentions = [...new Set(value.mentions.map(userId))]
  return {
    text,
    ...(mentions.length > 0 && { mentions }),
    ...(value.mentionsAll ? { mentionsAll: true as const } : {}),
  }
}

function readName(name: MessageRef | undefined): MessageName {
  if (name === undefined) throw new ParleyError('bad-message', 'A message is about another one and does not say which.')
  return { user: userId(name.user), message: messageId(name.message) }
}

function bodyOfContent(content: Content) {
  checkContent(content)
  const { replyTo, files = [] } = content
  const reply = replyTo === undefined ? {} : { replyTo: nameFields(replyTo) }
  const value = { ...wordFields(content), ...reply, files: files.map(fileOf) }
  return { kind: textKind, is: { case: 'text', value } } as const
}

function bodyOfDeed(act: Deed) {
  switch (act.is) {
    case 'edit': {
      if (act.text.trim() !== '') checkText(act.text)
      checkCount('people', act.mentions?.length ?? 0, limits.mentions)
      const value = { target: fromText(act.target), ...wordFields(act) }
      return { kind: editKind, is: { case: 'edit', value } } as const
    }
    case 'deletion': {
      const entries = act.entries.slice(0, limits.branches).map(({ device, seq, hash }) => {
        return { device: fromText(device), seq: BigInt(seq), hash: new Uint8Array(Buffer.from(hash, 'hex')) }
      })
      return {
        kind: deletionKind,
        is: { case: 'deletion', value: { target: nameFields(act.target), entries } },
      } as const
    }
    case 'reaction': {
      checkEmoji(act.emoji)
      const value = { target: nameFields(act.target), emoji: act.emoji, off: act.isOff }
      return { kind: reactionKind, is: { case: 'reaction', value } } as const
    }
  }
}

function wordFields({ text, mentions = [], mentionsAll }: Words) {
  return {
    text: text.toWellFormed(),
    mentions: mentions.map(user => fromText(user)),
    mentionsAll: mentionsAll === true,
  }
}

function nameFields({ user, message }: MessageName) {
  return { user: fromText(user), message: fromText(message) }
}

function checkCount(what: string, count: number, most: number): void {
  if (count <= most) return
  throw new ParleyError('bad-message', `A message names at most ${most} ${what}, not ${count}. Send it in parts.`)
}

/** The last ms of a JavaScript date (ECMA-262, time values). */
const latestDate = 8_640_000_000_000_000n
