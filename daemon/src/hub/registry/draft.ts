import { randomBytes } from 'node:crypto'
import type { Identity } from '../../net/identity.ts'
import { fromText, type UserId, userId } from '../../protocol/ids.ts'
import { readRoster, signRoster } from '../../protocol/statements.ts'
import type { AccountStore, Draft } from '../accounts.ts'
import type { RegistryPlace } from './client-options.ts'
import type { RegistryLink } from './open.ts'

/**
 * The user id and first roster of a sign-up, committed before it is asked. The same for the same name as long as no
 * answer came: a registry that has said yes already then knows that it is asked once more, not anew.
 */
export async function draftFor(
  wish: { readonly name: string; readonly displayName: string },
  by: {
    readonly registry: RegistryLink
    readonly place: RegistryPlace
    /** The account key. */
    readonly key: Identity
    readonly store: AccountStore
    /** The device. */
    readonly identity: Identity
    readonly deviceName: string
    readonly mechanism: string
  },
): Promise<Draft> {
  const { registry: link, place, key, store, identity, deviceName, mechanism } = by
  const { registry } = link
  const { name, displayName } = wish
  const before = store.draftOf(registry)
  if (before?.name === name && before.mechanism === mechanism && isSignedBy(before, key)) return before
  const user = userId(randomBytes(16))
  const device = { key: identity.spki, name: deviceName, added: Math.floor(link.time()) }
  const fields = { registry, user, generation: 1, version: 1, devices: [device], revoked: new Set<never>() }
  const roster = signRoster(fields, key.privateKey)
  const { host, port } = place
  await store.save(registry, { ...firstRow(link, { user, mechanism }), name, displayName, host, port, roster })
  return { registry, user, name, mechanism, roster }
}

/** What a row begins with. */
export function firstRow(
  { registry, chain }: RegistryLink,
  { user, mechanism }: { readonly user: UserId; readonly mechanism: string },
) {
  const { voices, notices } = chain
  return {
    registry: fromText(registry),
    registryKey: voices[0]?.key ?? chain.key,
    notices: [...notices],
    user: fromText(user),
    mechanism,
  }
}

function isSignedBy(draft: Draft, key: Identity): boolean {
  try {
    readRoster(draft.roster, { accountKey: key.spki, registry: draft.registry, user: draft.user, generation: 1 })
    return true
  } catch {
    return false
  }
}
