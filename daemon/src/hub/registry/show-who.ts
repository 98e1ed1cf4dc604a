import { asParleyError, ParleyError } from '../../errors.ts'
import type { Identity } from '../../net/identity.ts'
import type { SignedIn } from '../../protocol/parley_pb.ts'
import type { AccountStore } from '../accounts.ts'
import type { RegistryPlace } from './client-options.ts'
import { chooseMechanism, refuseUnknown } from './mechanism.ts'
import type { RegistryLink } from './open.ts'
import type { DeviceStatus } from './session.ts'
import { proofBy, type SignInWish, signInByDevice, signInByProof } from './sign-in.ts'

/** A sign-in that the registry has granted, and by what. */
interface Shown {
  readonly said: SignedIn
  /** By which the account was made, as far as is known here. */
  readonly mechanism: string
  /** Whether more than the device's key was shown. */
  readonly takesKey: boolean
}

/**
 * Shows the registry who signs in: by the device's key where that does, else by what proves the person, if it is there.
 * @throws ParleyError what the registry refuses with; `unsupported`, `password-needed`, `bad-address`, `closed`…
 */
export async function showWho(
  registry: RegistryLink,
  who: SignInWish,
  by: {
    readonly store: AccountStore
    readonly identity: Identity
    readonly deviceName: string
    readonly place: RegistryPlace
    readonly told: DeviceStatus
  },
  signal: AbortSignal,
): Promise<Shown> {
  const { store, identity, deviceName, place, told: status } = by
  const known = store.current
  const name = who.name ?? known?.name
  if (!who.isAfresh && known?.signedOut === undefined) {
    const said = await signInByDevice(registry, status, signal).catch(asParleyError)
    if (!(said instanceof ParleyError)) {
      const before = known?.mechanism ?? store.draftOf(registry.registry)?.mechanism
      return { said, mechanism: before ?? chooseMechanism(registry, { wished: who.by }), takesKey: false }
    }
    if (!who.ask || name === undefined || !wantsProof(said)) throw said
  }
  const mechanism = chooseMechanism(registry, { known: known?.mechanism, wished: who.by })
  if (proofBy(mechanism, who).is === 'prompts') refuseUnknown(registry, place)
  const { password, ask, code } = who
  const proof = { name: name ?? '', code, password, ask, mechanism, identity, status, deviceName }
  return { said: await signInByProof(registry, proof, signal), mechanism, takesKey: true }
}

/** The device's key alone is not enough, and what proves the person would be. */
export function wantsProof({ code }: ParleyError): boolean {
  return code === 'password-needed' || code === 'unknown-account'
}
