import type { PersonInfo, Status } from '../protocol/control.ts'
import { harmlessLine } from './harmless.ts'
import { showTime } from './moments.ts'
import { paint, type Style, type Terminal } from './terminal.ts'

/** A person as a row of a list. */
export function personRow(terminal: Terminal, { name, displayName, status, since }: PersonInfo): string[] {
  const known = displayName === name ? '' : harmlessLine(displayName)
  const when = since > 0 ? ` since ${showTime(since)}` : ''
  const shown = presenceGlyph(terminal, status)
  return [`${shown} ${paint(terminal, 'bold', harmlessLine(name))}`, known, paint(terminal, 'dim', `${status}${when}`)]
}

/** Presence by shape as well as by colour. */
export function presenceGlyph(terminal: Terminal, status: Status): string {
  const { glyph, style } = presence[status]
  return paint(terminal, style, glyph)
}

const presence: Readonly<Record<Status, { glyph: string; style: Style }>> = {
  online: { glyph: '●', style: 'green' },
  away: { glyph: '◐', style: 'yellow' },
  busy: { glyph: '⊖', style: 'red' },
  offline: { glyph: '○', style: 'dim' },
}
