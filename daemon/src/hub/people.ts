import { create, fromBinary, toBinary } from '@bufbuild/protobuf'
import type { Change, Storage } from '@parley/kit'
import { ParleyError } from '../errors.ts'
import { limits } from '../limits.ts'
import { type PersonRow, PersonRowSchema } from '../protocol/account_rows_pb.ts'
import type { DeviceId, RegistryId, UserId } from '../protocol/ids.ts'
import { type DeviceAddresses, DeviceAddressesSchema, type Signed } from '../protocol/parley_pb.ts'
import {
  type Attestation,
  isNewerAttestation,
  isNewerRoster,
  type RegistryKeys,
  type Roster,
  readAttestation,
  readRoster,
  refuseOlderRoster,
  rosterDevices,
} from '../protocol/statements.ts'
import { PastDevices } from './past-devices.ts'

/** Someone of the registry whom this hub has looked up or met: the highest statements seen of them. */
export interface Person {
  readonly user: UserId
  readonly name: string
  readonly displayName: string
  readonly attestation: Signed
  readonly attested: Attestation
  readonly roster: Signed
  readonly listed: Roster
  /** SPKI of each device that speaks for them: in the roster and not denied by the registry. */
  readonly keys: ReadonlyMap<DeviceId, Uint8Array>
  /** Where their devices were last, by the registry. */
  readonly devices: readonly DeviceAddresses[]
}

/** The trust root of one account: statements of others must be signed by this registry. */
export interface Trust {
  readonly registry: RegistryId
  readonly registryKey: RegistryKeys
  /** Oneself: kept as others are, for one's other devices, but listed nowhere. */
  readonly self?: UserId
  /** The registry's time in ms. */
  now(): number
  /** Somebody has another account key from this tick on: what is to be committed with it. */
  readonly otherKey?: (person: Person) => readonly Change[]
}

/**
 * Everyone known at one registry, in memory and in the rows `peer/<registry>/<user>`: names resolve and old rosters are
 * refused without the registry, and after a restart.
 */
export class People {
  readonly #storage: Storage
  readonly #trust: Trust
  readonly #byUser = new Map<UserId, Person>()
  readonly #byName = new Map<string, Person>()
  readonly #listeners = new Set<(person: Person, before: Person | undefined) => void>()
  #self: Person | undefined
  #writing: Promise<unknown> = Promise.resolve()

  /** Their devices of account keys that have had successors. */
  readonly past: PastDevices

  private constructor(storage: Storage, trust: Trust, past: PastDevices) {
    this.#storage = storage
    this.#trust = trust
    this.past = past
  }

  /** @throws ParleyError `damaged-data` when a row cannot be read */
  static async open(storage: Storage, trust: Trust): Promise<People> {
    const people = new People(storage, trust, await PastDevices.open(storage, trust))
    const prefix = `peer/${trust.registry}/`
    for (let after: string | undefined; ; ) {
      const { rows, more } = await storage.list(prefix, { ...(after ? { after } : {}), limit: limits.page })
      for (const [key, value] of rows) people.#remember(personOf(key, value, trust))
      after = rows.at(-1)?.[0]
      if (!more || !after) return people
    }
  }

  get(user: UserId): Person | undefined {
    return user === this.#trust.self ? this.#self : this.#byUser.get(user)
  }

  get count(): number {
    return this.#byUser.size
  }

  all(): Iterable<Person> {
    return this.#byUser.values()
  }

  /** `name` as `readUserName` gives it. */
  named(name: string): Person | undefined {
    return this.#byName.get(name)
  }

