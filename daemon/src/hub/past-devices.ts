import { create, fromBinary, toBinary } from '@bufbuild/protobuf'
import type { Change, Storage } from '@parley/kit'
import { ParleyError } from '../errors.ts'
import { limits } from '../limits.ts'
import { PersonRowSchema } from '../protocol/account_rows_pb.ts'
import type { DeviceId, UserId } from '../protocol/ids.ts'
import type { Signed } from '../protocol/parley_pb.ts'
import { keptPerson, type Person, type Trust } from './people.ts'

/** What was said of somebody while they had an account key that they have no longer. */
export interface PastStatements {
  readonly attestation: Signed
  readonly roster: Signed
}

/**
 * The devices of people under account keys that have had successors, in rows `past/<registry>/<user>/<generation>`. They speak
 * for nobody any more, yet what they wrote stays theirs: whoever comes later checks it by these. Oneself is among them.
 */
export class PastDevices {
  readonly #storage: Storage
  readonly #trust: Pick<Trust, 'registry' | 'registryKey'>
  /** By generation. */
  readonly #byUser = new Map<UserId, Map<number, Person>>()
  readonly #byDevice = new Map<DeviceId, { readonly user: UserId; readonly spki: Uint8Array }>()

  private constructor(storage: Storage, trust: Pick<Trust, 'registry' | 'registryKey'>) {
    this.#storage = storage
    this.#trust = trust
  }

  /** @throws ParleyError `damaged-data` when a row cannot be read */
  static async open(storage: Storage, trust: Pick<Trust, 'registry' | 'registryKey'>): Promise<PastDevices> {
    const past = new PastDevices(storage, trust)
    const prefix = `past/${trust.registry}/`
    for (let after: string | undefined; ; ) {
      const { rows, more } = await storage.list(prefix, { ...(after ? { after } : {}), limit: limits.page })
      for (const [key, value] of rows) past.#remember(past.#read(key, value))
      after = rows.at(-1)?.[0]
      if (!more || !after) return past
    }
  }

  /** Whose device that was, and its SPKI. */
  ofDevice(device: DeviceId): { readonly user: UserId; readonly spki: Uint8Array } | undefined {
    return this.#byDevice.get(device)
  }

  /** What was said of somebody, by the earlier account key first. */
  of(user: UserId): PastStatements[] {
    const kept = [...(this.#byUser.get(user) ?? [])].sort(([a], [b]) => a - b)
    return kept.map(([, { attestation, roster }]) => ({ attestation, roster }))
  }

  /** Whether it is known what somebody's devices were before they had the account key of that number. */
  isWhole(user: UserId, generation: number): boolean {
    return (this.#byUser.get(user)?.size ?? 0) >= Math.min(generation - 1, limits.pastKeys)
  }

  /** Remembers a person as they were before their account key had a successor. Gives what is to be committed with that. */
  succeeded(person: Person): Change[] {
    const { user, attested } = person
    if ((this.#byUser.get(user)?.size ?? 0) >= limits.pastKeys) return []
    const known = this.#byUser.get(user)?.get(attested.generation)
    if (known && known.listed.version >= person.listed.version) return []
    this.#remember(person)
    const { attestation, roster } = person
    const value = toBinary(PersonRowSchema, create(PersonRowSchema, { attestation, roster }))
    return [{ put: `past/${this.#trust.registry}/${user}/${attested.generation}`, value }]
  }

  /** Takes a person as they were under an earlier account key. Whether it is news; resolves once it is committed. */
  async take(person: Person): Promise<boolean> {
    const changes = this.succeeded(person)
    if (changes.length > 0) await this.#storage.write(changes)
    return changes.length > 0
  }

  #remember(person: Person): void {
    const { user, attested } = person
    const kept = this.#byUser.get(user) ?? new Map<number, Person>()
    this.#byUser.set(user, kept.set(attested.generation, person))
    for (const [device, spki] of person.keys) this.#byDevice.set(device, { user, spki })
  }

  #read(key: string, value: Uint8Array): Person {
    try {
      return keptPerson(fromBinary(PersonRowSchema, value), this.#trust)
    } catch (cause) {
      const words = `The row ${key} of this home cannot be read. Restore the home from a backup.`
      throw new ParleyError('damaged-data', words, { cause })
    }
  }
}
