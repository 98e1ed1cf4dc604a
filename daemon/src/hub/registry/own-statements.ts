import { ParleyError } from '../../errors.ts'
import type { DeviceId, RegistryId, UserId } from '../../protocol/ids.ts'
import type { Signed } from '../../protocol/parley_pb.ts'
import {
  type Attestation,
  isNewerAttestation,
  isNewerRoster,
  type RegistryKeys,
  type Roster,
  readAttestation,
  readRoster,
} from '../../protocol/statements.ts'
import type { Account } from '../accounts.ts'

/** Who this hub is, in the registry's word and in its own account key's. */
export interface OwnStatements {
  readonly attestation: Signed
  readonly attested: Attestation
  readonly roster: Signed
  readonly listed: Roster
  /** The account key has not made this device one of its own. */
  readonly isPending: boolean
  /** The registry knows an older roster, or has forgotten a denial, as after a restored backup: it is to be told. */
  readonly isNews: boolean
}

/** What of an account key is known here. */
export interface OwnKeys {
  readonly device: DeviceId
  readonly user: UserId | undefined
  /** SPKI of the account key that this home holds. */
  readonly held: Uint8Array | undefined
  /**
   * The person has just shown the password and is about to compare digits: an account key that is not known here is
   * taken, for a device that waits to be approved and for no other.
   */
  readonly takesKey: boolean
}

interface By {
  readonly registry: RegistryId
  readonly registryKey: RegistryKeys
  readonly now: number
}

/**
 * Judges what a registry says of this very account when it lets it in. What it says must be signed by the pinned registry
 * and by the account key that this home knows: a device was approved only if that very key says so.
 *
 * @throws ParleyError `bad-signature`, `attestation-expired`, `clock`, `forged`, `wrong-key`, `roster-rollback`,
 * `device-denied`
 */
export function judgeOwn(
  said: { readonly attestation?: Signed | undefined; readonly roster?: Signed | undefined },
  by: By,
  own: OwnKeys,
  known: Account | undefined,
): OwnStatements {
  const { attestation, roster } = said
  const attested = judgeOwnAttestation(attestation, by, own, known)
  const { user, accountKey, generation } = attested
  const listed = readRoster(roster, { accountKey, registry: by.registry, user, generation })
  if (!attestation || !roster) throw denied()
  const latest = latestRoster({ roster, listed }, known?.attested.generation === generation ? known : undefined)
  const isPending = !latest.listed.devices.some(({ id }) => id === own.device)
  if (isPending && ((known && !known.isPending) || latest.listed.revoked.has(own.device))) throw denied()
  if (!isPending && !isTrusted(attested, own, known)) throw new ParleyError('wrong-key', unapproved)
  const hasForgotten = [...latest.listed.revoked].some(id => !attested.denied.has(id))
  return {
    ...newerAttestation(attestation, attested, known),
    ...latest,
    isPending,
    isNews: latest.roster !== roster || hasForgotten,
  }
}

/** The attestation alone, as a renewal brings it. Throws as {@link judgeOwn} does. */
export function judgeOwnAttestation(
  attestation: Signed | undefined,
  by: By,
  own: OwnKeys,
  known: Account | undefined,
): Attestation {
  const attested = readAttestation(attestation, by)
  if (own.user !== undefined && attested.user !== own.user) throw new ParleyError('forged', someoneElse)
  const mayTake = own.takesKey && (!known || known.isPending)
  if (!isTrusted(attested, own, known) && !mayTake) {
    throw new ParleyError('wrong-key', known?.isPending ? changedKey : otherKey)
  }
  if (attested.denied.has(own.device)) throw denied()
  return attested
}

/**
 * Whether the account key is the one that this home knows: that of its account with the same number, or, while it waits to
 * be approved, one that it has made itself.
 */
function isTrusted({ accountKey, generation }: Attestation, own: OwnKeys, known: Account | undefined): boolean {
  const isKey = (key: Uint8Array | undefined) => key !== undefined && Buffer.from(accountKey).equals(key)
  if (!known) return isKey(own.held)
  const { attested, isPending } = known
  if (isKey(attested.accountKey)) return generation === attested.generation
  return isPending && generation > attested.generation && isKey(own.held)
}

/** The newer of what is said and what is known; both are of one account key. */
function latestRoster(
  said: { readonly roster: Signed; readonly listed: Roster },
  known: Account | undefined,
): Pick<OwnStatements, 'roster' | 'listed'> {
  if (!known || isNewerRoster(said.listed, known.listed)) return said
  const isSame = Buffer.from(said.roster.payload).equals(known.roster.payload)
  if (isSame) return said
  if (isNewerRoster(known.listed, said.listed)) return { roster: known.roster, listed: known.listed }
  throw new ParleyError(
    'roster-rollback',
    'The registry has another list of devices of the same version. Nothing was accepted.',
  )
}

/** The later of what is said and what is known; both are of one account key. */
export function newerAttestation(
  attestation: Signed,
  attested: Attestation,
  known: Account | undefined,
): Pick<OwnStatements, 'attestation' | 'attested'> {
  return known?.attested.generation === attested.generation && isNewerAttestation(known.attested, attested)
    ? { attestation: known.attestation, attested: known.attested }
    : { attestation, attested }
}

function denied(): ParleyError {
  return new ParleyError(
    'device-denied',
    'This device was removed from the account on another device. To use this computer again, sign in from a new home.',
  )
}

const someoneElse = 'The registry took this device for somebody else. Nothing was accepted; ask its admin.'
const otherKey =
  'The registry knows this account by another account key than the one in this home. Nothing was accepted; ask its admin.'
const changedKey =
  'The account key has changed while this device waited, so its digits are others now. Sign in with the password again, and compare anew.'
const unapproved =
  'The registry says that this device is approved, but nobody has compared its digits. Nothing was accepted; ask its admin.'
