import type { ListPage, ListRange, Storage } from '@parley/kit'
import { ParleyError } from '../../errors.ts'
import { limits } from '../../limits.ts'
import { isAct, type MessageName } from '../../protocol/bodies.ts'
import { sizeInControl } from '../../protocol/control-framing.ts'
import { type ConversationId, type DeviceId, deviceId, type UserId } from '../../protocol/ids.ts'
import {
  checkPosition,
  keys,
  lastPart,
  placeOf,
  queuedNumber,
  queuedPosition,
  rightBefore,
  timeOfPosition,
} from './keys.ts'
import { excerptOf } from './line.ts'
import { type Counts, type OwnPlace, type Reach, stateAt } from './reached.ts'
import { readMessageRow, readNamedRow, readOutboxRow, readQueued, type Shown } from './rows.ts'
import type { Change } from './timeline.ts'
import type { HistoryPage, HistoryRange, StoredMessage } from './types.ts'

/** Whose view of a conversation a page shows. */
export interface View {
  readonly conversation: ConversationId
  readonly user: UserId
  readonly device: DeviceId
  /** How far one's own messages have come. */
  readonly reach: Reach
  /** In rooms: how many have a message of one's own. */
  counts?(at: OwnPlace): Counts
}

/** A message as it stands, with the state that the view gives one's own. */
export function storedMessage(view: View, author: UserId, content: Shown, position: string): StoredMessage {
  const base = { ...content, conversation: view.conversation, user: author, position }
  if (author !== view.user) return { ...base, mine: false }
  if (content.event || content.imported) return { ...base, mine: true }
  if (queuedNumber(position) !== undefined) return { ...base, mine: true, state: 'queued' }
  const { device, seq } = placeOf(position)
  const at = { device: deviceId(device), seq, time: timeOfPosition(position) }
  const state = stateAt(view.reach, at)
  return { ...base, mine: true, state, ...(view.counts && { reached: view.counts(at) }) }
}

/** A message that a batch has changed. */
export function changedMessage(view: View, { user, content, position, isGone }: Change): StoredMessage {
  return { ...storedMessage(view, user, content, position), ...(isGone && { isGone }) }
}

/** Messages with what those say that they answer. Storage is asked only where one is a reply. */
export async function withReplies(
  storage: Storage,
  { conversation, user }: Pick<View, 'conversation' | 'user'>,
  messages: readonly StoredMessage[],
): Promise<StoredMessage[]> {
  const wanted = new Map<string, string>()
  for (const { replyTo } of messages) {
    if (replyTo) wanted.set(nameOf(replyTo), keys.named(conversation, replyTo.user, replyTo.message))
  }
  if (wanted.size === 0) return [...messages]
  const names = await storage.get([...wanted.values()])
  const places = new Map<string, { position: string; key: string }>()
  for (const [index, [name, key]] of [...wanted].entries()) {
    const value = names[index]
    const position = value ? readNamedRow(key, value) : ''
    if (position !== '') places.set(name, { position, key: rowKey(conversation, position) })
  }
  const rows = await storage.get([...places.values()].map(({ key }) => key))
  const found = new Map<string, { text: string; position: string }>()
  for (const [index, [name, { position, key }]] of [...places].entries()) {
    const row = rows[index]
    if (row) found.set(name, { text: excerptOf(readShown(user, position, key, row)), position })
  }
  return messages.map(each => {
    const answered = each.replyTo && found.get(nameOf(each.replyTo))
    return each.replyTo && answered ? { ...each, replyTo: { ...each.replyTo, ...answered } } : each
  })
}

/** The key of the row behind a position. */
export function rowKey(conversation: ConversationId, position: string): string {
  const number = queuedNumber(position)
  return number === undefined ? keys.message(conversation, position) : keys.outbox(conversation, number)
}

/** What the row behind a position shows; what waits is of `own`. */
export function readShown(own: UserId, position: string, key: string, row: Uint8Array): Shown & { user: UserId } {
  if (queuedNumber(position) === undefined) return readMessageRow(key, row)
  return { ...readOutboxRow(key, row), user: own }
}

/**
 * A page of a conversation by position: sealed messages, then the outbox. Throws `usage` for a position that is none.
 * A message that is sealed while the page is read is shown once, at its place.
 */
export async function readHistory(storage: Storage, view: View, range: HistoryRange): Promise<HistoryPage> {
  checkRange(range)
  const { messages, more } = await readRange(storage, view, range)
  return { messages: await withReplies(storage, view, messages), more }
}

/** @throws ParleyError `usage` for a range that makes no sense, whatever there is to read */
export function checkRange(range: HistoryRange): void {
  for (const position of [range.before, range.after, range.from]) {
    if (position !== undefined) checkPosition(position)
  }
  if (range.after !== undefined && range.from !== undefined) {
    throw new ParleyError('usage', 'A page begins after a message or from one on. Give one of both.')
  }
  if (!Number.isSafeInteger(range.limit) || range.limit < 1) {
    throw new ParleyError('usage', `A page has 1 to ${limits.historyPage} messages. Ask for a number of them.`)
  }
}

function readRange(storage: Storage, view: View, range: HistoryRange): Promise<HistoryPage> {
  const limit = Math.min(range.limit, limits.historyPage)
  const { before, after, from } = range
  if (from !== undefined) return readForward(storage, view, { start: from, isIncluded: true, before, limit })
  if (after !== undefined) return readForward(storage, view, { start: after, isIncluded: false, before, limit })
  return readBackward(storage, view, before, limit)
}

