import type { AccountInfo } from '../protocol/control.ts'
import { harmlessLine } from './harmless.ts'
import { presenceGlyph } from './people.ts'
import { paint, type Terminal } from './terminal.ts'

/** An account in one line: who, where, and how it stands. */
export function accountLine(terminal: Terminal, { name, team, state, why, status }: AccountInfo): string {
  const reason = why === undefined || state === 'online' ? '' : `: ${harmlessLine(why)}`
  const words = {
    connecting: 'connecting',
    unreachable: 'out of reach',
    refused: 'refused',
    'signed-out': 'signed out',
    pending: 'waits to be approved on another device',
  }
  const shown = state === 'online' ? status : words[state]
  const glyph = state === 'online' ? presenceGlyph(terminal, status) : paint(terminal, 'yellow', '○')
  return `${glyph} ${paint(terminal, 'bold', name)} at ${harmlessLine(team)}, ${shown}${reason}`
}
