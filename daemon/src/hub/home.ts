import type { Log, Storage } from '@parley/kit'
import type { Locations } from '../locations.ts'
import type { ClassicMode } from '../protocol/control.ts'
import { AccountStore } from './accounts.ts'
import type { BackoffOptions } from './backoff.ts'
import { Blocks } from './blocks.ts'
import { type ChatStore, openChatStore } from './chats/chats.ts'
import { type HubIdentity, loadHubIdentity } from './identity.ts'
import type { Hosting } from './own-team.ts'
import { Reach } from './reach.ts'
import { TrustStore } from './trust-store.ts'

export interface HubOptions {
  readonly storage: Storage
  readonly locations: Pick<Locations, 'deviceKey' | 'accountKey'>
  readonly options: { readonly listen?: readonly string[]; readonly proxy?: string; readonly classic?: ClassicMode }
  readonly log: Log
  /** Wall clock in ms. */
  readonly now?: () => number
  /** Delays between dials to the registry, in ms. */
  readonly reconnect?: Partial<BackoffOptions>
  /** Delays between attempts to reach directly whom the relay links, in ms. */
  readonly upgrade?: Partial<BackoffOptions>
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
  readonly store: AccountStore
  readonly chats: ChatStore
  readonly blocks: Blocks
  readonly trusts: TrustStore
  readonly reach: Reach
}

/** @throws ParleyError `home`, `damaged-data` */
export async function openHome(options: HubOptions): Promise<Home> {
  const { storage, now = Date.now } = options
  const { listen } = options.options
  const identity = await loadHubIdentity(options.locations)
  return {
    identity,
    store: await AccountStore.open(storage),
    chats: await openChatStore(storage),
    blocks: await Blocks.open(storage, now),
    trusts: await TrustStore.open(storage),
    reach: await Reach.open({ ...options, ...(listen && { listen }), identity: identity.device }),
  }
}