async function readBackward(
  storage: Storage,
  view: View,
  before: string | undefined,
  limit: number,
): Promise<HistoryPage> {
  // The outbox is read first: what is sealed meanwhile is then seen twice instead of never.
  const number = before === undefined ? undefined : queuedNumber(before)
  const isSealed = before !== undefined && number === undefined
  const to = number === undefined ? {} : { after: keys.outbox(view.conversation, number) }
  const outbox = isSealed ? nothing : await readOutbox(storage, view, { limit, reverse: true, ...to })
  const left = outbox.more ? 0 : limit - outbox.messages.length
  const after = isSealed ? { after: keys.message(view.conversation, before) } : {}
  const range = { limit: Math.max(left, 1), reverse: true, ...after }
  const page = await listSome(storage, keys.messagesOf(view.conversation), range)
  const sealed = left > 0 ? page.rows.map(([key, value]) => sealedMessage(view, key, value)) : []
  const more = outbox.more || (left > 0 ? page.more : page.rows.length > 0)
  const found = once([...sealed.reverse(), ...outbox.messages.toReversed()])
  const wanted = fitting(found.toReversed()).toReversed()
  return { messages: wanted, more: more || wanted.length < found.length }
}

async function readForward(
  storage: Storage,
  view: View,
  range: { start: string; isIncluded: boolean; before: string | undefined; limit: number },
): Promise<HistoryPage> {
  const { start, isIncluded, before, limit } = range
  const { conversation } = view
  const behind = (key: string) => (isIncluded ? rightBefore(key) : key)
  const number = queuedNumber(start)
  const from = number === undefined ? {} : { after: behind(keys.outbox(conversation, number)) }
  const outbox = await readOutbox(storage, view, { limit, reverse: false, ...from })
  const page =
    number === undefined
      ? await listSome(storage, keys.messagesOf(conversation), {
          after: behind(keys.message(conversation, start)),
          limit,
        })
      : { rows: [], more: false }
  const sealed = page.rows.map(([key, value]) => sealedMessage(view, key, value))
  const queued = page.more ? [] : outbox.messages
  const found = once([...sealed, ...queued])
  const wanted = before === undefined ? found : found.filter(({ position }) => position < before)
  const messages = fitting(wanted.slice(0, limit))
  const isCut = messages.length < wanted.length
  return { messages, more: isCut || (wanted.length === found.length && (page.more || outbox.more)) }
}

interface Found {
  readonly messages: readonly StoredMessage[]
  readonly more: boolean
}

const nothing: Found = { messages: [], more: false }

async function readOutbox(storage: Storage, view: View, range: ListRange): Promise<Found> {
  const messages: StoredMessage[] = []
  for (let after = range.after; ; ) {
    const limit = range.limit - messages.length
    const page = await listSome(storage, keys.outboxOf(view.conversation), { ...range, limit, ...(after && { after }) })
    for (const [key, value] of page.rows) {
      after = key
      const said = readQueued(key, value)
      // What was done with messages waits there as well; it shows in them.
      if (isAct(said)) continue
      messages.push(storedMessage(view, view.user, said, queuedPosition(Number.parseInt(lastPart(key), 16))))
    }
    if (!page.more || messages.length === page.rows.length || messages.length >= range.limit)
      return { messages, more: page.more }
  }
}

/** Rows up to a limit, a few at a time, and no more of them once they hold what fits into a page. */
async function listSome(storage: Storage, prefix: string, range: ListRange): Promise<ListPage> {
  const rows: ListPage['rows'][number][] = []
  let bytes = 0
  for (let after = range.after; ; after = rows.at(-1)?.[0]) {
    const limit = Math.min(range.limit - rows.length, limits.historyRows)
    const page = await storage.list(prefix, { ...range, limit, ...(after === undefined ? {} : { after }) })
    rows.push(...page.rows)
    for (const [, value] of page.rows) bytes += value.length
    if (!page.more || rows.length === range.limit || bytes > limits.historyBytes) return { rows, more: page.more }
  }
}

function sealedMessage(view: View, key: string, value: Uint8Array): StoredMessage {
  const { user, ...content } = readMessageRow(key, value)
  return storedMessage(view, user, content, key.slice(keys.messagesOf(view.conversation).length))
}

/** The first messages, as many as one page may hold. */
function fitting(messages: readonly StoredMessage[]): StoredMessage[] {
  let bytes = 0
  const cut = messages.findIndex(({ text, reactions = [], files = [] }, index) => {
    bytes += sizeInControl(text) + (reactions.length + files.length) * besideText
    return index > 0 && bytes > limits.historyBytes
  })
  return cut < 0 ? [...messages] : messages.slice(0, cut)
}

/** Bytes of a reaction, or of a file but for its name. */
const besideText = 256

function nameOf({ user, message }: MessageName): string {
  return `${user}/${message}`
}

/** Each message once, at its first place: sealed comes before queued. */
function once(messages: readonly StoredMessage[]): StoredMessage[] {
  const seen = new Map<string, StoredMessage>()
  for (const message of messages) {
    const name = `${message.user}/${message.message}`
    if (!seen.has(name)) seen.set(name, message)
  }
  return [...seen.values()]
}
