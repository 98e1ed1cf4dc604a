import type { MessageInfo, MessageState } from '../protocol/control.ts'
import { harmless, harmlessLine } from './harmless.ts'
import { pad, width } from './layout.ts'
import { showTime } from './moments.ts'
import { paint, type Terminal } from './terminal.ts'

/**
 * A message as lines: time, author, text, and the state of one's own. Further lines of the text stand under its first,
 * so that nobody can forge a line of somebody else.
 */
export function messageLines(terminal: Terminal, message: MessageInfo, nameWidth = 0): string {
  const { name, mine, text, written, state } = message
  const time = paint(terminal, 'dim', showTime(written))
  const author = paint(terminal, mine ? 'cyan' : 'bold', pad(harmlessLine(name), nameWidth))
  const head = `${time}  ${author}  `
  const [first = '', ...rest] = harmless(text).split('\n')
  const mark = state ? `  ${stateMark(terminal, state)}` : ''
  const indent = ' '.repeat(width(head))
  return [`${head}${first}`, ...rest.map(line => `${indent}${line}`)].join('\n') + mark
}

/** A state by glyph and word. */
export function stateMark(terminal: Terminal, state: MessageState): string {
  if (state === 'delivered') return paint(terminal, 'green', '✓ delivered')
  // Handed over to a classic client, which never says more.
  return state === 'sent' ? paint(terminal, 'green', '✓ sent') : paint(terminal, 'dim', '… queued')
}
