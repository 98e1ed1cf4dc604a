import { locations } from '../../daemon/src/locations.ts'
import { silentLog } from '../../daemon/src/log.ts'
import { createIdentity, type Identity } from '../../daemon/src/net/identity.ts'
import { deviceId, fromText, registryId } from '../../daemon/src/protocol/ids.ts'
import {
  DeviceRowSchema,
  NameRowSchema,
  RosterRowSchema,
  UserRowSchema,
} from '../../daemon/src/protocol/registry_rows_pb.ts'
import { encodeRow, rowKeys } from '../../daemon/src/registry/rows.ts'
import { openSqliteStorage } from '../../plugins/storage-sqlite/src/index.ts'
import { makeKey, makePerson } from '../support/statements.ts'

/**
 * Writes accounts straight into the storage of a registry that is not running, as sign-up would have, and gives their
 * devices. Each account has one device, which signs in by its key.
 */
export async function seedAccounts(home: string, registry: string, count: number): Promise<Identity[]> {
  const storage = await openSqliteStorage({ dir: locations(home).pluginDir('storage-sqlite'), log: silentLog })
  // An account's own statements name the registry and use no key of it.
  const at = { ...makeKey(), id: registryId(registry) }
  const now = Date.now()
  try {
    const seed = async (n: number): Promise<Identity> => {
      const name = `bench-${n}`
      const person = makePerson(at, name, now)
      const identity = await createIdentity(person.device.privateKey)
      const user = fromText(person.user)
      const account = { user, name, displayName: name, mechanism: 'opaque', accountKey: person.account.spki }
      const time = { added: BigInt(now), seen: BigInt(now) }
      await storage.write([
        {
          put: rowKeys.user(person.user),
          value: encodeRow(UserRowSchema, { ...account, generation: 1, created: BigInt(now) }),
        },
        { put: rowKeys.name(name), value: encodeRow(NameRowSchema, { user }) },
        {
          put: rowKeys.device(deviceId(identity.id)),
          value: encodeRow(DeviceRowSchema, { user, key: identity.spki, ...time }),
        },
        { put: rowKeys.roster(person.user), value: encodeRow(RosterRowSchema, { roster: person.listDevices() }) },
      ])
      return identity
    }
    return await Promise.all(Array.from({ length: count }, (_, n) => seed(n)))
  } finally {
    await storage.close()
  }
}
