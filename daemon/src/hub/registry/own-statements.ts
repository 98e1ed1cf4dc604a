import { ParleyError } from '../../errors.ts'
import type { DeviceId, RegistryId, UserId } from '../../protocol/ids.ts'
import type { Signed } from '../../protocol/parley_pb.ts'
import {
  type Attestation,
  isNewerAttestation,
  isNewerRoster,
  type Roster,
  readAttestation,
  readRoster,
  refuseOlderRoster,
} from '../../protocol/statements.ts'
import type { Account } from '../accounts.ts'

/** Who this hub is, in the registry's word and in its own account key's. */
export interface OwnStatements {
  readonly attestation: Signed
  readonly attested: Attestation
  readonly roster: Signed
  readonly listed: Roster
}

/**
 * Judges what a registry says of this very account when it lets it in. What it says must be signed by the pinned key and
 * by this home's own account key; an older roster than the one known is refused.
 *
 * @throws ParleyError `bad-signature`, `attestation-expired`, `clock`, `forged`, `wrong-key`, `roster-rollback`,
 * `device-denied`
 */
export function judgeOwn(
  said: { readonly attestation?: Signed | undefined; readonly roster?: Signed | undefined },
  by: { readonly registry: RegistryId; readonly registryKey: Uint8Array; readonly now: number },
  own: { readonly device: DeviceId; readonly accountKey: Uint8Array; readonly user: UserId | undefined },
  known: Account | undefined,
): OwnStatements {
  const attested = judgeOwnAttestation(said.attestation, by, own, known)
  const { user, accountKey, generation } = attested
  const listed = readRoster(said.roster, { accountKey, registry: by.registry, user, generation })
  refuseOlderRoster(listed, known?.listed)
  if (!listed.devices.some(({ id }) => id === own.device)) throw denied()
  if (!said.attestation || !said.roster) throw denied()
  if (!known) return { attestation: said.attestation, attested, roster: said.roster, listed }
  const isNewRoster = isNewerRoster(listed, known.listed)
  return {
    ...newerAttestation(said.attestation, attested, known),
    roster: isNewRoster ? said.roster : known.roster,
    listed: isNewRoster ? listed : known.listed,
  }
}

/** The attestation alone, as a renewal brings it. Throws as {@link judgeOwn} does. */
export function judgeOwnAttestation(
  attestation: Signed | undefined,
  by: { readonly registry: RegistryId; readonly registryKey: Uint8Array; readonly now: number },
  own: { readonly device: DeviceId; readonly accountKey: Uint8Array; readonly user: UserId | undefined },
  known: Account | undefined,
): Attestation {
  const attested = readAttestation(attestation, by)
  if (own.user !== undefined && attested.user !== own.user) throw new ParleyError('forged', someoneElse)
  const isOwnKey = Buffer.from(attested.accountKey).equals(own.accountKey)
  if (!isOwnKey || (known && attested.generation !== known.attested.generation))
    throw new ParleyError('wrong-key', otherKey)
  if (attested.denied.has(own.device)) throw denied()
  return attested
}

/** The later of what is said and what is known; both are of one account key. */
export function newerAttestation(
  attestation: Signed,
  attested: Attestation,
  known: Account,
): Pick<OwnStatements, 'attestation' | 'attested'> {
  return isNewerAttestation(known.attested, attested)
    ? { attestation: known.attestation, attested: known.attested }
    : { attestation, attested }
}

function denied(): ParleyError {
  return new ParleyError(
    'device-denied',
    'This device no longer counts as one of the account. Ask an admin of the team.',
  )
}

const someoneElse = 'The registry took this device for somebody else. Nothing was accepted; ask its admin.'
const otherKey =
  'The registry knows this account by another account key than the one in this home. Nothing was accepted; ask its admin.'
