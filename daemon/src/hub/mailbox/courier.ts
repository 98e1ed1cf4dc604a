import { create } from '@bufbuild/protobuf'
import type { Log } from '@parley/kit'
import { asParleyError, ParleyError } from '../../errors.ts'
import { limits } from '../../limits.ts'
import { type ConversationId, type DeviceId, fromText, type UserId } from '../../protocol/ids.ts'
import { type MailboxKey, sealMail } from '../../protocol/mailbox.ts'
import { EntriesSchema } from '../../protocol/parley_pb.ts'
import { Backoff } from '../backoff.ts'
import type { Mail, MailLot } from '../conversations/mail.ts'
import { Gate } from '../gate.ts'
import type { RegistrySession } from '../registry/session.ts'
import { deposit } from './requests.ts'

export interface CourierOptions {
  readonly mail: Omit<Mail, 'take'>
  /** This device, which gets no mail. */
  readonly self: DeviceId
  /** The registry, while signed in there. */
  readonly session: () => RegistrySession | undefined
  /** Somebody's devices. */
  readonly devicesOf: (user: UserId) => Iterable<DeviceId>
  readonly isLinked: (device: DeviceId) => boolean
  /** Whether the registry says that somebody is not there: nobody dials them then. */
  readonly isAway: (user: UserId) => boolean
  /** Whether nothing may pass to somebody. */
  readonly isHeld: (user: UserId) => boolean
  /** The mailbox key of a device, as the registry tells it now; undefined: it has none. @throws ParleyError */
  readonly keyOf: (user: UserId, device: DeviceId) => Promise<MailboxKey | undefined>
  readonly log: Log
  /** Waits in ms that tests shorten. */
  readonly waits?:
    | { readonly patience?: number; readonly away?: number; readonly retry?: ConstructorParameters<typeof Backoff>[0] }
    | undefined
}

/** What is done for one device. */
interface Errand {
  readonly user: UserId
  readonly backoff: Backoff
  timer: NodeJS.Timeout | undefined
  /** Whether the timer waits for a link to come about. */
  isPatient: boolean
  running: Promise<void> | undefined
  /** Something more came while it was running. */
  isWantedAgain: boolean
}

/**
 * Writes by mail to devices that cannot be reached for a while, or whose people are known to be away: what they lack of one's own entries, sealed, one item after
 * the other. A message is `sent` once the registry has committed the item that holds it. An item that was left but not noted
 * here is left again under the same id, and is the same item.
 */
export class Courier {
  readonly #options: CourierOptions
  readonly #closing = new AbortController()
  readonly #errands = new Map<DeviceId, Errand>()
  readonly #gate = new Gate(limits.mailAtOnce)

  constructor(options: CourierOptions) {
    this.#options = options
  }

  /** Something may be lacking at that person's devices: whichever is still out of reach in a while is written to. */
  wants(user: UserId): void {
    this.#plan(user, 0)
  }

