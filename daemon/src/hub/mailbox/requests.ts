import { create } from '@bufbuild/protobuf'
import { type DeviceId, fromText, type UserId } from '../../protocol/ids.ts'
import {
  CollectMailSchema,
  DepositSchema,
  type Mail,
  PublishMailboxKeySchema,
  type Signed,
  TakenMailSchema,
} from '../../protocol/parley_pb.ts'
import { ask } from '../registry/open.ts'
import type { RegistrySession } from '../registry/session.ts'

type Asks = Pick<RegistrySession, 'registry'>

/** From now on mail for this device is sealed to that key. */
export async function publishMailboxKey({ registry }: Asks, key: Signed): Promise<void> {
  const value = create(PublishMailboxKeySchema, { key })
  await ask(registry.link, { case: 'publishMailboxKey', value }, 'done')
}

/**
 * Leaves an item for a device; resolves once the registry has committed it.
 * @throws ParleyError `busy` and `throttled`, with the time to wait, `device-denied`, `unknown-user`
 */
export async function deposit(
  { registry }: Asks,
  item: { readonly user: UserId; readonly device: DeviceId; readonly id: Uint8Array; readonly sealed: Uint8Array },
  signal: AbortSignal,
): Promise<void> {
  const value = create(DepositSchema, {
    user: fromText(item.user),
    device: fromText(item.device),
    id: new Uint8Array(item.id),
    sealed: new Uint8Array(item.sealed),
  })
  await ask(registry.link, { case: 'deposit', value }, 'done', signal)
}

/** The oldest items that wait for this device. */
export function collectMail({ registry }: Asks, signal: AbortSignal): Promise<Mail> {
  return ask(registry.link, { case: 'collectMail', value: create(CollectMailSchema) }, 'mail', signal)
}

/** The registry may forget these. */
export async function takenMail({ registry }: Asks, ids: readonly Uint8Array[], signal: AbortSignal): Promise<void> {
  const value = create(TakenMailSchema, { ids: ids.map(id => new Uint8Array(id)) })
  await ask(registry.link, { case: 'takenMail', value }, 'done', signal)
}
