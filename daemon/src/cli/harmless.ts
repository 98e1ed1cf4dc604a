/**
 * What other people wrote, made safe to print: a terminal obeys control characters and escape sequences, and bidi
 * controls let text look like what it is not. Each is shown instead of obeyed. Line breaks and tabs stay.
 */
export function harmless(text: string): string {
  return text.toWellFormed().replace(dangerous, visible)
}

/** The same for what must stay in one line, such as names. */
export function harmlessLine(text: string): string {
  return harmless(text.replace(/\r\n?|\n/g, '⏎').replaceAll('\t', ' '))
}

/** `value` as JSON in one line: JSON itself escapes only some of what a terminal obeys. */
export function harmlessJson(value: unknown): string {
  return JSON.stringify(value).replace(dangerous, escaped)
}

/**
 * Controls (C0 but tab and line feed, DEL, C1), line and paragraph separators, the bidi controls of UAX #9, and the
 * invisible tag characters.
 */
const dangerous =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what this is about
  /[\0-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\u{e0000}-\u{e007f}]/gu

function visible(character: string): string {
  const code = character.codePointAt(0) ?? 0
  // Unicode has pictures of the C0 controls: ␛ for escape.
  if (code < 0x20) return String.fromCodePoint(0x2400 + code)
  if (code === 0x7f) return '␡'
  return `⟨${code.toString(16).padStart(4, '0')}⟩`
}

function escaped(character: string): string {
  return character
    .split('')
    .map(unit => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
    .join('')
}