  /** Something was written in a conversation. */
  wrote(conversation: ConversationId): void {
    for (const user of this.#options.mail.readers(conversation)) this.#plan(user, 0, conversation)
  }

  /** Others of these are there, or away: whoever is away need not be waited for. */
  presence(users: ReadonlySet<UserId>): void {
    const waiting = [...this.#errands.values()].filter(({ isPatient, timer }) => isPatient && timer)
    for (const { user } of waiting) if (users.has(user) && this.#options.isAway(user)) this.#plan(user, 0)
  }

  /** The same for everybody, not all in one moment: after a sign-in, and once in a while. */
  wantsAll(): void {
    const { mail } = this.#options
    for (const conversation of mail.written())
      for (const user of mail.readers(conversation)) this.#plan(user, limits.mailSpread, conversation)
  }

  /** What waited for the mailbox, or for a registry that answers, is tried anew. */
  signedIn(): void {
    for (const [device, errand] of this.#errands) {
      clearTimeout(errand.timer)
      errand.timer = undefined
      if (!errand.running) this.#errands.delete(device)
    }
    this.wantsAll()
  }

  /**
   * The hub is about to stop: whoever waits to be written to is written to now. What the registry has not taken within `ms`
   * waits for the next start.
   */
  async hurry(ms: number = limits.mailFarewell): Promise<void> {
    if (!this.#options.session()) return
    for (const [device, errand] of this.#errands) {
      if (!errand.timer) continue
      clearTimeout(errand.timer)
      this.#start(device, errand)
    }
    const left = Promise.all([...this.#errands.values()].map(({ running }) => running))
    const late = Promise.withResolvers<void>()
    const timer = setTimeout(late.resolve, ms)
    await Promise.race([left, late.promise])
    clearTimeout(timer)
  }

  async close(): Promise<void> {
    this.#closing.abort(new ParleyError('closed', 'The hub is stopping.'))
    for (const { timer } of this.#errands.values()) clearTimeout(timer)
    await Promise.all([...this.#errands.values()].map(({ running }) => running))
  }

  #plan(user: UserId, spread: number, conversation?: ConversationId): void {
    if (this.#closing.signal.aborted || !this.#options.session()) return
    const {
      patience = limits.mailPatience,
      away = limits.mailAway,
      retry = limits.mailRetry,
    } = this.#options.waits ?? {}
    const isAway = this.#options.isAway(user)
    const wait = (isAway ? Math.min(away, patience) : patience) + Math.random() * spread
    for (const device of this.#options.devicesOf(user)) {
      if (!this.#isWanted(user, device, conversation)) continue
      const errand = this.#errands.get(device) ?? {
        user,
        backoff: new Backoff(retry),
        timer: undefined,
        isPatient: false,
        running: undefined,
        isWantedAgain: false,
      }
      this.#errands.set(device, errand)
      if (errand.running) errand.isWantedAgain = true
      else if (!errand.timer || (isAway && errand.isPatient)) {
        clearTimeout(errand.timer)
        errand.isPatient = !isAway
        this.#wait(device, errand, wait)
      }
    }
  }

  #isWanted(user: UserId, device: DeviceId, conversation?: ConversationId): boolean {
    const { self, isLinked, isHeld, mail } = this.#options
    return device !== self && !isLinked(device) && !isHeld(user) && mail.lacksMail(user, device, conversation)
  }

  #wait(device: DeviceId, errand: Errand, ms: number): void {
    errand.timer = setTimeout(() => this.#start(device, errand), ms).unref()
  }

  #start(device: DeviceId, errand: Errand): void {
    errand.timer = undefined
    errand.running = this.#go(device, errand).finally(() => {
      errand.running = undefined
      if (!errand.timer && !errand.isWantedAgain) this.#errands.delete(device)
      else if (!errand.timer) this.#plan(errand.user, 0)
    })
  }

  /** Leaves all that is to be left; what goes wrong is tried again later. */
  async #go(device: DeviceId, errand: Errand): Promise<void> {
    const { session, log } = this.#options
    const { signal } = this.#closing
    const { user } = errand
    const begun = session()
    try {
      await this.#gate.run(async () => {
        do {
          errand.isWantedAgain = false
          await this.#deliver(user, device)
        } while (errand.isWantedAgain && !signal.aborted)
      }, signal)
      errand.backoff.reset()
    } catch (error) {
      const { code, message, retryAfter } = asParleyError(error)
      if (signal.aborted || code === 'unsupported') return
      // Without a registry the next sign-in begins anew; after one, what the last has said means nothing.
      if (session() !== begun) {
        errand.isWantedAgain = true
        return
      }
      // Whoever counts no more is known to be gone soon, and is no errand then.
      log.info({ code, user, device }, `Mail could not be left: ${message}`)
      errand.isPatient = false
      this.#wait(device, errand, retryAfter ?? errand.backoff.next())
    }
  }

  async #deliver(user: UserId, device: DeviceId): Promise<void> {
    const { mail, self, session, keyOf } = this.#options
    for (let size: number = lotSize; this.#isWanted(user, device); ) {
      const registry = session()
      if (!registry) return
      // First of all: what is queued gets its place in the log only for a device that can be written to.
      const key = await keyOf(user, device)
      if (!key) return
      const lot = await mail.mailFor(user, device, size)
      if (!lot) return
      const item = await this.#seal(lot, { from: self, device, key })
      if (!item) {
        size /= 2
        if (size >= limits.mailSmallest) continue
        throw new ParleyError('bad-message', 'What is to be left for somebody does not fit into an item of mail.')
      }
      size = lotSize
      // Somebody may have decided meanwhile that nothing passes.
      if (!this.#isWanted(user, device)) return
      const signal = AbortSignal.any([this.#closing.signal, registry.registry.link.signal])
      await deposit(registry, { user, device, ...item }, signal)
      await mail.posted(lot.conversation, device, lot.upTo)
    }
  }

  /** Undefined: it is too large for one item. */
  async #seal(
    { conversation, entries }: MailLot,
    to: Parameters<typeof sealMail>[1],
  ): Promise<Awaited<ReturnType<typeof sealMail>> | undefined> {
    const content = create(EntriesSchema, { conversation: fromText(conversation), entries: [...entries] })
    try {
      return await sealMail(content, to)
    } catch (error) {
      if (error instanceof ParleyError && error.code === 'bad-message') return undefined
      throw error
    }
  }
}

/** Bytes of entries that are asked for at a time: what is around them fits into an item, too. */
const lotSize = limits.mailEntries - 2 * 1024
