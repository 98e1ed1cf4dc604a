/**
 * What others wrote, made harmless for lists, titles and notifications: one line of at most `longest` characters
 * without terminal codes, control characters, invisible ones, towers of marks, and those that turn the direction of
 * text (UAX #9). Empty when nothing that can be seen is left.
 */
export function oneLine(text: string, longest: number): string {
  const line = text
    // Nothing shown needs more, and 100,000 characters in each of many rows would hold up the window.
    .slice(0, longest * scanned)
    .toWellFormed()
    .replace(terminalCode, '')
    .replace(/[^\S\ufeff]+/gu, ' ')
    .replace(unseen, '')
    .replace(/(\p{M}{4})\p{M}+/gu, '$1')
    .replace(/ {2,}/g, ' ')
    .trim()
  const characters = Array.from(line)
  if (characters.length <= longest && text.length <= longest * scanned) return line
  return `${characters
    .slice(0, longest - 1)
    .join('')
    .trimEnd()}…`
}

/** Like {@link oneLine}, for where VS Code makes links of `[text](command:…)` and icons of `$(name)`. */
export function plainLine(text: string, longest: number): string {
  return oneLine(text, longest).replaceAll('](', '] (').replaceAll('$(', '$ (')
}

/**
 * What was written without the marks of its fenced blocks, for a line that shows its beginning: what was shared is the
 * place and the code. Takes lines as they were written and a line that was made of them.
 */
export function withoutFences(text: string): string {
  return text.replace(/(?<![^\s])(?:`{3,}|~{3,})\S*[ \t]*/g, '')
}

/** `text` in a direction of its own within a longer line: a name in Arabic turns nothing around that follows it. */
export function isolated(text: string): string {
  return `\u2068${text}\u2069`
}

/** Characters read for each one that is shown. */
const scanned = 8

const esc = String.fromCharCode(0x1b)
const bell = String.fromCharCode(0x07)
/** The control sequences of ECMA-48: CSI, the strings (OSC, DCS, SOS, PM, APC) and the two-character ones. */
const terminalCode = new RegExp(
  [
    `(?:${esc}\\[|\\u009b)[0-?]*[ -/]*[@-~]`,
    `${esc}[\\]PX^_][^${bell}${esc}]*(?:${bell}|${esc}\\\\)?`,
    `${esc}[ -/]*[0-~]`,
  ].join('|'),
  'gu',
)

/** Joiners and variation selectors stay: emoji and several scripts need them. */
const unseen = /(?!\u200c|\u200d|\ufe0e|\ufe0f)[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}\p{Default_Ignorable_Code_Point}]/gu
