import type { Log } from '@parley/kit'
import type { ErrorCode } from '../errors.ts'
import type { LinkKeeper } from './keeper.ts'
import type { Link } from './link.ts'

/** Whoever made a link and answers for its socket. */
export interface LinkOwner {
  readonly keeper: LinkKeeper
  readonly limits: LinkLimits
  readonly log: Log
  /** Whether the link runs through a relay. */
  readonly isRelayed?: boolean
  /** The link's hello has been answered. */
  established(link: Link): void
  /** The other side has signed in. */
  signedIn(link: Link): void
  /** The link is of no more use; its socket may still be closing. */
  ended(link: Link, code: ErrorCode): void
}

/** The limits that a link keeps; tests shorten them. */
export type LinkLimits = {
  readonly [Name in
    | 'request'
    | 'ping'
    | 'frameBeforeSignIn'
    | 'framesBeforeSignIn'
    | 'frame'
    | 'requestsInFlight'
    | 'highWater'
    | 'sendQueue'
    | 'sendQueueBeforeSignIn'
    | 'heldFrames']: number
}
