import { hostname } from 'node:os'
import type { Locations } from '../locations.ts'
import { type Identity, loadIdentity, loadOrCreateIdentity, replaceIdentity } from '../net/identity.ts'
import { SecretBox } from '../plugins/secrets.ts'
import type { RegistryId } from '../protocol/ids.ts'
import { readDisplayName } from '../protocol/names.ts'

/** The keys of a home: each made once and kept in a file for its owner alone. */
export interface HubIdentity {
  /** The key that TLS shows and that signs entries. */
  readonly device: Identity
  /** Seals what is kept in storage and must not be known to whoever has that alone. */
  readonly secrets: SecretBox
  /** What the roster calls this device. */
  readonly deviceName: string
  /** The account key at one registry: it signs the roster. Made by the first sign-up there. */
  accountKey(registry: RegistryId): Promise<Identity>
  /** The account key towards people of no team. */
  directKey(): Promise<Identity>
  /** The account key that is kept here; undefined when there is none. Whether it is the account's, the attestation says. */
  heldAccountKey(registry: RegistryId): Promise<Identity | undefined>
  /** Keeps an account key, in the place of one that may be there. */
  keepAccountKey(registry: RegistryId, key: Identity): Promise<void>
}

/** @throws ParleyError `home` when others could read a key, `damaged-data` when a file holds none */
export async function loadHubIdentity(
  where: Pick<Locations, 'deviceKey' | 'accountKey' | 'hubKey'>,
): Promise<HubIdentity> {
  const device = await loadOrCreateIdentity(where.deviceKey)
  return {
    device,
    secrets: SecretBox.open(where.hubKey, {}),
    deviceName: deviceName(),
    accountKey: registry => loadOrCreateIdentity(where.accountKey(registry)),
    directKey: () => loadOrCreateIdentity(where.accountKey('direct')),
    heldAccountKey: registry => loadIdentity(where.accountKey(registry)),
    keepAccountKey: (registry, key) => replaceIdentity(where.accountKey(registry), key),
  }
}

function deviceName(): string {
  try {
    return readDisplayName(hostname())
  } catch {
    return 'device'
  }
}
