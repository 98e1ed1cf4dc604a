import type { RoomInfo, RoomMember } from '@parley/daemon/protocol/control'

/** What one may do with somebody of a room. */
export type MemberAct = 'chat' | 'makeAdmin' | 'makeMember' | 'remove' | 'takeBack'

/** Whether one may rename the room and the like: the owner and the admins may. */
export function mayChange(standing: RoomInfo['standing']): boolean {
  return standing === 'owner' || standing === 'admin'
}

/** Whether one may ask others in: every member may. */
export function mayInvite(standing: RoomInfo['standing']): boolean {
  return mayChange(standing) || standing === 'member'
}

/**
 * What one may do with a member, of `members` as the hub lists them, the most senior first: the owner and the admins may
 * appoint and remove whoever is less senior. Whoever has invited somebody may take it back as well: the hub knows.
 */
export function actsOn(member: RoomMember, members: readonly RoomMember[]): readonly MemberAct[] {
  if (member.isSelf) return []
  const self = members.findIndex(({ isSelf }) => isSelf)
  const role = members[self]?.role
  const isLess = self >= 0 && members.indexOf(member) > self
  const isOver = (role === 'owner' || role === 'admin') && isLess
  if (member.role === 'invited') {
    return ['chat', ...(role === undefined || role === 'invited' ? [] : (['takeBack'] as const))]
  }
  if (!isOver) return ['chat']
  return ['chat', member.role === 'admin' ? 'makeMember' : 'makeAdmin', 'remove']
}
