import { type ConversationId, type DeviceId, userId } from '../../protocol/ids.ts'
import { topOf } from './device-log.ts'
import { forkProblem } from './fork-problem.ts'
import { readReach } from './reached.ts'
import type { State } from './state.ts'
import type { Account, ConversationSummary, Peer, RoomSummary } from './types.ts'

/** A conversation as lists show it. `peer`: the other one of a direct conversation; absent: a room. */
export function summaryOf(
  state: State,
  parts: {
    readonly conversation: ConversationId
    readonly account: Account
    readonly peer: Peer | undefined
    readonly linked: boolean
  },
): ConversationSummary | RoomSummary {
  const { row, stored, members, logs } = state
  const { conversation, account, peer, linked } = parts
  const { lastLine, lastMine, lastTime, queued, shown, unread, firstUnread } = row
  const sent = readReach(row).get(account.device)?.sent ?? 0
  const unsent = topOf(logs.get(account.device)) - sent
  const problem = forkProblem(state, account, peer?.name)
  const kind = peer ? ({ kind: 'direct', peer } as const) : ({ kind: 'room', members } as const)
  return {
    conversation,
    ...kind,
    isStored: stored !== undefined,
    lastLine,
    lastMine,
    ...(row.lastUser.length > 0 && { lastUser: userId(row.lastUser) }),
    lastTime: Number(lastTime),
    queued: queued + (unsent > 0 ? Math.max(0, unsent - actsBehind(state, account.device, sent)) : 0),
    unread: Number(unread),
    mentions: Number(row.mentions),
    ...(firstUnread === '' ? {} : { firstUnread }),
    count: Number(shown) + queued,
    linked,
    ...(problem === undefined ? {} : { problem }),
  }
}

/** How many acts of members stand in that log behind a place: nobody waits for the news of them as for a message. */
function actsBehind({ members }: State, device: DeviceId, seq: number): number {
  const places = new Set<number>()
  for (const { header } of members.entries.values()) {
    if (header.device === device && header.seq > seq) places.add(header.seq)
  }
  return places.size
}
