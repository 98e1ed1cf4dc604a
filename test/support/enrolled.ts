import { randomBytes } from 'node:crypto'
import { create, toBinary } from '@bufbuild/protobuf'
import { loadHubIdentity } from '../../daemon/src/hub/identity.ts'
import { ensureHome } from '../../daemon/src/locations.ts'
import { AccountRowSchema } from '../../daemon/src/protocol/account_rows_pb.ts'
import { fromText, userId } from '../../daemon/src/protocol/ids.ts'
import { publicKeyOf } from '../../daemon/src/protocol/keys.ts'
import { type HubHome, hubHome } from './hub.ts'
import { meet, type RegistryPlace, signUp } from './member.ts'

/**
 * The home of a hub that has signed up under `name`, as the hub itself would leave it, but without the half second of a
 * processor that stretching the password takes.
 */
export async function enrolledHome(at: RegistryPlace, name: string): Promise<HubHome> {
  const home = await hubHome()
  const identity = await loadHubIdentity(ensureHome(home.path))
  const { privateKey, spki } = await identity.accountKey(at.registry.id)
  const account = { privateKey, publicKey: publicKeyOf(spki), spki }
  await using member = await meet(at, { name, identity: identity.device, account, user: userId(randomBytes(16)) })
  const { attestation, roster } = await signUp(member)
  const row = create(AccountRowSchema, {
    registry: fromText(at.registry.id),
    registryKey: member.link.peerKey,
    host: at.host,
    port: at.port,
    team: 'Acme',
    user: fromText(member.user),
    name,
    displayName: name,
    mechanism: 'opaque',
    ...(attestation && { attestation }),
    ...(roster && { roster }),
  })
  await home.storage.write([{ put: `account/${at.registry.id}`, value: toBinary(AccountRowSchema, row) }])
  return home
}
