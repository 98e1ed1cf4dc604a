import type { AccountInfo } from '@parley/daemon/protocol/control'
import type { Hub } from '../hub/hub.ts'

/** The context keys that package.json speaks of; `parley.hasSent` and `parley.hasShared` are set where that is done. */
export interface ContextKeys {
  readonly 'parley.state': 'starting' | 'failed' | 'none' | 'ready'
  readonly 'parley.account': AccountInfo['state'] | undefined
  readonly 'parley.chatCount': number
  /** Whether anybody else is in the team, as far as that is known. */
  readonly 'parley.hasPeople': boolean
  readonly 'parley.unread': boolean
  /** Whether one can make invites. */
  readonly 'parley.mayInvite': boolean
  /** How many chat requests wait for an answer. */
  readonly 'parley.requests': number
}

/** What is known stays in view while the hub is away for a moment. */
export function contextKeysOf(
  hub: Pick<Hub, 'state' | 'accounts' | 'conversations' | 'people' | 'requests' | 'mayInvite'>,
): Readonly<ContextKeys> {
  const { state, accounts, conversations, people, requests, mayInvite } = hub
  // Somebody of no team who chats by address has chats too.
  const hasChats = (accounts ?? []).length > 0 || conversations.size > 0 || people.people.length > 0
  return {
    'parley.state': state.is === 'failed' ? 'failed' : !accounts ? 'starting' : hasChats ? 'ready' : 'none',
    'parley.account': accounts?.[0]?.state,
    'parley.chatCount': conversations.size,
    'parley.hasPeople': people.total > 0,
    'parley.unread': [...conversations.values()].some(
      ({ unread, isMarkedUnread }) => unread > 0 || isMarkedUnread === true,
    ),
    'parley.mayInvite': mayInvite,
    'parley.requests': requests.length,
  }
}

/** Hands on what differs from last time. */
export class ChangedKeys {
  #last: Partial<ContextKeys> = {}

  /** The keys that `keys` changes, with their values. */
  next(keys: ContextKeys): readonly [string, unknown][] {
    const last = new Map<string, unknown>(Object.entries(this.#last))
    this.#last = keys
    return Object.entries(keys).filter(([key, value]) => !last.has(key) || last.get(key) !== value)
  }
}
