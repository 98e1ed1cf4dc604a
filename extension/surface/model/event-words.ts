import type { RoomEvent } from '@parley/daemon/protocol/control'
import * as l10n from '@vscode/l10n'
import { historyWords } from '../../src/shared/room-words.ts'

/** What happened in a room, in a sentence; `by`: who did it. */
export function eventWords(event: RoomEvent, by: string): string {
  switch (event.is) {
    case 'founded':
      return l10n.t('{0} founded the room', by)
    case 'joined':
      return l10n.t('{0} joined', by)
    case 'left':
      return l10n.t('{0} left', by)
    case 'handed-over':
      return l10n.t('{0} left; {1} owns the room now', by, event.name)
    case 'invited':
      return l10n.t('{0} invited {1}', by, event.name)
    case 'removed':
      return l10n.t('{0} removed {1}', by, event.name)
    case 'made-admin':
      return l10n.t('{0} made {1} an admin', by, event.name)
    case 'made-member':
      return l10n.t('{0} made {1} a member', by, event.name)
    case 'renamed':
      return l10n.t('{0} named the room {1}', by, event.text)
    case 'topic':
      return event.text === ''
        ? l10n.t('{0} took the topic away', by)
        : l10n.t('{0} set the topic: {1}', by, event.text)
    case 'history':
      return l10n.t('{0} changed the history. {1}', by, historyWords(event.history))
  }
}
