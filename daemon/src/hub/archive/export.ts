import { limits } from '../../limits.ts'
import type { ControlRequests, ConversationInfo, MessageInfo } from '../../protocol/control.ts'
import { conversationId } from '../../protocol/ids.ts'
import type { Circle } from '../circle.ts'
import type { Circles } from '../circles.ts'
import type { Passage } from './asker.ts'
import { conversationLine, type ExportEnd, type ExportHead, exportVersion, messageLine } from './export-lines.ts'
import { markdownHead, markdownMessage } from './markdown.ts'
import { NewFile } from './new-file.ts'

export interface ExportParts {
  readonly circles: Pick<Circles, 'find' | 'of' | 'info' | 'listed'>
  /** Wall clock, ms since 1970. */
  readonly now: () => number
}

/**
 * Writes all that is shown of a conversation, or of all, to a new file, page by page: however much it is, one page is in
 * memory.
 * @throws ParleyError `usage` when the file is there already, `home` when it cannot be written
 */
export async function exportHistory(
  parts: ExportParts,
  params: ControlRequests['exportHistory'][0],
  { signal, told }: Passage,
): Promise<ControlRequests['exportHistory'][1]> {
  const infos = await conversationsOf(parts, params.with)
  const file = await NewFile.create(params.file)
  try {
    const text = params.format === 'json' ? jsonLines(parts, infos) : markdown(parts, infos)
    let messages = 0
    for await (const piece of text) {
      signal.throwIfAborted()
      messages += piece.messages
      await file.append(piece.text)
      if (piece.messages > 0) told({ file: file.file, doing: 'exporting', messages, bytes: file.bytes })
    }
    await file.finish()
    return { messages, bytes: file.bytes }
  } catch (error) {
    await file.abandon()
    throw error
  }
}

/** A part of the file, and how many messages are in it. */
interface Piece {
  readonly text: string
  readonly messages: number
}

async function conversationsOf(
  { circles }: ExportParts,
  text: string | undefined,
): Promise<readonly ConversationInfo[]> {
  if (text === undefined) return circles.listed()
  const { conversation } = await circles.find(text)
  const info = circles.info(conversation)
  return info ? [info] : []
}

async function* jsonLines({ circles, now }: ExportParts, infos: readonly ConversationInfo[]): AsyncGenerator<Piece> {
  const head: ExportHead = { parley: 'export', version: exportVersion, written: now() }
  yield { text: lineOf(head), messages: 0 }
  let count = 0
  for (const info of infos) {
    const { circle } = circles.of(conversationId(info.conversation))
    yield { text: lineOf(conversationLine(info, circle.account)), messages: 0 }
    for await (const page of pagesOf(circle, info.conversation)) {
      const messages = messagesOf(page)
      count += messages
      yield { text: page.map(message => lineOf(messageLine(message))).join(''), messages }
    }
  }
  const end: ExportEnd = { end: { messages: count } }
  yield { text: lineOf(end), messages: 0 }
}

async function* markdown({ circles }: ExportParts, infos: readonly ConversationInfo[]): AsyncGenerator<Piece> {
  for (const [index, info] of infos.entries()) {
    yield { text: `${index > 0 ? '\n' : ''}${markdownHead(info)}`, messages: 0 }
    const { circle } = circles.of(conversationId(info.conversation))
    let day: string | undefined
    for await (const page of pagesOf(circle, info.conversation)) {
      let text = ''
      for (const message of page) {
        const next = markdownMessage(message, day)
        text += next.text
        day = next.day
      }
      yield { text, messages: messagesOf(page) }
    }
  }
}

/** How many are messages: what happened in a room is none. */
function messagesOf(page: readonly MessageInfo[]): number {
  return page.filter(({ event }) => event === undefined).length
}

/** A whole conversation, the oldest first. */
async function* pagesOf(circle: Circle, conversation: string): AsyncGenerator<readonly MessageInfo[]> {
  const id = conversationId(conversation)
  let range: { from: string } | { after: string } = { from: firstPosition }
  for (;;) {
    const { messages, more } = await circle.history(id, { ...range, limit: limits.historyPage })
    if (messages.length > 0) yield messages
    const last = messages.at(-1)
    if (!more || last === undefined) return
    range = { after: last.position }
  }
}

/** Before all others. */
const firstPosition = `${'0'.repeat(16)}/${'2'.repeat(52)}/${'0'.repeat(11)}/${'0'.repeat(16)}`

function lineOf(value: object): string {
  return `${JSON.stringify(value)}\n`
}
