import type { FileInfo, MessageInfo, MessageState, RoomEvent } from '../protocol/control.ts'
import { harmless, harmlessLine } from './harmless.ts'
import { pad, showSize, width } from './layout.ts'
import { showTime } from './moments.ts'
import { paint, type Terminal } from './terminal.ts'

export interface Layout {
  /** Cells that every name takes. */
  readonly nameWidth?: number
  /** Begins with the start of the message's id, by which commands name it. */
  readonly withId?: boolean
}

/**
 * A message as lines: time, author, text, and the state of one's own; then files and reactions. Further lines stand under
 * the first, so that nobody can forge a line of somebody else.
 */
export function messageLines(terminal: Terminal, message: MessageInfo, { nameWidth = 0, withId }: Layout = {}): string {
  const { name, mine, written, state, event } = message
  const dim = (text: string) => paint(terminal, 'dim', text)
  const id = withId ? `${dim(message.message.slice(0, shownId))}  ` : ''
  const time = dim(showTime(written))
  if (event) return `${id}${time}  ${dim(`* ${eventWords(name, event)}`)}`
  const author = paint(terminal, mine ? 'cyan' : 'bold', pad(harmlessLine(name), nameWidth))
  const head = `${id}${time}  ${author}  `
  const mark = state && !message.deleted ? `  ${stateMark(terminal, state)}` : ''
  const indent = ' '.repeat(width(head))
  const text = textLines(terminal, message).join(`\n${indent}`)
  return [`${head}${text}${mark}`, ...besideLines(terminal, message)].join(`\n${indent}`)
}

/** Enough of a message to know it by, in one line. */
export function excerpt({ text, deleted, files = [] }: Pick<MessageInfo, 'text' | 'deleted' | 'files'>): string {
  if (deleted) return '(deleted)'
  const line = harmlessLine(text.trim() === '' ? files.map(({ name }) => name).join(', ') : text)
  return line.length > 40 ? `${line.slice(0, 39)}…` : line
}

/** A state by glyph and word. */
export function stateMark(terminal: Terminal, state: MessageState): string {
  if (state === 'queued') return paint(terminal, 'dim', '… queued')
  // Handed over to a classic client, which never says more, or held by the mailbox or another device.
  return paint(terminal, 'green', `✓ ${state}`)
}

/** Of a message that an import has brought: anybody who wrote the file could have made it. */
export const importedMark = '(imported, not signed)'

/** What happened in a room, in words. `by`: who did it. */
export function eventWords(by: string, event: RoomEvent): string {
  const who = harmlessLine(by)
  switch (event.is) {
    case 'founded':
      return `${who} made the room`
    case 'joined':
      return `${who} joined`
    case 'left':
      return `${who} left`
    case 'handed-over':
      return `${who} left; ${harmlessLine(event.name)} owns the room now`
    case 'invited':
      return `${who} invited ${harmlessLine(event.name)}`
    case 'removed':
      return `${who} removed ${harmlessLine(event.name)}`
    case 'made-admin':
      return `${who} made ${harmlessLine(event.name)} an admin`
    case 'made-member':
      return `${who} made ${harmlessLine(event.name)} a member`
    case 'renamed':
      return `${who} named the room ${harmlessLine(event.text)}`
    case 'topic':
      return event.text === '' ? `${who} took the topic away` : `${who} set the topic: ${harmlessLine(event.text)}`
    case 'history':
      return event.history === 'all'
        ? `${who} shows later members everything`
        : `${who} shows later members what is written from their invitation on`
  }
}

/** What a message answers and says. */
function textLines(terminal: Terminal, { text, deleted, edited, imported, replyTo }: MessageInfo): string[] {
  const dim = (words: string) => paint(terminal, 'dim', words)
  const marks = imported ? [dim(importedMark)] : []
  if (deleted) return [[dim('(deleted)'), ...marks].join(' ')]
  const lines = text === '' ? [] : harmless(text).split('\n')
  if (edited !== undefined) marks.unshift(dim('(edited)'))
  if (marks.length > 0) lines.push([lines.pop() ?? '', ...marks].join(' '))
  if (!replyTo) return lines
  const said = replyTo.text === undefined ? '…' : replyTo.text === '' ? '(deleted)' : harmlessLine(replyTo.text)
  return [dim(`↪ ${harmlessLine(replyTo.name)}: ${said}`), ...lines]
}

function besideLines(terminal: Terminal, { files = [], reactions = [] }: MessageInfo): string[] {
  const lines = files.map(file => fileLine(terminal, file))
  if (reactions.length === 0) return lines
  const all = reactions.map(({ emoji, users, mine }) => {
    const count = users.length > 1 ? ` ${users.length}` : ''
    return paint(terminal, mine ? 'cyan' : 'dim', `${harmlessLine(emoji)}${count}`)
  })
  return [...lines, all.join('  ')]
}

function fileLine(terminal: Terminal, { name, size, path }: FileInfo): string {
  const place = path === undefined ? '' : ` ${paint(terminal, 'dim', harmlessLine(path))}`
  return `📎 ${harmlessLine(name)} ${paint(terminal, 'dim', `(${showSize(size)})`)}${place}`
}

/** Characters of an id: two messages of a page share them once in a thousand million pages. */
export const shownId = 8
