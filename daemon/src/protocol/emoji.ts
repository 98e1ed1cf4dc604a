import { ParleyError } from '../errors.ts'
import { limits } from '../limits.ts'

/** Throws `bad-message` unless `emoji` can be reacted with: one character as people count them, an emoji or a letter. */
export function checkEmoji(emoji: string): void {
  const isOne = isShownEmoji(emoji) && [...new Intl.Segmenter().segment(emoji)].length === 1
  if (isOne) return
  throw new ParleyError(
    'bad-message',
    `React with one emoji, such as 👍; not with ${JSON.stringify(emoji.slice(0, 40))}.`,
  )
}

/**
 * Whether a reaction that somebody has sent is taken: short, and nothing in it that a line obeys. Every program must come
 * to the same answer, so this hangs on no table of graphemes, which grow with each version of Unicode.
 */
export function isShownEmoji(emoji: string): boolean {
  return emoji !== '' && Buffer.byteLength(emoji) <= limits.emoji && emoji.isWellFormed() && !obeyed.test(emoji)
}

/** Controls (C0, DEL, C1), white space, line and paragraph separators, and the bidi controls (UAX #9, section 2). */
const obeyed = /[\0-\x20\x7f-\xa0\u061c\u1680\u2000-\u200b\u200e\u200f\u2028-\u202f\u205f\u2066-\u2069\u3000\ufeff]/u
