import type { PersonInfo, Status } from '../protocol/control.ts'
import { harmlessLine } from './harmless.ts'
import { showTime } from './moments.ts'
import { paint, type Style, type Terminal } from './terminal.ts'

/** A person as a row of a list. */
export function personRow(terminal: Terminal, person: PersonInfo): string[] {
  const { name, displayName, status, since } = person
  const known = displayName === name ? '' : harmlessLine(displayName)
  const when = since > 0 ? ` since ${showTime(since)}` : ''
  const shown = presenceGlyph(terminal, status)
  const named = `${shown} ${paint(terminal, 'bold', harmlessLine(name))}${paint(terminal, 'yellow', claimOf(person))}`
  return [named, known, paint(terminal, 'dim', `${status}${when}${person.isBlocked ? ', blocked' : ''}`)]
}

/** A person's name, with where they are if they only claim it: a stranger may call themselves as anybody does. */
export function personLabel(person: PersonInfo): string {
  return `${harmlessLine(person.name)}${claimOf(person)}`
}

function claimOf({ via, address, trust }: PersonInfo): string {
  if (!via) return ''
  const how = via === 'classic' ? 'not verified, not encrypted' : trust === 'verified' ? 'verified' : 'not verified'
  return ` (${address === undefined ? '' : `${harmlessLine(address)}, `}${how})`
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
