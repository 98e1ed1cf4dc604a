import type { ListPage, ListRange, Storage } from '@parley/kit'
import { ParleyError } from '../../errors.ts'
import { limits } from '../../limits.ts'
import { sizeInControl } from '../../protocol/control-framing.ts'
import type { ConversationId, DeviceId, UserId } from '../../protocol/ids.ts'
import { checkPosition, keys, lastPart, placeOf, queuedNumber, queuedPosition, rightBefore } from './keys.ts'
import { type Content, readMessageRow, readOutboxRow } from './rows.ts'
import type { HistoryPage, HistoryRange, StoredMessage } from './types.ts'

/** Whose view of a conversation a page shows. */
export interface View {
  readonly conversation: ConversationId
  readonly user: UserId
  readonly device: DeviceId
  /** How far one's own log is committed by a device of the other one. */
  readonly delivered: number
}

/** A message as it stands, with the state that the view gives one's own. */
export function storedMessage(view: View, author: UserId, content: Content, position: string): StoredMessage {
  const { message, written, text } = content
  const base = { conversation: view.conversation, message, user: author, text, written, position }
  if (author !== view.user) return { ...base, mine: false }
  return { ...base, mine: true, state: isDelivered(view, position) ? 'delivered' : 'queued' }
}

/**
 * A page of a conversation by position: sealed messages, then the outbox. Throws `usage` for a position that is none.
 * A message that is sealed while the page is read is shown once, at its place.
 */
export async function readHistory(storage: Storage, view: View, range: HistoryRange): Promise<HistoryPage> {
  for (const position of [range.before, range.after, range.from]) {
    if (position !== undefined) checkPosition(position)
  }
  if (range.after !== undefined && range.from !== undefined) {
    throw new ParleyError('usage', 'A page begins after a message or from one on. Give one of both.')
  }
  if (!Number.isSafeInteger(range.limit) || range.limit < 1) {
    throw new ParleyError('usage', `A page has 1 to ${limits.historyPage} messages. Ask for a number of them.`)
  }
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
  const { rows, more } = await listSome(storage, keys.outboxOf(view.conversation), range)
  const messages = rows.map(([key, value]) => {
    const position = queuedPosition(Number.parseInt(lastPart(key), 16))
    return storedMessage(view, view.user, readOutboxRow(key, value), position)
  })
  return { messages, more }
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

function isDelivered(view: View, position: string): boolean {
  if (queuedNumber(position) !== undefined) return false
  const { device, seq } = placeOf(position)
  return device === view.device && seq <= view.delivered
}

/** The first messages, as many as one page may hold. */
function fitting(messages: readonly StoredMessage[]): StoredMessage[] {
  let bytes = 0
  const cut = messages.findIndex(({ text }, index) => {
    bytes += sizeInControl(text)
    return index > 0 && bytes > limits.historyBytes
  })
  return cut < 0 ? [...messages] : messages.slice(0, cut)
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
