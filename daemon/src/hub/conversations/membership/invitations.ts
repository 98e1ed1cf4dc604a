import { limits } from '../../../limits.ts'
import type { ConversationId, UserId } from '../../../protocol/ids.ts'
import type { Members } from '../members.ts'

/** Rooms that are here, by their ids. */
export type RoomsHere = Iterable<{ readonly id: ConversationId; readonly members: Members }>

/**
 * Whether one more room may begin here that one has not joined. Anybody who is linked can found rooms and invite one to
 * them, and each takes a row, memory and somebody's attention.
 */
export function mayBeInvited(id: ConversationId, members: Members, self: UserId, here: RoomsHere): boolean {
  if (members.hasJoined(self)) return true
  const founder = members.entries.get(id)?.user
  let [ofFounder, all] = [0, 0]
  for (const room of here) {
    const { hash, user } = room.members.entries.get(room.id) ?? {}
    if (hash === undefined || room.members.hasJoined(self)) continue
    all++
    if (user === founder) ofFounder++
  }
  return ofFounder < limits.invitationsOf && all < limits.invitations
}
