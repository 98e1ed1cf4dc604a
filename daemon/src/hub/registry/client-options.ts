import type { Log } from '@parley/kit'
import type { Dialer } from '../../net/dial.ts'
import type { Identity } from '../../net/identity.ts'
import type { HybridClock } from '../../protocol/clock.ts'
import type { RegistryId, UserId } from '../../protocol/ids.ts'
import type { RelayOffered } from '../../protocol/parley_pb.ts'
import type { AccountStore } from '../accounts.ts'
import type { Backoff } from '../backoff.ts'
import type { OwnTeam } from '../own-team.ts'
import type { DeviceStatus } from './session.ts'

/** Where a registry is, and who it must be. */
export interface RegistryPlace {
  readonly host: string
  readonly port: number
  readonly registry?: RegistryId
}

/** What keeping a hub signed in needs. */
export interface RegistryClientOptions {
  readonly store: AccountStore
  readonly identity: Identity
  readonly dialer: Dialer
  /** The account key of this home at a registry, made when there is none. */
  readonly accountKey: (registry: RegistryId) => Promise<Identity>
  /** The one that is there. */
  readonly heldKey: (registry: RegistryId) => Promise<Identity | undefined>
  readonly deviceName: string
  readonly clock: HybridClock
  /** Wall clock in ms. */
  readonly now: () => number
  /** Where peers can reach this hub. */
  readonly places: () => { readonly port: number; readonly addresses: readonly string[] }
  /** The registry that runs in this very daemon: it is reached without any network. */
  readonly ownTeam?: () => OwnTeam | undefined
  readonly log: Log
  /** The state, the account, or the time of the registry changed. */
  readonly onChange: () => void
  readonly onOnline: (users: ReadonlySet<UserId>) => void
  /** Statements of these people are newer than what was told. */
  readonly onPeople: (users: readonly UserId[]) => void
  /** The own account, or its devices, are others now; told with each sign-in too. Resolves once all is ready for it. */
  readonly onOwn: () => Promise<void>
  /** Somebody asks for a connection through the registry's relay. */
  readonly onRelay?: (offer: RelayOffered) => void
  /** Whose last seen is wanted, the most wanted first. */
  readonly also: () => readonly UserId[]
  /** How this device stands. */
  readonly status: () => DeviceStatus
  readonly reconnect?: ConstructorParameters<typeof Backoff>[0]
}
