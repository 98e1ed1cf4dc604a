import type { RoomHistory, RoomInfo, RoomMember } from '@parley/daemon/protocol/control'
import * as l10n from '@vscode/l10n'

/** How many belong to a room. */
export function membersWords(count: number): string {
  return count === 1 ? l10n.t('1 member') : l10n.t('{0} members', count)
}

/** What somebody is in a room, in a word. */
export function roleWord(role: RoomMember['role'] | RoomInfo['standing']): string {
  return {
    owner: () => l10n.t('owner'),
    admin: () => l10n.t('admin'),
    member: () => l10n.t('member'),
    invited: () => l10n.t('invited'),
    left: () => l10n.t('not in it any more'),
  }[role]()
}

/** What those who come later see of a room. */
export function historyWords(history: RoomHistory): string {
  return history === 'all'
    ? l10n.t('New members see everything that was ever written')
    : l10n.t('New members see what is written from their invitation on')
}
