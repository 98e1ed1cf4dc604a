import type { AccountInfo } from '../protocol/control.ts'
import { harmlessLine } from './harmless.ts'
import { paint, type Terminal } from './terminal.ts'

/** An account in one line: who, where, and how it stands. */
export function accountLine(terminal: Terminal, { name, team, state, why }: AccountInfo): string {
  const reason = why === undefined || state === 'online' ? '' : `: ${harmlessLine(why)}`
  const words = { online: 'online', connecting: 'connecting', unreachable: 'out of reach', refused: 'refused' }
  const shown = state === 'signed-out' ? 'signed out' : words[state]
  const glyph = state === 'online' ? paint(terminal, 'green', '●') : paint(terminal, 'yellow', '○')
  return `${glyph} ${paint(terminal, 'bold', name)} at ${harmlessLine(team)}, ${shown}${reason}`
}
