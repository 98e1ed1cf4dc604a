/** Some lines of a file, as they are shared. */
export interface SharedLines {
  /** VS Code's id of the language. */
  readonly language: string
  /** Where the file is for somebody with the same workspace, else only its name. */
  readonly path: string
  /** The first and the last line, from 1; absent where lines mean nothing to others: in a notebook. */
  readonly lines?: { readonly first: number; readonly last: number }
  readonly text: string
}

/**
 * The lines as a fenced block of Markdown, whose first line names language and place: `ts src/a.ts:38-44`. The language
 * ends at the first space; the place is all that follows and is read from its end, so that a path may have spaces.
 */
export function fencedBlock({ language, path, lines, text }: SharedLines): string {
  const code = text.replace(/\r\n?/g, '\n').replace(/\n$/, '')
  const named = path.replace(/[\p{Cc}\p{Zl}\p{Zp}]/gu, '?')
  // The first line of a fence of backticks may hold none (CommonMark 0.31, section 4.5).
  const mark = named.includes('`') ? '~' : '`'
  const longest = Math.max(0, ...[...code.matchAll(mark === '`' ? /`+/g : /~+/g)].map(([run]) => run.length))
  const fence = mark.repeat(Math.max(3, longest + 1))
  return `${fence}${nameOf(language)} ${named}${rangeOf(lines)}\n${code}\n${fence}`
}

/** Several blocks as one text. */
export function joinBlocks(blocks: readonly string[]): string {
  return blocks.join('\n\n')
}

/** A selection in a document; lines and characters count from 0, as VS Code's do. */
export interface Stretch {
  readonly start: { readonly line: number; readonly character: number }
  readonly end: { readonly line: number; readonly character: number }
}

/**
 * The stretch that is shared for what is selected: with the white space in front of its first word, so that its lines
 * stand as they do in the file, and without the line at whose beginning it ends. `undefined`: nothing is selected.
 */
export function sharedStretch({ start, end }: Stretch, lineText: (line: number) => string): Stretch | undefined {
  if (start.line === end.line && start.character === end.character) return undefined
  const isIndent = lineText(start.line).slice(0, start.character).trim() === ''
  const from = isIndent ? { line: start.line, character: 0 } : start
  if (end.character > 0 || end.line === start.line) return { start: from, end }
  const last = end.line - 1
  return { start: from, end: { line: last, character: lineText(last).length } }
}

function rangeOf(lines: SharedLines['lines']): string {
  if (!lines) return ''
  const { first, last } = lines
  return last > first ? `:${first}-${last}` : `:${first}`
}

/** The short names that people write behind a fence, where they differ from VS Code's ids. */
const shortNames: Readonly<Record<string, string>> = {
  javascript: 'js',
  javascriptreact: 'jsx',
  plaintext: 'text',
  shellscript: 'sh',
  typescript: 'ts',
  typescriptreact: 'tsx',
}

/** A language is one word. */
function nameOf(language: string): string {
  const name = language.replace(/[^\w+#.-]/g, '')
  return (Object.hasOwn(shortNames, name) ? shortNames[name] : name) || 'text'
}
