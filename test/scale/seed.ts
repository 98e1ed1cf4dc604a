import type { KeyObject } from 'node:crypto'
import { randomBytes } from 'node:crypto'
import type { Change } from '@parley/kit'
import { locations } from '../../daemon/src/locations.ts'
import { silentLog } from '../../daemon/src/log.ts'
import { deviceId, fromText, type RegistryId, registryId, userId } from '../../daemon/src/protocol/ids.ts'
import { idOfKey } from '../../daemon/src/protocol/keys.ts'
import {
  DeviceRowSchema,
  NameRowSchema,
  RosterRowSchema,
  UserRowSchema,
} from '../../daemon/src/protocol/registry_rows_pb.ts'
import { signRoster } from '../../daemon/src/protocol/statements.ts'
import { encodeRow, rowKeys } from '../../daemon/src/registry/rows.ts'
import { openSqliteStorage } from '../../plugins/storage-sqlite/src/index.ts'
import { makeKey } from '../support/statements.ts'

/**
 * Writes accounts straight into the storage of a registry that is not running, as sign-ups would have. The first of them
 * have the devices of `keys`, which sign in by them; the others are never here. All share one account key: nobody talks.
 */
export async function seedAccounts(
  home: string,
  registry: string,
  keys: readonly Uint8Array[],
  count: number,
): Promise<void> {
  const storage = await openSqliteStorage({ dir: locations(home).pluginDir('storage-sqlite'), log: silentLog })
  const account = makeKey()
  const spare = makeKey().spki
  try {
    for (let from = 0; from < count; from += 200) {
      const changes: Change[] = []
      for (let n = from; n < Math.min(count, from + 200); n++) {
        const { privateKey, spki } = account
        changes.push(
          ...rowsOf(
            n,
            keys[n] ?? spare,
            { registry: registryId(registry), privateKey, accountKey: spki },
            n < keys.length,
          ),
        )
      }
      await storage.write(changes)
    }
  } finally {
    await storage.close()
  }
}

/** The name of the account number `n`. */
export function nameOf(n: number): string {
  return `person-${n}`
}

function rowsOf(
  n: number,
  key: Uint8Array,
  by: { registry: RegistryId; privateKey: KeyObject; accountKey: Uint8Array },
  hasDevice: boolean,
): Change[] {
  const user = userId(randomBytes(16))
  const bytes = fromText(user)
  const now = Date.now()
  const name = nameOf(n)
  const fields = { user: bytes, name, displayName: `Person ${n}`, mechanism: 'opaque', accountKey: by.accountKey }
  const rows: Change[] = [
    { put: rowKeys.user(user), value: encodeRow(UserRowSchema, { ...fields, generation: 1, created: BigInt(now) }) },
    { put: rowKeys.name(name), value: encodeRow(NameRowSchema, { user: bytes }) },
  ]
  if (!hasDevice) return rows
  const devices = [{ key, name: 'laptop', added: now }]
  const roster = signRoster(
    { registry: by.registry, user, generation: 1, version: 1, devices, revoked: new Set() },
    by.privateKey,
  )
  const device = { user: bytes, key, added: BigInt(now), seen: BigInt(now) }
  rows.push({ put: rowKeys.device(deviceId(idOfKey(key))), value: encodeRow(DeviceRowSchema, device) })
  rows.push({ put: rowKeys.roster(user), value: encodeRow(RosterRowSchema, { roster }) })
  return rows
}
