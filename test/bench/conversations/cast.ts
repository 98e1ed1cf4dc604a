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

/** Everybody's keys, each made when it is asked for. */
export function keyringOf(actors: readonly Actor[]): Keyring {
  const all = new Map(actors.map(actor => [actor.account.device, actor]))
  const authors = new Map<DeviceId, Author>()
  const keyOf = (device: DeviceId) => {
    const actor = all.get(device)
    if (actor === undefined) return undefined
    const author = authors.get(device) ?? { user: actor.user, key: createPublicKey(actor.account.privateKey) }
    authors.set(device, author)
    return author
  }
  return {
    keyOf,
    formerOwner: () => undefined,
    devicesOf: user => {
      const own = actors.filter(actor => actor.user === user).map(({ account }) => account.device)
      return new Map(
        own.flatMap(device => {
          const author = keyOf(device)
          return author ? [[device, author.key]] : []
        }),
      )
    },
  }
}
