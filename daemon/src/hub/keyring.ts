import type { KeyObject } from 'node:crypto'
import type { DeviceId, UserId } from '../protocol/ids.ts'
import { publicKeyOf } from '../protocol/keys.ts'
import { type Attestation, type Roster, rosterDevices } from '../protocol/statements.ts'
import type { Author, Keyring } from './conversations/members.ts'
import type { People } from './people.ts'

/** One's own devices. */
interface OwnKeys {
  readonly user: UserId
  /** SPKI of those in one's own roster, and of this one. */
  readonly keys: () => ReadonlyMap<DeviceId, Uint8Array>
  /** Those that were revoked. */
  readonly revoked: () => Iterable<DeviceId>
}

/**
 * The devices of everyone known at one registry, and one's own; those of earlier account keys by themselves, not as anybody's
 * devices. Keys are made of their bytes once.
 */
export class PeopleKeyring implements Keyring {
  readonly #people: Pick<People, 'all' | 'get' | 'ofDevice' | 'past'>
  readonly #own: OwnKeys
  readonly #made = new Map<DeviceId, Author & { readonly spki: Uint8Array }>()

  readonly #pastMade = new Map<DeviceId, Author>()

  constructor(people: Pick<People, 'all' | 'get' | 'ofDevice' | 'past'>, own: OwnKeys) {
    this.#people = people
    this.#own = own
  }

  keyOf(device: DeviceId): Author | undefined {
    const made = this.#made.get(device)
    if (made && this.#spkiOf(made.user, device) === made.spki) return made
    this.#made.delete(device)
    const user = this.#own.keys().has(device) ? this.#own.user : this.#people.ofDevice(device)?.user
    const spki = user && this.#spkiOf(user, device)
    if (!user || !spki) return this.#pastMade.get(device) ?? this.#past(device)
    const author = { user, key: publicKeyOf(spki), spki }
    this.#made.set(device, author)
    return author
  }

  /** Of an account key that has had a successor. */
  #past(device: DeviceId): Author | undefined {
    const past = this.#people.past.ofDevice(device)
    if (past === undefined) return undefined
    const author = { user: past.user, key: publicKeyOf(past.spki), spki: past.spki }
    this.#pastMade.set(device, author)
    return author
  }

  devicesOf(user: UserId): ReadonlyMap<DeviceId, KeyObject> {
    const devices = new Map<DeviceId, KeyObject>()
    const listed = user === this.#own.user ? this.#own.keys() : (this.#people.get(user)?.keys ?? new Map())
    for (const device of listed.keys()) {
      const author = this.keyOf(device)
      if (author) devices.set(device, author.key)
    }
    return devices
  }

  formerOwner(device: DeviceId): UserId | undefined {
    const owners = new Set<UserId>()
    for (const revoked of this.#own.revoked()) if (revoked === device) owners.add(this.#own.user)
    for (const { user, attested, listed } of this.#people.all()) {
      if (attested.denied.has(device) || listed.revoked.has(device)) owners.add(user)
    }
    const [owner] = owners
    return owners.size === 1 ? owner : undefined
  }

  #spkiOf(user: UserId, device: DeviceId): Uint8Array | undefined {
    return user === this.#own.user ? this.#own.keys().get(device) : this.#people.get(user)?.keys.get(device)
  }
}

/** The devices of one's own as the account has them: those of the roster, and this one while it waits to be in it. */
export function ownDevices(
  self: { readonly user: UserId; readonly device: DeviceId; readonly spki: Uint8Array },
  account: () => { readonly listed: Roster; readonly attested: Attestation },
): OwnKeys {
  return {
    user: self.user,
    keys: () => new Map([[self.device, self.spki], ...rosterDevices(account().listed)]),
    revoked: () => [...account().listed.revoked, ...account().attested.denied],
  }
}
