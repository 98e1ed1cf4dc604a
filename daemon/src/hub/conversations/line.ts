import { limits } from '../../limits.ts'

/** The start of a text on one line, as lists show it. */
export function lineOf(text: string): string {
  const start = text
    .slice(0, limits.lastLine * 4)
    .replace(/\s+/g, ' ')
    .trim()
  return Array.from(start).slice(0, limits.lastLine).join('')
}
