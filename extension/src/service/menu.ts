import type { Condition } from './health.ts'

/** What the menu of the status bar depends on. */
export interface MenuFacts {
  readonly is: Condition
  readonly hasUnread: boolean
  readonly mayInvite: boolean
  /** How many devices of one's own and how many chat requests wait for an answer. */
  readonly devices: number
  readonly requests: number
}

export type MenuCommand =
  | 'joinTeam'
  | 'startTeam'
  | 'chatByAddress'
  | 'signIn'
  | 'signOut'
  | 'openChat'
  | 'nextUnread'
  | 'setStatus'
  | 'invite'
  | 'devices'
  | 'requests'
  | 'account'
  | 'showPending'
  | 'checkConnection'
  | 'openSettings'
  | 'openWalkthrough'
  | 'restartHub'
  | 'showLog'
  | 'copyReport'

/** The commands of the menu in groups: what mends comes first, then what one does, then what one looks after. */
export function menuOf({
  is,
  hasUnread,
  mayInvite,
  devices,
  requests,
}: MenuFacts): readonly (readonly MenuCommand[])[] {
  const isTeamKnown = !['starting', 'failed', 'alone'].includes(is)
  const groups: MenuCommand[][] = [
    [
      ...(is === 'failed' ? (['restartHub', 'showLog'] as const) : []),
      ...(is === 'alone' ? (['joinTeam', 'startTeam', 'chatByAddress'] as const) : []),
      ...(is === 'signedOut' || is === 'refused' ? (['signIn'] as const) : []),
      ...(is === 'pending' ? (['showPending'] as const) : []),
      ...(devices > 0 && is === 'online' ? (['devices'] as const) : []),
      ...(requests > 0 && is !== 'failed' ? (['requests'] as const) : []),
    ],
    isTeamKnown && is !== 'pending'
      ? [
          ...(hasUnread ? (['nextUnread'] as const) : []),
          'openChat',
          'setStatus',
          'chatByAddress',
          ...(mayInvite ? (['invite'] as const) : []),
        ]
      : [],
    [
      ...(isTeamKnown && is !== 'signedOut' && is !== 'pending' ? (['account'] as const) : []),
      'openSettings',
      'openWalkthrough',
      ...(isTeamKnown && is !== 'signedOut' ? (['signOut'] as const) : []),
    ],
    [...(is === 'failed' ? [] : (['checkConnection', 'restartHub', 'showLog'] as const)), 'copyReport'],
  ]
  return groups.filter(group => group.length > 0)
}
