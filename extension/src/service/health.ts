import type { AccountInfo, Availability, Status } from '@parley/daemon/protocol/control'
import { totalUnread } from '../chats/rows.ts'
import type { Hub } from '../hub/hub.ts'
import { limits } from '../limits.ts'
import { plainLine } from '../shared/harmless.ts'
import { shownName } from '../shared/person.ts'

/** How it stands with Parley in one word. `offline` is never `signedOut`: keys and chats are there. */
export type Condition =
  | 'starting'
  /** The hub has gone, and is being looked for. */
  | 'returning'
  | 'failed'
  /** No team has been joined. */
  | 'alone'
  | 'connecting'
  | 'online'
  | 'offline'
  | 'signedOut'
  | 'refused'
  /** This device waits to be approved by another one. */
  | 'pending'

/** What the status bar shows. Names are harmless lines. */
export interface Health {
  readonly is: Condition
  /** Messages that were not read, without muted chats. */
  readonly unread: number
  /** Messages of one's own that wait for somebody's device. */
  readonly queued: number
  /** Chat requests, and devices of one's own, that wait for an answer. */
  readonly requests: number
  readonly devices: number
  readonly self?: {
    readonly team: string
    readonly name: string
    readonly status: Status
    readonly availability: Availability
  }
  /** Why it is not well, in a sentence. */
  readonly why?: string
}

export type KnownHub = Pick<Hub, 'state' | 'accounts' | 'conversations' | 'requests' | 'pendingDevices'>

export function healthOf(hub: KnownHub): Health {
  const account = hub.accounts?.[0]
  const chats = [...hub.conversations.values()]
  const why = hub.state.is === 'up' ? account?.why : hub.state.why
  return {
    is: conditionOf(hub, account),
    unread: totalUnread(chats),
    queued: chats.reduce((sum, { queued }) => sum + queued, 0),
    requests: hub.requests.length,
    devices: hub.pendingDevices.length,
    ...(account && { self: selfOf(account) }),
    ...(why && { why: plainLine(why, limits.reason) }),
  }
}

function conditionOf({ state, accounts }: KnownHub, account: AccountInfo | undefined): Condition {
  if (state.is === 'failed') return 'failed'
  if (accounts === undefined) return 'starting'
  if (state.is === 'connecting') return 'returning'
  if (!account) return 'alone'
  switch (account.state) {
    case 'signed-out':
      return 'signedOut'
    case 'unreachable':
      return 'offline'
    default:
      return account.state
  }
}

function selfOf(account: AccountInfo): NonNullable<Health['self']> {
  const { team, status, availability } = account
  return { team: plainLine(team, limits.name), name: plainLine(shownName(account), limits.name), status, availability }
}
