import type { PersonInfo, Status } from '../protocol/control.ts'
import { harmlessLine } from './harmless.ts'
import { showTime } from './moments.ts'
import { paint, type Style, type Terminal } from './terminal.ts'

/** A person as a row of a list: presence by shape and word, not by colour alone. */
export function personRow(terminal: Terminal, { name, displayName, status, since }: PersonInfo): string[] {
  const { glyph, style } = presence[status]
  const known = displayName === name ? '' : harmlessLine(displayName)
  const when = since > 0 ? ` since ${showTime(since)}` : ''
  const shown = paint(terminal, style, glyph)
  return [`${shown} ${paint(terminal, 'bold', harmlessLine(name))}`, known, paint(terminal, 'dim', `${status}${when}`)]
}

const presence: Readonly<Record<Status, { glyph: string; style: Style }>> = {
  online: { glyph: '●', style: 'green' },
  away: { glyph: '◐', style: 'yellow' },
  busy: { glyph: '⊖', style: 'red' },
  offline: { glyph: '○', style: 'dim' },
}
