/** What to put where in a text that is being written, and where the cursor goes. Offsets are in UTF-16 units. */
export interface Insertion {
  /** Replaces what is between `start` and `end`. */
  readonly start: number
  readonly end: number
  readonly text: string
  /** What is selected then. */
  readonly select: readonly [start: number, end: number]
}

/** Puts a text at the cursor; one with a fenced block stands on lines of its own, with the cursor on the line after it. */
export function insertText(value: string, start: number, end: number, text: string): Insertion {
  if (!/^ {0,3}(?:```|~~~)/m.test(text)) return insertion(start, end, text)
  const before = needsBreak(value.slice(0, start)) ? '\n' : ''
  const after = value.slice(end).startsWith('\n') ? '' : '\n'
  const block = `${before}${text.replace(/\n+$/, '')}${after}`
  const cursor = start + block.length + (after ? 0 : 1)
  return { start, end, text: block, select: [cursor, cursor] }
}

/** Puts what is selected into a fenced block, or an empty block at the cursor; the cursor is inside. */
export function insertFence(value: string, start: number, end: number): Insertion {
  const code = value.slice(start, end).replace(/^\n+|\n+$/g, '')
  const fence = fenceFor(code)
  const before = needsBreak(value.slice(0, start)) ? '\n' : ''
  const after = value.slice(end).startsWith('\n') ? '' : '\n'
  const open = `${before}${fence}\n`
  const inside = start + open.length
  return {
    start,
    end,
    text: `${open}${code}\n${fence}${after}`,
    select: [inside + code.length, inside + code.length],
  }
}

function insertion(start: number, end: number, text: string): Insertion {
  const cursor = start + text.length
  return { start, end, text, select: [cursor, cursor] }
}

function needsBreak(before: string): boolean {
  return before !== '' && !before.endsWith('\n')
}

/** Longer than every fence in the code, which would end the block. */
function fenceFor(code: string): string {
  const longest = Math.max(2, ...[...code.matchAll(/`{3,}/g)].map(([run]) => run.length))
  return '`'.repeat(longest + 1)
}
