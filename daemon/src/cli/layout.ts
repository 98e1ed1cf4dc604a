import { stripVTControlCharacters } from 'node:util'

/** Rows as lines whose columns are aligned, two spaces apart. Colours and wide characters are counted as they look. */
export function columns(rows: readonly (readonly string[])[]): string[] {
  const widths: number[] = []
  for (const row of rows) {
    for (const [column, cell] of row.entries()) widths[column] = Math.max(widths[column] ?? 0, width(cell))
  }
  return rows.map(row =>
    row
      .map((cell, column) => pad(cell, widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  )
}

/** `12 B`, `3.4 KB` or `5.6 MB`. */
export function showSize(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`
  return bytes < 1e6 ? `${(bytes / 1e3).toFixed(1)} KB` : `${(bytes / 1e6).toFixed(1)} MB`
}

/** `text` with spaces behind it up to `columns` cells. */
export function pad(text: string, columns: number): string {
  return text + ' '.repeat(Math.max(0, columns - width(text)))
}

/** How many cells of a terminal `text` takes. */
export function width(text: string): number {
  let cells = 0
  for (const { segment } of new Intl.Segmenter().segment(stripVTControlCharacters(text))) cells += cellsOf(segment)
  return cells
}

function cellsOf(segment: string): number {
  if (/^[\p{Mark}\p{Cf}]+$/u.test(segment)) return 0
  return wide.test(segment) ? 2 : 1
}

/** Emoji, and the scripts that UAX #11 draws two cells wide. */
const wide =
  /\p{Emoji_Presentation}|\ufe0f|[\u1100-\u115f\u2e80-\u303e\u3041-\u33ff\u3400-\u4dbf\u4e00-\u9fff\ua000-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{20000}-\u{3fffd}]/u
