import { limits } from '../../limits.ts'
import type { Shown } from './rows.ts'

/** The start of a text on one line, as lists show it. */
export function lineOf(text: string): string {
  return shortened(text, limits.lastLine)
}

/** A message on one line: the start of its text, else the names of its files. */
export function lineOfMessage({ text, deleted, files = [] }: Pick<Shown, 'text' | 'deleted' | 'files'>): string {
  if (deleted) return 'Message deleted'
  return lineOf(text.trim() === '' ? files.map(({ name }) => name).join(', ') : text)
}

/** What a reply shows of the message that it answers; empty when that says nothing. */
export function excerptOf(shown: Pick<Shown, 'text' | 'deleted' | 'files'>): string {
  return shown.deleted ? '' : shortened(lineOfMessage(shown), limits.replyExcerpt)
}

function shortened(text: string, most: number): string {
  const start = text
    .slice(0, most * 4)
    .replace(/\s+/g, ' ')
    .trim()
  return Array.from(start).slice(0, most).join('')
}
