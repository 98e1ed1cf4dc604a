import { crc32 } from 'node:zlib'
import { limits } from './limits.ts'

/** What a group puts, by its encoded value, and removes: the last word on each key. */
export type Changed = ReadonlyMap<string, string | undefined>

/** An entry of the journal as the store holds it: parts, then the head, which alone makes it count. */
export interface JournalValues {
  readonly parts: readonly string[]
  readonly head: string
}

/**
 * `applied`: up to which sequence all is in its rows, so that older entries may go in any order.
 *
 * A head is `1 <checksum> <applied> <parts>`, then the lines of the entry when it has no parts. A line is `key value`,
 * or `key` of what is removed.
 */
export function encodeEntry(changed: Changed, applied: number): JournalValues {
  const lines: string[] = []
  for (const [key, value] of changed) lines.push(value === undefined ? key : `${key} ${value}`)
  const text = lines.join('\n')
  const sum = crc32(text)
  if (text.length <= limits.part) return { parts: [], head: `1 ${sum} ${applied} 0\n${text}` }
  const parts: string[] = []
  for (let at = 0; at < text.length; at += limits.part) parts.push(text.slice(at, at + limits.part))
  return { parts, head: `1 ${sum} ${applied} ${parts.length}\n` }
}

export interface JournalEntry {
  readonly applied: number
  readonly changed: Changed
}

/** `undefined` when it is not whole. `part` gives the parts as they were found. */
export function decodeEntry(head: string, part: (number: number) => string | undefined): JournalEntry | undefined {
  const end = head.indexOf('\n')
  const [, sum, applied, count] = /^1 (\d+) (\d+) (\d+)$/.exec(head.slice(0, Math.max(0, end))) ?? []
  if (count === undefined) return undefined
  let text = head.slice(end + 1)
  if (Number(count) > 0) {
    const parts = Array.from({ length: Number(count) }, (_, index) => part(index))
    if (parts.includes(undefined)) return undefined
    text = parts.join('')
  }
  if (crc32(text) !== Number(sum)) return undefined
  const changed = new Map<string, string | undefined>()
  for (const line of text.split('\n')) {
    const space = line.indexOf(' ')
    if (space < 0) changed.set(line, undefined)
    else changed.set(line.slice(0, space), line.slice(space + 1))
  }
  return { applied: Number(applied), changed }
}
