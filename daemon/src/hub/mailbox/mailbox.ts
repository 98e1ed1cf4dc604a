import type { Log } from '@parley/kit'
import { asParleyError, ParleyError } from '../../errors.ts'
import { limits } from '../../limits.ts'
import type { HybridClock } from '../../protocol/clock.ts'
import { type DeviceId, deviceId, type UserId } from '../../protocol/ids.ts'
import { isInUse, type MailboxKey, readMailboxKey } from '../../protocol/mailbox.ts'
import type { LookedUp } from '../../protocol/parley_pb.ts'
import type { Account } from '../accounts.ts'
import type { Conversations } from '../conversations/conversations.ts'
import type { People, Person } from '../people.ts'
import type { RegistrySession } from '../registry/session.ts'
import { Collector } from './collector.ts'
import { Courier, type CourierOptions } from './courier.ts'
import type { MailboxKeys } from './keys.ts'
import { publishMailboxKey } from './requests.ts'

export interface HubMailboxOptions extends Pick<CourierOptions, 'self' | 'isLinked' | 'isAway' | 'isHeld' | 'waits'> {
  readonly conversations: Pick<Conversations, 'mail' | 'watch'>
  readonly keys: MailboxKeys
  readonly people: Pick<People, 'get' | 'judge' | 'keep'>
  /** The own account as it is now. */
  readonly own: () => Pick<Account, 'user' | 'listed' | 'attested'>
  readonly session: () => RegistrySession | undefined
  readonly clock: Pick<HybridClock, 'physical'>
  readonly log: Log
}

/** A hub's side of the mailbox: its key is published, mail is fetched, and devices that are away are written to. */
export class HubMailbox {
  readonly #options: HubMailboxOptions
  readonly #courier: Courier
  readonly #collector: Collector
  readonly #timer: NodeJS.Timeout
  readonly #known = new Map<DeviceId, { readonly key: MailboxKey | undefined; readonly at: number }>()
  #session: RegistrySession | undefined
  #publishing: Promise<void> = Promise.resolve()

  constructor(options: HubMailboxOptions) {
    this.#options = options
    const { waits, conversations } = options
    const { mail } = conversations
    this.#courier = new Courier({
      ...options,
      mail,
      devicesOf: user => this.#devicesOf(user),
      keyOf: (user, device) => this.#keyOf(user, device),
    })
    this.#collector = new Collector({
      ...options,
      mail,
      retry: waits?.retry,
      personWith: (user, device) => this.#personWith(user, device),
    })
    // What has merely come is nothing to write to anybody about.
    conversations.watch(({ conversation, arrived }) => arrived.length === 0 && this.#courier.wrote(conversation))
    this.#timer = setInterval(() => this.#look(), limits.mailboxKeyCheck).unref()
  }

  /** To be called after each sign-in. */
  signedIn(): void {
    const session = this.#options.session()
    if (!session || this.#session === session) return
    this.#session = session
    session.onMail(() => this.#collector.collect())
    this.#known.clear()
    this.#publish()
    this.#collector.collect()
    this.#courier.signedIn()
  }

  /** Others of these are there, or away. */
  presence(users: ReadonlySet<UserId>): void {
    this.#courier.presence(users)
  }

  /** The link to a device of theirs has gone, or nothing may keep one from writing to them any more. */
  wants(user: UserId): void {
    this.#courier.wants(user)
  }

  /** The hub is about to stop: see {@link Courier.hurry}. */
  async hurry(): Promise<void> {
    await this.#courier.hurry()
  }

  async close(): Promise<void> {
    clearInterval(this.#timer)
    await Promise.all([this.#courier.close(), this.#collector.close(), this.#publishing])
  }

  #look(): void {
    if (!this.#options.session()) return
    this.#publish()
    this.#courier.wantsAll()
  }

  /** The registry may have lost the key that it was given, so it gets it with every sign-in. */
  #publish(): void {
    const { keys, session, log } = this.#options
    this.#publishing = this.#publishing.then(async () => {
      const registry = session()
      if (!registry) return
      try {
        await publishMailboxKey(registry, await keys.current())
      } catch (error) {
        const { code, message } = asParleyError(error)
        if (!registry.registry.link.signal.aborted) log.info({ code }, `The mailbox key was not published: ${message}`)
      }
    })
  }

  #devicesOf(user: UserId): Iterable<DeviceId> {
    const { own, people } = this.#options
    const { user: self, listed, attested } = own()
    if (user !== self) return people.get(user)?.keys.keys() ?? []
    return listed.devices.map(({ id }) => id).filter(device => !attested.denied.has(device))
  }

  async #personWith(user: UserId, device: DeviceId): Promise<Person> {
    const known = this.#options.people.get(user)
    if (known?.keys.has(device)) return known
    const found = await this.#lookUp(user)
    return found.person
  }

  /** A key is good for a while, and so is the word that there is none: not every message asks for it. */
  async #keyOf(user: UserId, device: DeviceId): Promise<MailboxKey | undefined> {
    const now = this.#options.clock.physical()
    const known = this.#known.get(device)
    if (known && performance.now() - known.at < limits.mailboxKeyFresh && (!known.key || isInUse(known.key, now)))
      return known.key
    const { person, found } = await this.#lookUp(user)
    this.#known.delete(device)
    for (const [id, deviceKey] of person.keys) {
      this.#known.delete(id)
      this.#known.set(id, { key: this.#read(found, id, deviceKey), at: performance.now() })
    }
    this.#forgetOld()
    return this.#known.get(device)?.key
  }

  /** The oldest come first. */
  #forgetOld(): void {
    const oldest = performance.now() - limits.mailboxKeyFresh
    for (const [device, { at }] of this.#known) {
      if (at >= oldest && this.#known.size <= limits.mailboxKeysKnown) return
      this.#known.delete(device)
    }
  }

  #read({ devices }: LookedUp, device: DeviceId, deviceKey: Uint8Array): MailboxKey | undefined {
    const signed = devices.find(
      one => one.device.length === deviceIdSize && deviceId(one.device) === device,
    )?.mailboxKey
    if (!signed) return undefined
    try {
      const key = readMailboxKey(signed, { device, deviceKey })
      return isInUse(key, this.#options.clock.physical()) ? key : undefined
    } catch (error) {
      const { code, message } = asParleyError(error)
      this.#options.log.warn({ code, device }, `The registry told a mailbox key that does not hold: ${message}`)
      return undefined
    }
  }

  async #lookUp(user: UserId): Promise<{ person: Person; found: LookedUp }> {
    const { people, session } = this.#options
    const registry = session()
    if (!registry) throw new ParleyError('unreachable', 'The team cannot be reached.')
    const found = await registry.lookUp({ user })
    const person = people.judge(found.attestation, found.roster, { registry: {} })
    if (person.user !== user) throw new ParleyError('forged', 'The registry answered with another person.')
    return { person: await people.keep(person), found }
  }
}

const deviceIdSize = 32
