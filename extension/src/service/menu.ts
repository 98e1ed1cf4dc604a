import type { Condition } from './health.ts'

/** What the menu of the status bar depends on. */
export interface MenuFacts {
  readonly is: Condition
  readonly hasUnread: boolean
  readonly hosts: boolean
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
  | 'openSettings'
  | 'openWalkthrough'
  | 'restartHub'
  | 'showLog'
  | 'copyReport'

/** The commands of the menu in groups: what mends comes first, then what one does, then what one looks after. */
export function menuOf({ is, hasUnread, hosts }: MenuFacts): readonly (readonly MenuCommand[])[] {
  const isTeamKnown = !['starting', 'failed', 'alone'].includes(is)
  const groups: MenuCommand[][] = [
    [
      ...(is === 'failed' ? (['restartHub', 'showLog'] as const) : []),
      ...(is === 'alone' ? (['joinTeam', 'startTeam', 'chatByAddress'] as const) : []),
      ...(is === 'signedOut' || is === 'refused' ? (['signIn'] as const) : []),
    ],
    isTeamKnown
      ? [
          ...(hasUnread ? (['nextUnread'] as const) : []),
          'openChat',
          'setStatus',
          ...(hosts ? (['invite'] as const) : []),
        ]
      : [],
    ['openSettings', 'openWalkthrough', ...(isTeamKnown && is !== 'signedOut' ? (['signOut'] as const) : [])],
    [...(is === 'failed' ? [] : (['restartHub', 'showLog'] as const)), 'copyReport'],
  ]
  return groups.filter(group => group.length > 0)
}