  /** Whose device that is, as far as this hub knows. */
  ofDevice(device: DeviceId): Person | undefined {
    for (const person of this.#byUser.values()) if (person.keys.has(device)) return person
    return undefined
  }

  /** Called whenever newer statements of a person were committed. */
  watch(listener: (person: Person, before: Person | undefined) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /**
   * Judges statements that came from the registry or from a peer. The person as the highest statements seen describe
   * them: an older attestation of the same account key is fine, an older roster is not.
   *
   * @throws ParleyError `bad-signature`, `attestation-expired`, `clock`, `forged`, `roster-rollback`, `bad-frame`
   */
  judge(attestation: Signed | undefined, roster: Signed | undefined, devices?: readonly DeviceAddresses[]): Person {
    return this.#judge(attestation, roster, { devices, now: this.#trust.now() })
  }

  /**
   * As {@link judge}, whatever the dates: whose words some are is shown by statements that have expired, too. They let
   * nobody in, since whoever has a link shows others.
   */
  judgeWhenever(attestation: Signed | undefined, roster: Signed | undefined): Person {
    return this.#judge(attestation, roster, { devices: undefined, now: 'any' })
  }

  /**
   * Somebody by statements of any date and any account key of theirs: that they are of the present one is not said.
   * @throws ParleyError `bad-signature`, `forged`, `bad-frame`
   */
  read(attestation: Signed | undefined, roster: Signed | undefined): Person {
    return keptPerson({ attestation, roster, devices: [] }, this.#trust)
  }

  #judge(
    attestation: Signed | undefined,
    roster: Signed | undefined,
    { devices, now }: { devices: readonly DeviceAddresses[] | undefined; now: number | 'any' },
  ): Person {
    const { registry, registryKey } = this.#trust
    const sent = readAttestation(attestation, { registryKey, registry, now })
    const known = this.get(sent.user)
    if (known) refuseOlderKey(sent, known.attested)
    const isNews = !known || isNewerAttestation(sent, known.attested)
    const attested = isNews ? sent : known.attested
    const { user, accountKey, generation } = attested
    const listed = readRoster(roster, { accountKey, registry, user, generation })
    if (known) refuseOlderRoster(listed, known.listed)
    const isSame = known !== undefined && !isNewerRoster(listed, known.listed)
    if (isSame && roster && !Buffer.from(roster.payload).equals(known.roster.payload)) throw forked()
    if (!attestation || !roster) throw forked()
    return personFrom(
      isNews ? attestation : known.attestation,
      attested,
      roster,
      listed,
      devices ?? known?.devices ?? [],
    )
  }

  /** Keeps what {@link judge} gave in the same tick; resolves once it is committed. */
  async keep(person: Person): Promise<Person> {
    const known = this.get(person.user)
    if (known && isSame(known, person)) return known
    this.#remember(person)
    const row = create(PersonRowSchema, {
      attestation: person.attestation,
      roster: person.roster,
      devices: [...person.devices],
    })
    const change = { put: `peer/${this.#trust.registry}/${person.user}`, value: toBinary(PersonRowSchema, row) }
    const hasOtherKey = known !== undefined && known.attested.generation !== person.attested.generation
    const succession = hasOtherKey ? [...this.past.succeeded(known), ...(this.#trust.otherKey?.(person) ?? [])] : []
    const changes = [change, ...succession]
    // Rows are whole, so they must land in the order in which they were judged.
    const writing = this.#writing.then(() => this.#storage.write(changes))
    this.#writing = writing.catch(() => undefined)
    await writing
    for (const listener of this.#listeners) listener(person, known)
    return person
  }

  #remember(person: Person): void {
    if (person.user === this.#trust.self) {
      this.#self = person
      return
    }
    const before = this.#byUser.get(person.user)
    if (before && this.#byName.get(before.name) === before) this.#byName.delete(before.name)
    this.#byUser.set(person.user, person)
    this.#byName.set(person.name, person)
  }
}

function personOf(key: string, value: Uint8Array, trust: Trust): Person {
  try {
    return keptPerson(fromBinary(PersonRowSchema, value), trust)
  } catch (cause) {
    throw new ParleyError(
      'damaged-data',
      `The row ${key} of this home cannot be read. Restore the home from a backup.`,
      { cause },
    )
  }
}

/** A person by statements whose dates were judged when they were stored. Throws as {@link People.judge} does. */
export function keptPerson(
  row: { readonly attestation?: Signed | undefined; readonly roster?: Signed | undefined } & Pick<PersonRow, 'devices'>,
  { registry, registryKey }: Pick<Trust, 'registry' | 'registryKey'>,
): Person {
  const attested = readAttestation(row.attestation, { registryKey, registry, now: 'any' })
  const { user, accountKey, generation } = attested
  const listed = readRoster(row.roster, { accountKey, registry, user, generation })
  if (!row.attestation || !row.roster) throw forked()
  return personFrom(row.attestation, attested, row.roster, listed, row.devices)
}

function personFrom(
  attestation: Signed,
  attested: Attestation,
  roster: Signed,
  listed: Roster,
  devices: readonly DeviceAddresses[],
): Person {
  const keys = new Map([...rosterDevices(listed)].filter(([device]) => !attested.denied.has(device)))
  const { user, name, displayName } = attested
  return { user, name, displayName, attestation, attested, roster, listed, keys, devices }
}

function isSame(a: Person, b: Person): boolean {
  return a.attestation === b.attestation && Buffer.from(a.roster.payload).equals(b.roster.payload) && sameDevices(a, b)
}

function sameDevices(a: Person, b: Person): boolean {
  const bytes = ({ devices }: Person) => devices.map(device => toBinary(DeviceAddressesSchema, device))
  return a.devices === b.devices || Buffer.concat(bytes(a)).equals(Buffer.concat(bytes(b)))
}

/** The generation counts account keys: one key each, and never back. */
function refuseOlderKey(sent: Attestation, known: Attestation): void {
  const isSameKey = Buffer.from(sent.accountKey).equals(known.accountKey)
  if (sent.generation === known.generation && isSameKey) return
  if (sent.generation > known.generation && !isSameKey) return
  throw new ParleyError(
    'roster-rollback',
    `The registry's word about ${known.name} speaks of another account key than the one known, without a new number. Nothing was accepted.`,
  )
}

function forked(): ParleyError {
  return new ParleyError(
    'roster-rollback',
    'Two different lists of devices carry the same version. Nothing was accepted.',
  )
}
