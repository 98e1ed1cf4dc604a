import { create, fromBinary, toBinary } from '@bufbuild/protobuf'
import type { Change, Storage } from '@parley/kit'
import { ParleyError } from '../errors.ts'
import { limits } from '../limits.ts'
import { type PersonRow, PersonRowSchema } from '../protocol/account_rows_pb.ts'
import { type DeviceId, deviceId, fromText, type RegistryId, type UserId } from '../protocol/ids.ts'
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
import { DeviceOwners, type Proof } from './device-owners.ts'
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
  /** SPKI of each device that speaks for them: in the roster, not denied by the registry, and nobody else's. */
  readonly keys: ReadonlyMap<DeviceId, Uint8Array>
  /** Those of them that have shown their key over a link. */
  readonly shown: ReadonlySet<DeviceId>
  /** Where their devices were last, by the registry. */
  readonly devices: readonly DeviceAddresses[]
}

/** Who told somebody's statements; whoever merely passes them on shows nothing but that they are signed. */
interface Told {
  /** Their own device, whose key TLS has shown. */
  readonly device?: DeviceId
  /** The registry, just now, and where it says that their devices are. */
  readonly registry?: { readonly devices?: readonly DeviceAddresses[] | undefined }
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
  readonly #owners = new DeviceOwners()
  /** Of whom the registry itself has told, for {@link keep}. */
  readonly #vouched = new WeakSet<Person>()
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
      for (const [key, value] of rows) people.#remember(people.#settled(personOf(key, value, trust)))
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
    const owner = this.#owners.get(device)
    const person = owner === undefined ? undefined : this.#byUser.get(owner)
    return person?.keys.has(device) ? person : undefined
  }

  /** Called whenever newer statements of a person were committed. */
  watch(listener: (person: Person, before: Person | undefined) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /**
   * Judges statements that came from the registry or from a peer. The person as the highest statements seen describe
   * them: an older attestation of the same account key is fine, an older roster is not. A device that is known as somebody
   * else's does not count as theirs, unless `told` proves it better: see {@link DeviceOwners}.
   *
   * @throws ParleyError `bad-signature`, `attestation-expired`, `clock`, `forged`, `roster-rollback`, `bad-frame`
   */
  judge(attestation: Signed | undefined, roster: Signed | undefined, told: Told = {}): Person {
    return this.#judge(attestation, roster, { told, now: this.#trust.now() })
  }

  /**
   * As {@link judge}, whatever the dates: whose words some are is shown by statements that have expired, too. They let
   * nobody in, since whoever has a link shows others.
   */
  judgeWhenever(attestation: Signed | undefined, roster: Signed | undefined): Person {
    return this.#judge(attestation, roster, { told: {}, now: 'any' })
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
    { told, now }: { readonly told: Told; readonly now: number | 'any' },
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
    const shown = new Set(known?.shown)
    if (told.device) shown.add(told.device)
    const devices = told.registry?.devices ?? known?.devices ?? []
    const stated = { attestation: isNews ? attestation : known.attestation, roster, devices, shown }
    const person = this.#settled(personFrom(stated, attested, listed), told.registry && 'vouched')
    if (told.registry) this.#vouched.add(person)
    return person
  }

  /** A person without the devices that are known as somebody else's. */
  #settled(person: Person, proof?: Proof): Person {
    const isTheirs = ([device]: [DeviceId, unknown]) =>
      this.#owners.mayBe(person.user, device, this.#proofOf(person, device, proof))
    return { ...person, keys: new Map([...person.keys].filter(isTheirs)) }
  }

  #proofOf(person: Person, device: DeviceId, proof?: Proof): Proof {
    if (person.shown.has(device)) return 'shown'
    return person.user === this.#trust.self ? 'vouched' : (proof ?? 'listed')
  }

  /** Keeps what {@link judge} gave in the same tick; resolves once it is committed. */
  async keep(judged: Person): Promise<Person> {
    const proof = this.#vouched.has(judged) ? 'vouched' : undefined
    const person = this.#settled(judged, proof)
    const known = this.get(person.user)
    const lost = this.#remember(known && isSame(known, person) ? known : person, proof)
    if (known && isSame(known, person) && lost.length === 0) return known
    const change = this.#put(person)
    const hasOtherKey = known !== undefined && known.attested.generation !== person.attested.generation
    const succession = hasOtherKey ? [...this.past.succeeded(known), ...(this.#trust.otherKey?.(person) ?? [])] : []
    const changes = [change, ...lost.map(loser => this.#put(loser)), ...succession]
    // Rows are whole, so they must land in the order in which they were judged.
    const writing = this.#writing.then(() => this.#storage.write(changes))
    this.#writing = writing.catch(() => undefined)
    await writing
    for (const listener of this.#listeners) listener(person, known)
    return person
  }

  #put(person: Person): Change {
    const { attestation, roster, devices, listed, attested, keys, shown } = person
    const others = listed.devices.filter(({ id }) => !keys.has(id) && !attested.denied.has(id))
    const row = create(PersonRowSchema, {
      ...{ attestation, roster, devices: [...devices] },
      shown: [...shown].map(fromText),
      others: others.map(({ id }) => fromText(id)),
    })
    return { put: `peer/${this.#trust.registry}/${person.user}`, value: toBinary(PersonRowSchema, row) }
  }

  /** Gives those who have lost a device to them, as they are from now on. */
  #remember(person: Person, proof?: Proof): Person[] {
    const { user, name, keys, attested } = person
    const before = this.get(user)
    for (const device of before?.keys.keys() ?? []) if (!keys.has(device)) this.#owners.release(user, device)
    if (user === this.#trust.self) this.#self = person
    else {
      if (before && this.#byName.get(before.name) === before) this.#byName.delete(before.name)
      this.#byUser.set(user, person)
      this.#byName.set(name, person)
    }
    // What the registry denies somebody was theirs: what it wrote must not become somebody else's.
    for (const device of attested.denied) this.#owners.claim(user, device, 'vouched')
    const losers = new Set<UserId>()
    for (const device of keys.keys()) {
      const loser = this.#owners.claim(user, device, this.#proofOf(person, device, proof))
      if (loser !== undefined && this.#drop(loser, device)) losers.add(loser)
    }
    return [...losers].flatMap(loser => this.get(loser) ?? [])
  }

  #drop(user: UserId, device: DeviceId): boolean {
    const person = this.get(user)
    if (!person?.keys.has(device)) return false
    const keys = new Map([...person.keys].filter(([id]) => id !== device))
    const shown = new Set([...person.shown].filter(id => id !== device))
    this.#remember({ ...person, keys, shown })
    return true
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
  row: Partial<Pick<PersonRow, 'attestation' | 'roster' | 'devices' | 'shown' | 'others'>>,
  { registry, registryKey }: Pick<Trust, 'registry' | 'registryKey'>,
): Person {
  const attested = readAttestation(row.attestation, { registryKey, registry, now: 'any' })
  const { user, accountKey, generation } = attested
  const listed = readRoster(row.roster, { accountKey, registry, user, generation })
  if (!row.attestation || !row.roster) throw forked()
  const { attestation, roster, devices = [] } = row
  const shown = new Set(row.shown?.map(deviceId))
  const person = personFrom({ attestation, roster, devices, shown }, attested, listed)
  const others = new Set(row.others?.map(deviceId))
  return { ...person, keys: new Map([...person.keys].filter(([device]) => !others.has(device))) }
}

type Stated = Pick<Person, 'attestation' | 'roster' | 'devices' | 'shown'>

function personFrom(stated: Stated, attested: Attestation, listed: Roster): Person {
  const keys = new Map([...rosterDevices(listed)].filter(([device]) => !attested.denied.has(device)))
  const shown = new Set([...stated.shown].filter(device => keys.has(device)))
  const { user, name, displayName } = attested
  return { ...stated, user, name, displayName, attested, listed, keys, shown }
}

function isSame(a: Person, b: Person): boolean {
  const isSaid = a.attestation === b.attestation && Buffer.from(a.roster.payload).equals(b.roster.payload)
  return isSaid && sameDevices(a, b) && sameNames(a.keys, b.keys) && sameNames(a.shown, b.shown)
}

function sameNames(
  a: ReadonlyMap<DeviceId, unknown> | ReadonlySet<DeviceId>,
  b: ReadonlyMap<DeviceId, unknown> | ReadonlySet<DeviceId>,
): boolean {
  return a.size === b.size && [...a.keys()].every(device => b.has(device))
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
