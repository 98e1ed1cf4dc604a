import { createPrivateKey, createPublicKey, randomBytes } from 'node:crypto'
import type { Account, Peer } from '../../../daemon/src/hub/conversations/conversations.ts'
import type { Author, Keyring } from '../../../daemon/src/hub/conversations/members.ts'
import { createIdentity, type Identity } from '../../../daemon/src/net/identity.ts'
import { type DeviceId, deviceId, registryId, toText, userId } from '../../../daemon/src/protocol/ids.ts'
import { generateKeyPair, idOfKey, spkiOf } from '../../../daemon/src/protocol/keys.ts'

export const registry = registryId(new Uint8Array(32).fill(7))

/** Somebody with one device, as it is handed to a process. */
export interface Role {
  readonly user: string
  readonly name: string
  /** PEM */
  readonly key: string
}

/** Somebody with one device. */
export interface Actor extends Peer {
  readonly account: Account
}

export function newRoles(count: number): Role[] {
  return Array.from({ length: count }, (_, number) => ({
    user: toText(randomBytes(16)),
    name: `person-${number}`,
    key: generateKeyPair().privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  }))
}

export function actorOf({ user, name, key }: Role): Actor {
  const privateKey = createPrivateKey(key)
  const spki = spkiOf(createPublicKey(privateKey))
  const account = { registry, user: userId(user), device: deviceId(idOfKey(spki)), privateKey, spki }
  return { user: account.user, name, displayName: name, account }
}

/** What its links show. */
export function identityOf({ account }: Actor): Promise<Identity> {
  return createIdentity(account.privateKey)
}

/** Everybody's keys. */
export function keyringOf(actors: readonly Actor[]): Keyring {
  const authors = new Map<DeviceId, Author>()
  for (const { user, account } of actors) {
    authors.set(account.device, { user, key: createPublicKey(account.privateKey) })
  }
  return {
    keyOf: device => authors.get(device),
    devicesOf: user => {
      const own = [...authors].filter(([, author]) => author.user === user)
      return new Map(own.map(([device, { key }]) => [device, key]))
    },
  }
}
