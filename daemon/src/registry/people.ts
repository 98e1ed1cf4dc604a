import { create } from '@bufbuild/protobuf'
import { ParleyError } from '../errors.ts'
import { limits } from '../limits.ts'
import { type DeviceId, fromText, type UserId, userId } from '../protocol/ids.ts'
import { readUserName } from '../protocol/names.ts'
import {
  type DeviceAddresses,
  DeviceAddressesSchema,
  type LookedUp,
  LookedUpSchema,
  type LookUp,
  type People as PeopleReply,
  PeopleSchema,
  type Person,
  PersonSchema,
  type Search,
} from '../protocol/parley_pb.ts'
import type { Account, Accounts, Enrolled } from './accounts.ts'
import type { Attestations } from './attestations.ts'
import type { ClassicClients } from './classic-clients.ts'
import type { Directory, Listed } from './directory.ts'
import type { Mailbox } from './mailbox/mailbox.ts'
import type { Presence } from './presence.ts'
import { addressesFor } from './published.ts'
import type { Sessions } from './sessions.ts'

/** Where what is told of people comes from. */
interface PeopleParts {
  readonly accounts: Accounts
  readonly attestations: Attestations
  readonly directory: Directory
  readonly presence: Presence
  readonly sessions: Sessions
  readonly mailbox: Pick<Mailbox, 'keysOf'>
  readonly classic: Pick<ClassicClients, 'person' | 'named' | 'search'>
}

/** What a registry tells of people: to whoever is signed in. */
export class People {
  readonly #parts: PeopleParts

  constructor(parts: PeopleParts) {
    this.#parts = parts
  }

  /** Somebody as lists show them; of those who were deleted, that they are offline. */
  person(user: UserId): Person | undefined {
    const { directory } = this.#parts
    const listed = directory.get(user) ?? directory.removed(user)
    return listed ? this.#shown(listed) : this.#parts.classic.person(user)
  }

  search({ query, limit, after }: Search): PeopleReply {
    const { directory } = this.#parts
    const most = Math.min(limit || limits.searchDefault, limits.searchResults)
    const isList = query.trim() === ''
    const { people, more } = isList ? directory.list(after, most) : directory.search(query, most)
    // Classic clients have no account: they are found while they are here, and are no part of the list of all.
    const left = most - people.length
    const clients = isList || more ? [] : this.#parts.classic.search(query, left + 1)
    const found = [...people.map(listed => this.#shown(listed)), ...clients.slice(0, left)]
    return create(PeopleSchema, { people: found, more: more || clients.length > left })
  }

  /**
   * Everything that is needed to talk to somebody; `asker` is an IP address. Of a classic client that is its row alone.
   * @throws ParleyError `unknown-user`
   */
  async lookUp(asked: LookUp, asker: string): Promise<LookedUp> {
    const { attestations } = this.#parts
    const client = this.#client(asked)
    if (client) return create(LookedUpSchema, { person: client })
    const { account, roster } = await this.#find(asked)
    return create(LookedUpSchema, {
      attestation: attestations.current(account),
      roster,
      devices: await this.#devices(account, asker),
      person: this.#shown(account),
    })
  }

  /** The devices that are here, and those to which mail can be sent. */
  async #devices({ user, denied }: Account, asker: string): Promise<DeviceAddresses[]> {
    const { sessions, mailbox } = this.#parts
    const keys = await mailbox.keysOf(user)
    const there = new Map<DeviceId, DeviceAddresses>()
    for (const { device, published } of sessions.of(user)) {
      const addresses = published ? addressesFor(asker, published) : []
      there.set(device, create(DeviceAddressesSchema, { device: fromText(device), addresses }))
    }
    for (const [device, mailboxKey] of keys) {
      if (denied.has(device)) continue
      const addresses = there.get(device)
      if (addresses) addresses.mailboxKey = mailboxKey
      else there.set(device, create(DeviceAddressesSchema, { device: fromText(device), mailboxKey, offline: true }))
    }
    return [...there.values()]
  }

  #client({ user: id, name }: LookUp): Person | undefined {
    const { classic, directory } = this.#parts
    if (id.length === 0) return classic.named(name.trim())
    const user = userId(id)
    return directory.get(user) ? undefined : classic.person(user)
  }

  async #find({ user: id, name }: LookUp): Promise<Enrolled> {
    const { accounts } = this.#parts
    const wanted = id.length > 0 ? undefined : userNameOf(name)
    const user = id.length > 0 ? userId(id) : wanted && (await accounts.userNamed(wanted))
    const found = user && (await accounts.byUser(user))
    if (found) return found
    const who = id.length > 0 ? 'this id' : `the name ${JSON.stringify(name.slice(0, limits.searchQuery))}`
    throw new ParleyError('unknown-user', `Nobody here has ${who}. Search for a part of their name.`)
  }

  #shown({ user, name, displayName }: Listed): Person {
    const { status, since } = this.#parts.presence.of(user)
    return create(PersonSchema, { user: fromText(user), name, displayName, status, since: BigInt(since) })
  }
}

/** The name as it is kept; undefined for what can be nobody's name. */
function userNameOf(text: string): string | undefined {
  try {
    return readUserName(text)
  } catch {
    return undefined
  }
}
