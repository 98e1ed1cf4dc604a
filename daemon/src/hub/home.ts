import type { Log, SearchIndex, Storage } from '@parley/kit'
import type { Locations } from '../locations.ts'
import type { Plugged } from '../plugins/plugged.ts'
import { HybridClock } from '../protocol/clock.ts'
import type { ClassicMode } from '../protocol/control.ts'
import { deviceId } from '../protocol/ids.ts'
import { AccountStore } from './accounts.ts'
import type { BackoffOptions } from './backoff.ts'
import { Blocks } from './blocks.ts'
import { type ChatStore, openChatStore } from './chats/chats.ts'
import { FileStore } from './files/store.ts'
import { type HubIdentity, loadHubIdentity } from './identity.ts'
import type { CourierOptions } from './mailbox/courier.ts'
import type { Hosting } from './own-team.ts'
import { Reach } from './reach.ts'
import { TrustStore } from './trust-store.ts'

export interface HubOptions {
  readonly storage: Storage
  /** Full text search, where a plugin offers it. */
  readonly search?: SearchIndex | undefined
  /** Guards and observers of plugins. Absent: there are none. */
  readonly plugged?: Plugged
  readonly locations: Locations
  readonly options: { readonly listen?: readonly string[]; readonly proxy?: string; readonly classic?: ClassicMode }
  readonly log: Log
  /** Wall clock in ms. */
  readonly now?: () => number
  /** Delays between dials to the registry, in ms. */
  readonly reconnect?: Partial<BackoffOptions>
  /** Delays between attempts to reach directly whom the relay links, in ms. */
  readonly upgrade?: Partial<BackoffOptions>
  /** Waits of the mailbox in ms. */
  readonly mailWaits?: CourierOptions['waits']
  /** ms without a front end after which the person is away. */
  readonly attendGrace?: number
  /** The team that this daemon itself runs, or may start. */
  readonly hosting?: Hosting
  /** The system; tests pretend to be on another. */
  readonly platform?: NodeJS.Platform
}

/** What is read of a home before its hub starts. */
export interface Home {
  readonly identity: HubIdentity
  readonly clock: HybridClock
  readonly store: AccountStore
  readonly chats: ChatStore
  readonly blocks: Blocks
  readonly trusts: TrustStore
  readonly fileStore: FileStore
  readonly reach: Reach
}

/** @throws ParleyError `home`, `damaged-data` */
export async function openHome(options: HubOptions): Promise<Home> {
  const { storage, now = Date.now } = options
  const { listen } = options.options
  const identity = await loadHubIdentity(options.locations)
  const clock = new HybridClock({ now, monotonic: () => performance.now() })
  return {
    identity,
    clock,
    store: await AccountStore.open(storage),
    chats: await openChatStore(storage),
    blocks: await Blocks.open(storage, { clock, device: deviceId(identity.device.id) }),
    trusts: await TrustStore.open(storage),
    fileStore: await FileStore.open(options.locations),
    reach: await Reach.open({ ...options, ...(listen && { listen }), identity: identity.device }),
  }
}
