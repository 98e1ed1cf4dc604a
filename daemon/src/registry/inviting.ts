import { ParleyError } from '../errors.ts'
import type { ControlRequests, InviteInfo, ListedInvite } from '../protocol/control.ts'
import type { Audit } from './audit.ts'
import { inviteInfo, type Whereabouts } from './invite-text.ts'
import type { Invites, InviteWish } from './invites.ts'
import type { Settings } from './settings.ts'
import { operator } from './users.ts'

/** Who invites: an admin of the team, or absent: somebody at the registry's own machine. */
interface By {
  readonly user: string
  readonly name: string
}

/** Who may come into the team: each method is the request of the control API. */
export class Inviting {
  readonly #parts: { invites: Invites; settings: Settings; where: () => Whereabouts; audit: Audit }

  constructor(parts: {
    readonly invites: Invites
    readonly settings: Settings
    /** Where the registry is reached now. */
    readonly where: () => Whereabouts
    readonly audit: Audit
  }) {
    this.#parts = parts
  }

  /** @throws ParleyError `usage`, `bad-name`, `sign-up-closed` */
  async invite(wish: InviteWish, by?: By): Promise<InviteInfo> {
    const { invites, settings, where, audit } = this.#parts
    if (settings.signUp === 'closed') {
      const words = 'This registry takes no sign-ups. Set "signUp" to "invite" and reload it, or start it anew.'
      throw new ParleyError('sign-up-closed', words)
    }
    const made = await inviteInfo(settings.now.name, where(), () =>
      invites.create({ ...wish, ...(by && { by: by.name }) }),
    )
    await audit.note({ what: 'invite', by: by?.user ?? operator, detail: made.id })
    return made
  }

  async invites(_params: Record<string, never> = {}): Promise<{ invites: readonly ListedInvite[] }> {
    return { invites: await this.#parts.invites.list() }
  }

  /** @throws ParleyError `bad-invite` when there is none of that id */
  async revokeInvite({ id }: ControlRequests['revokeInvite'][0], by?: By): Promise<Record<string, never>> {
    const detail = await this.#parts.invites.revoke(id)
    await this.#parts.audit.note({ what: 'invite-revoked', by: by?.user ?? operator, detail })
    return {}
  }
}
