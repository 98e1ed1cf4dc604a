import { createHash } from 'node:crypto'
import { create } from '@bufbuild/protobuf'
import { ParleyError } from '../../errors.ts'
import { limits } from '../../limits.ts'
import { timeOf } from '../../protocol/clock.ts'
import { readAttachment } from '../../protocol/files.ts'
import {
  EditRowSchema,
  type MessageRow,
  MessageRowSchema,
  ReactionRowSchema,
  type RegistersRow,
  RegistersRowSchema,
} from '../../protocol/hub_rows_pb.ts'
import { fromText, messageId, userId } from '../../protocol/ids.ts'
import { FileSchema } from '../../protocol/parley_pb.ts'
import { checkPosition, queuedNumber } from '../conversations/keys.ts'
import type { Restored } from '../conversations/types.ts'
import { harmless } from '../words.ts'
import type { ExportConversation, ExportFile, ExportMessage } from './export-lines.ts'

/** A line as JSON. @throws Error with the rest of a sentence */
export function readJson(text: string): Readonly<Record<string, unknown>> {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw new Error('it is no JSON')
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { ...value }
  throw new Error('it is no object')
}

/** @throws Error with the rest of a sentence */
export function readConversation(line: Readonly<Record<string, unknown>>): ExportConversation {
  const { account, person, room } = line
  const owner = account === undefined ? undefined : record(account, 'account')
  const other = person === undefined ? undefined : record(person, 'person')
  const about = room === undefined ? undefined : record(room, 'room')
  return {
    conversation: id(line.conversation, 32, 'conversation'),
    ...(owner && { account: { registry: id(owner.registry, 32, 'registry'), user: id(owner.user, 16, 'user') } }),
    ...(other && {
      person: {
        user: text(other.user, 'user', 64),
        name: harmless(text(other.name, 'name', limits.shownName)),
        displayName: harmless(text(other.displayName, 'displayName', limits.shownName)),
      },
    }),
    ...(about && { room: { name: text(about.name, 'name'), topic: text(about.topic, 'topic') } }),
  }
}

/**
 * A message as it is stored: part of no log, with what was done with it as it was at the export. Undefined for a line that
 * tells of an event: the room itself knows those.
 * @throws Error with the rest of a sentence
 */
export function readMessage(line: Readonly<Record<string, unknown>>, now: number): Restored | undefined {
  const { event, position, replyTo, deleted } = line
  const message = {
    message: id(line.message, 16, 'message'),
    user: id(line.user, 16, 'user'),
    written: moment(line.written, 'written'),
    text: text(line.text, 'text'),
  }
  if (event !== undefined) return undefined
  const answered = replyTo === undefined ? undefined : record(replyTo, 'replyTo')
  const row = create(MessageRowSchema, {
    user: fromText(message.user),
    message: fromText(message.message),
    written: BigInt(message.written),
    text: message.text,
    imported: true,
    ...mentionsOf(line.mentions),
    files: list(line.files, 'files', limits.filesOfMessage).map(file => fileOf(record(file, 'files'))),
    ...(answered && {
      replyTo: {
        user: fromText(id(answered.user, 16, 'replyTo')),
        message: fromText(id(answered.message, 16, 'replyTo')),
      },
    }),
  })
  const registers = registersOf(line, row)
  if (registers) row.registers = registers
  if (deleted === undefined && row.text.trim() === '' && row.files.length === 0) throw new Error('it says nothing')
  return { row, position: placeOf(position, message, now) }
}

function registersOf(
  { edited, deleted, reactions }: Readonly<Record<string, unknown>>,
  row: MessageRow,
): RegistersRow | undefined {
  if (edited === undefined && deleted === undefined && reactions === undefined) return undefined
  const registers = create(RegistersRowSchema)
  if (deleted !== undefined) registers.deleted = true
  if (edited !== undefined) {
    const { text: said, mentions, mentionsAll } = row
    const written = BigInt(moment(edited, 'edited'))
    registers.edit = create(EditRowSchema, { written, text: said, mentions, mentionsAll })
  }
  let order = 0n
  for (const reaction of list(reactions, 'reactions', limits.reactionsOfMessage)) {
    const { emoji, users } = record(reaction, 'reactions')
    for (const user of list(users, 'users', limits.roomMembers)) {
      const by = { user: fromText(id(user, 16, 'users')), emoji: text(emoji, 'emoji', 64) }
      registers.reactions.push(create(ReactionRowSchema, { ...by, time: ++order }))
    }
  }
  return registers
}

function mentionsOf(value: unknown): Pick<MessageRow, 'mentions' | 'mentionsAll'> {
  const mentions = list(value, 'mentions', limits.mentions + 1)
  const users = mentions.filter(each => each !== 'all').map(each => fromText(id(each, 16, 'mentions')))
  return { mentions: users, mentionsAll: mentions.includes('all') }
}

function fileOf(value: Readonly<Record<string, unknown>>) {
  const { width = 0, height = 0, size } = value
  const file: Omit<ExportFile, 'width' | 'height'> & { width: number; height: number } = {
    hash: id(value.hash, 32, 'hash'),
    name: text(value.name, 'name', 512),
    type: text(value.type, 'type', 512),
    size: moment(size, 'size'),
    width: moment(width, 'width'),
    height: moment(height, 'height'),
  }
  const row = create(FileSchema, { ...file, hash: fromText(file.hash), size: BigInt(file.size) })
  readAttachment(row)
  return row
}

/** Where it stands: as it did, else by when it was written, at a place that is its own. */
function placeOf(
  position: unknown,
  { message, user, written }: Pick<ExportMessage, 'message' | 'user' | 'written'>,
  now: number,
): string {
  if (position === undefined) {
    const time = timeOf(Math.min(written, now)).toString(16).padStart(16, '0')
    const own = createHash('sha256').update(`${user}/${message}`).digest('hex')
    return `${time}/${'a'.repeat(52)}/${own.slice(0, 11)}/${own.slice(16, 32)}`
  }
  const place = text(position, 'position', 128)
  checkPosition(place)
  if (queuedNumber(place) !== undefined) throw new Error('its position is of one that has not left')
  if (Number.parseInt(place.slice(0, 12), 16) > now + limits.clockSkew) throw new Error('its position is in the future')
  return place
}

function record(value: unknown, what: string): Readonly<Record<string, unknown>> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { ...value }
  throw new Error(`"${what}" is not what it was`)
}

function list(value: unknown, what: string, most: number): readonly unknown[] {
  if (value === undefined) return []
  if (Array.isArray(value) && value.length <= most) return value
  throw new Error(`"${what}" is no list of at most ${most}`)
}

function text(value: unknown, what: string, most: number = limits.text): string {
  if (typeof value === 'string' && Buffer.byteLength(value) <= most && value.isWellFormed()) return value
  throw new Error(`"${what}" is no text of at most ${most} bytes`)
}

function moment(value: unknown, what: string): number {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value
  throw new Error(`"${what}" is no whole number`)
}

function id(value: unknown, size: 16 | 32, what: string): string {
  try {
    const given = text(value, what, 64)
    if (size === 16) return what === 'user' || what === 'users' ? userId(given) : messageId(given)
    if (fromText(given).length === size) return given
  } catch (error) {
    if (!(error instanceof ParleyError)) throw error
  }
  throw new Error(`"${what}" is no id of ${size} bytes`)
}
