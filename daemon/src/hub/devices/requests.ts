import { create } from '@bufbuild/protobuf'
import { type DeviceId, fromText } from '../../protocol/ids.ts'
import {
  DevicesSchema,
  DropDeviceSchema,
  NewAccountKeySchema,
  PublishRosterSchema,
  type RegisteredDevice,
  type Signed,
  type SignedIn,
} from '../../protocol/parley_pb.ts'
import { ask } from '../registry/open.ts'
import type { RegistrySession } from '../registry/session.ts'

type Asks = Pick<RegistrySession, 'registry'>

/** The devices of the own account, as the registry knows them. */
export async function askDevices({ registry }: Asks, signal?: AbortSignal): Promise<readonly RegisteredDevice[]> {
  return (await ask(registry.link, { case: 'devices', value: create(DevicesSchema) }, 'deviceList', signal)).devices
}

/** @throws ParleyError `conflict`, `roster-rollback` when another device was quicker, `device-denied` */
export async function publishRoster({ registry }: Asks, roster: Signed): Promise<void> {
  const value = create(PublishRosterSchema, { roster })
  await ask(registry.link, { case: 'publishRoster', value }, 'done')
}

/** @throws ParleyError `password-needed` unless the person has just shown the password on this very connection */
export function takeNewKey({ registry }: Asks, accountKey: Uint8Array, roster: Signed): Promise<SignedIn> {
  const value = create(NewAccountKeySchema, { accountKey, roster })
  return ask(registry.link, { case: 'newAccountKey', value }, 'signedIn')
}

/** Says no to a pending device. */
export async function dropDevice({ registry }: Asks, device: DeviceId): Promise<void> {
  const value = create(DropDeviceSchema, { device: fromText(device) })
  await ask(registry.link, { case: 'dropDevice', value }, 'done')
}
