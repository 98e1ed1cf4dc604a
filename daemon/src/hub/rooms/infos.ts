import type { PersonInfo, RoomInfo, RoomMember } from '../../protocol/control.ts'
import type { UserId } from '../../protocol/ids.ts'
import type { Membership } from '../../protocol/membership.ts'

/** How people are shown, oneself included. */
export type ShowPerson = (user: UserId) => PersonInfo

/** A room as lists show it to `self`. */
export function roomInfo(
  { name, topic, history, members, invited, standings }: Membership,
  self: UserId,
  person: ShowPerson,
): RoomInfo {
  const standing = standings.get(self) ?? 'out'
  const by = invited.get(self)
  return {
    name,
    topic,
    history,
    standing: standing === 'out' ? 'left' : standing,
    members: members.length,
    ...(by && { by: person(by) }),
  }
}

/** Who belongs to a room, the most senior first, then those who are invited. */
export function roomMembers({ members, invited }: Membership, self: UserId, person: ShowPerson): RoomMember[] {
  const infoOf = (user: UserId, role: RoomMember['role']): RoomMember => ({
    person: person(user),
    role,
    ...(user === self && { isSelf: true as const }),
  })
  return [
    ...members.map(({ user, role }) => infoOf(user, role)),
    ...[...invited.keys()].map(user => infoOf(user, 'invited')),
  ]
}
