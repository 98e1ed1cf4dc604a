import { ParleyError } from '../errors.ts'
import { formatParleyLink } from '../protocol/addresses.ts'
import type { AccountInfo } from '../protocol/control.ts'
import type { Account } from './accounts.ts'
import type { Hosting } from './own-team.ts'
import type { RegistryClient } from './registry/client.ts'
import { wayOf } from './registry/mechanism.ts'
import type { Standing } from './standing.ts'

/** An account as front ends see it. */
export function accountInfo(
  account: Account,
  parts: {
    client: RegistryClient
    standing: Standing
    hosting: Hosting | undefined
    digits: (account: Account) => string
    areReceiptsOn: () => boolean
  },
): AccountInfo {
  const { registry, team, host, port, user, name, displayName, availability } = account
  const { client, standing, hosting, digits, areReceiptsOn } = parts
  const { state, why } = client
  const own = hosting?.team
  const isHosted = own?.registry === registry
  // What others see is what the registry tells of oneself, too.
  const said = standing.status === 'invisible' ? 'offline' : standing.status
  const seen = client.online.get(user)?.status ?? said
  return {
    registry,
    team,
    address: isHosted ? own.address : formatParleyLink({ host, port, registry }),
    user,
    name,
    displayName,
    ...(isHosted && { isHosted }),
    ...(account.isAdmin && { isAdmin: true }),
    ...(wayOf(account.mechanism) === 'prompts' && { signsInBy: 'prompts' }),
    state,
    ...(why && state !== 'online' ? { why } : {}),
    availability,
    ...(!areReceiptsOn() && { areReceiptsOff: true }),
    status: state === 'online' ? seen : 'offline',
    ...(account.isPending && { digits: digits(account) }),
  }
}

/** A home is one person's: no other account can be made or signed in to in it. */
export function alreadySignedUp(account: Account): ParleyError {
  return new ParleyError(
    'already-signed-up',
    `This home belongs to ${account.name} at ${account.team || account.host}. Use another home (--home DIR) for another account.`,
  )
}
