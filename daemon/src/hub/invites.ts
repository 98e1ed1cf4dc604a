import { create } from '@bufbuild/protobuf'
import { ParleyError } from '../errors.ts'
import { limits } from '../limits.ts'
import { readParleyLink } from '../protocol/addresses.ts'
import type { ControlRequests, ListedInvite } from '../protocol/control.ts'
import {
  CreateInviteSchema,
  type Invite,
  type InviteList,
  ListInvitesSchema,
  RevokeInviteSchema,
} from '../protocol/parley_pb.ts'
import type { Membership } from './membership.ts'
import type { RegistryClient } from './registry/client.ts'
import { ask } from './registry/open.ts'
import { harmless, harmlessLines } from './words.ts'

type Params<M extends keyof ControlRequests> = ControlRequests[M][0]
type Result<M extends keyof ControlRequests> = Promise<ControlRequests[M][1]>

/** Invites to the team of this home's account, for its admins: each method is the request of the control API. */
export class TeamInvites {
  readonly #parts: { membership: Membership; client: RegistryClient }

  constructor(parts: { readonly membership: Membership; readonly client: RegistryClient }) {
    this.#parts = parts
  }

  /** @throws ParleyError `not-admin`, `unreachable`, `forged`, and what the registry refuses the wish with */
  async invite({ uses = 0, expires = 0, forName = '' }: Params<'invite'>): Result<'invite'> {
    const { client, membership } = this.#parts
    const { registry } = await client.ensure()
    const value = create(CreateInviteSchema, { uses, expires: BigInt(expires), forName })
    const made = await ask(registry.link, { case: 'createInvite', value }, 'invite')
    const { link, text, ...listed } = made
    // People are let in by this link: it leads to the team of this account or nowhere.
    if (readParleyLink(link).registry !== membership.account.registry) throw new ParleyError('forged', elsewhere)
    const { id, uses: often, expires: until, forName: name } = listedInvite(listed)
    return {
      id,
      link,
      uses: often,
      expires: until,
      ...(name !== undefined && { forName: name }),
      text: harmlessLines(text, limits.pasted),
    }
  }

  /** @throws ParleyError `not-admin`, `unreachable` */
  async invites(_params: Params<'invites'> = {}): Result<'invites'> {
    const { registry } = await this.#parts.client.ensure()
    const list: InviteList = await ask(
      registry.link,
      { case: 'listInvites', value: create(ListInvitesSchema) },
      'inviteList',
    )
    return { invites: list.invites.map(listedInvite) }
  }

  /** @throws ParleyError `not-admin`, `bad-invite`, `unreachable` */
  async revokeInvite({ id }: Params<'revokeInvite'>): Result<'revokeInvite'> {
    const { registry } = await this.#parts.client.ensure()
    await ask(registry.link, { case: 'revokeInvite', value: create(RevokeInviteSchema, { id }) }, 'done')
    return {}
  }
}

function listedInvite(
  row: Pick<Invite, 'id' | 'uses' | 'used' | 'expires' | 'created' | 'forName' | 'by'>,
): ListedInvite {
  return {
    id: harmless(row.id, limits.shownName),
    uses: row.uses,
    used: row.used,
    expires: timeOf(row.expires),
    created: timeOf(row.created),
    ...(row.forName !== '' && { forName: harmless(row.forName, limits.shownName) }),
    ...(row.by !== '' && { by: harmless(row.by, limits.shownName) }),
  }
}

/** ms since 1970; 0 for a time that is none. */
function timeOf(ms: bigint): number {
  return ms < 1n << 48n ? Number(ms) : 0
}

const elsewhere =
  "The registry made an invite to another team than its own. Nothing of it is shown; ask the registry's operator."
