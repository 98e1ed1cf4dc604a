import { limits } from '../limits.ts'

/**
 * Words that another program wrote, made fit to be shown: nothing in them forges lines, moves the cursor of a terminal or
 * turns text round, and there are not too many of them.
 */
export function harmless(text: string, most: number = limits.words): string {
  return text
    .slice(0, 2 * most)
    .replace(misleading, ' ')
    .trim()
    .slice(0, most)
    .toWellFormed()
}

/** The same for words of several lines, whose breaks stay. */
export function harmlessLines(text: string, most: number): string {
  const lines = text.slice(0, 2 * most).split('\n')
  return lines
    .map(line => harmless(line, most))
    .join('\n')
    .slice(0, most)
    .toWellFormed()
}

const misleading = /[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]+/gu
