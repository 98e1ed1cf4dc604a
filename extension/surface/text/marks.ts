import { limits } from '../limits.ts'
import type { Mark, Text } from './content.ts'

/**
 * Prose with stand-ins for control characters (so that an ANSI escape is seen and does nothing) and for the two that
 * force a direction on the letters after them. The other direction marks are at home in Arabic and Hebrew, and end with the
 * paragraph. Accents piled on one letter are cut.
 */
export function markProse(text: string): (Text | Mark)[] {
  return mark(text.replace(pile, '$1'), prose)
}

/** Code with stand-ins for every character that cannot be seen or that turns the text around, as VS Code marks them. */
export function markCode(text: string): (Text | Mark)[] {
  return mark(text, code)
}

function mark(text: string, hidden: RegExp): (Text | Mark)[] {
  const found: (Text | Mark)[] = []
  let end = 0
  let marks = 0
  for (const match of text.matchAll(hidden)) {
    if (++marks > limits.marks) break
    if (match.index > end) found.push({ is: 'text', text: text.slice(end, match.index) })
    found.push({ is: 'mark', text: standIns(match[0]) })
    end = match.index + match[0].length
  }
  const rest = text.slice(end)
  if (rest) found.push({ is: 'text', text: marks > limits.marks ? rest.replace(hidden, standIns) : rest })
  return found
}

/** `[ESC]` for a control character of ASCII, `[U+202E]` for others. A long run says only how long it is. */
function standIns(run: string): string {
  const characters = [...run]
  const shown = characters.slice(0, shownOfRun).map(standIn).join('')
  return characters.length > shownOfRun ? `${shown}[… ${characters.length}]` : shown
}

const shownOfRun = 8

function standIn(character: string): string {
  const point = character.codePointAt(0) ?? 0
  const name = point === 0x7f ? 'DEL' : asciiControls[point]
  if (name) return `[${name}]`
  return `[U+${point.toString(16).toUpperCase().padStart(4, '0')}]`
}

const asciiControls =
  'NUL SOH STX ETX EOT ENQ ACK BEL BS HT LF VT FF CR SO SI DLE DC1 DC2 DC3 DC4 NAK SYN ETB CAN EM SUB ESC FS GS RS US'.split(
    ' ',
  )

// Tab and line feed are layout. Carriage returns have become line feeds before.
const controls = String.raw`\x00-\x08\x0b-\x1f\x7f-\x9f`
const overrides = String.raw`\u202d\u202e`
const invisible = String.raw`\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\u{e0000}-\u{e007f}`
const prose = new RegExp(`[${controls}${overrides}]+`, 'gu')
const code = new RegExp(`[${controls}${invisible}]+`, 'gu')
const pile = new RegExp(String.raw`(\p{M}{${limits.accents}})\p{M}+`, 'gu')
