import type { HostPort } from '../protocol/addresses.ts'
import type { ControlRequests, SignUpPolicy } from '../protocol/control.ts'

/** What a hub needs of the team that runs, or may come to run, in its own daemon. */
export interface Hosting {
  /** The team's registry, while it is up. */
  readonly team: OwnTeam | undefined
  /** Whether a team was started here before, up or not. */
  readonly isConfigured: boolean
  /** Things a person should know of it, each one sentence. */
  readonly warnings: readonly string[]
  /** Starts a team from now on; again, it gives the one that there is. */
  host(team: string): Promise<ControlRequests['hostTeam'][1]>
}

/** The registry that runs in this very daemon. */
export interface OwnTeam {
  /** Its id. */
  readonly registry: string
  /** Where this machine itself reaches it, with any network and with none. */
  readonly place: HostPort
  /** The link by which others reach it now. */
  readonly address: string
  readonly signUp: SignUpPolicy
  /** The code of a new invite that lets one person in, under that name. */
  inviteCode(name: string): Promise<Uint8Array>
}
