import type { Log, Storage } from '@parley/kit'
import type { HostPort } from '../../protocol/addresses.ts'
import type { HybridClock } from '../../protocol/clock.ts'
import type { ClassicMode, PersonInfo } from '../../protocol/control.ts'
import type { UserId } from '../../protocol/ids.ts'
import type { BackoffOptions } from '../backoff.ts'
import type { Blocks } from '../blocks.ts'
import type { KeptChats } from '../chats/chats.ts'
import type { HubNews } from '../news.ts'
import type { Requests } from '../requests/requests.ts'

/** What the circle of classic clients needs. */
export interface ClassicOptions {
  readonly storage: Storage
  readonly clock: HybridClock
  readonly log: Log
  readonly mode: ClassicMode
  readonly blocks: Blocks
  readonly requests: Pick<Requests, 'add' | 'get' | 'forget' | 'serve'>
  /** What is done with chat requests. */
  readonly policy: () => 'ask' | 'accept'
  /** What is kept of chats. */
  readonly chats: KeptChats
  /** Whoever sits here: their user id where they have an account, and under which name classic clients may know them. */
  readonly own: () => { readonly user?: UserId; readonly name?: string; readonly isBusy: boolean }
  /** Somebody of the team's list who is online. */
  readonly online: (user: UserId) => PersonInfo | undefined
  /** Whether the team's registry is on this machine, so that its loopback addresses mean the same here. */
  readonly isRegistryHere: () => boolean
  /** Whether that is a port of this very hub. */
  readonly isOwnPort: (place: HostPort) => boolean
  readonly tell: (news: HubNews) => void
  /** Waits that tests shorten. */
  readonly waits?: { readonly retry?: Partial<BackoffOptions>; readonly handOver?: number; readonly heard?: number }
}
