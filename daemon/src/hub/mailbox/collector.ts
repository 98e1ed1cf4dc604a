import type { Log } from '@parley/kit'
import { asParleyError, ParleyError } from '../../errors.ts'
import { limits } from '../../limits.ts'
import { readHeader } from '../../protocol/entries.ts'
import { conversationId, type DeviceId, deviceId, type UserId, userId } from '../../protocol/ids.ts'
import { openMail, readEnvelope } from '../../protocol/mailbox.ts'
import { isMembershipKind } from '../../protocol/membership-bodies.ts'
import type { Entries, MailItem } from '../../protocol/parley_pb.ts'
import { Backoff } from '../backoff.ts'
import type { Mail } from '../conversations/mail.ts'
import { Pause } from '../pause.ts'
import type { Person } from '../people.ts'
import type { RegistrySession } from '../registry/session.ts'
import type { MailboxKeys } from './keys.ts'
import { collectMail, takenMail } from './requests.ts'

export interface CollectorOptions {
  readonly mail: Pick<Mail, 'take'>
  readonly keys: Pick<MailboxKeys, 'pair' | 'prune'>
  /** This device. */
  readonly self: DeviceId
  /** The registry, while signed in there. */
  readonly session: () => RegistrySession | undefined
  /** Somebody as known here, looked up when they are not, or not with that device. @throws ParleyError `unknown-user`, … */
  readonly personWith: (user: UserId, device: DeviceId) => Promise<Person>
  /** Whether nothing may be heard from somebody. */
  readonly isHeld: (user: UserId) => boolean
  readonly log: Log
  readonly retry?: ConstructorParameters<typeof Backoff>[0] | undefined
}

/** What becomes of an item: it was committed here, or can never be; or it is tried again later. */
type Fate = 'done' | 'later'

/** `endless`: there is more than there can be. */
type Outcome = 'all' | 'later' | 'endless'

/**
 * Fetches what waits for this device at the registry, opens it and hands it to the conversations. The registry hears that it
 * may forget an item only once that is committed here, or when it can never be opened.
 */
export class Collector {
  readonly #options: CollectorOptions
  readonly #closing = new AbortController()
  readonly #pause = new Pause()
  readonly #backoff: Backoff
  #running: Promise<void> | undefined
  #isAskedAgain = false
  /** How often the item at the head has failed in a way that nobody foresaw. */
  #surprises = 0

  constructor(options: CollectorOptions) {
    this.#options = options
    this.#backoff = new Backoff(options.retry ?? limits.mailRetry)
  }

  /** Something may wait: fetches it, now or as soon as what goes on has ended. */
  collect(): void {
    this.#isAskedAgain = true
    this.#pause.wake()
    this.#running ??= this.#run().finally(() => {
      this.#running = undefined
    })
  }

  async close(): Promise<void> {
    this.#closing.abort(new ParleyError('closed', 'The hub is stopping.'))
    await this.#running
  }

  async #run(): Promise<void> {
    const { signal } = this.#closing
    while (this.#isAskedAgain && !signal.aborted) {
      this.#isAskedAgain = false
      this.#pause.reset()
      const session = this.#options.session()
      // The next sign-in asks again.
      if (!session) return
      const outcome = await this.#empty(session)
      if (outcome === 'all') {
        this.#backoff.reset()
        continue
      }
      this.#isAskedAgain = true
      // A registry that hands out without end does not say when it is asked again.
      const pause = outcome === 'endless' ? new Pause() : this.#pause
      await pause.sleep(this.#backoff.next(), signal)
    }
  }

  /** Takes what waits, as much as a mailbox holds. */
  async #empty(session: RegistrySession): Promise<Outcome> {
    const { keys, log } = this.#options
    const signal = AbortSignal.any([this.#closing.signal, session.registry.link.signal])
    try {
      for (let taken = 0; taken < limits.mailItemsPerDevice; ) {
        const page = await collectMail(session, signal)
        const items = page.items.slice(0, limits.mailTaken)
        taken += items.length
        const done: Uint8Array[] = []
        let fate: Fate = 'done'
        for (const item of items) {
          if (fate === 'done') fate = await this.#takeItem(item)
          if (fate === 'done') done.push(item.id)
        }
        if (done.length > 0) await takenMail(session, done, signal)
        if (fate === 'later') return 'later'
        // A registry that says more and gives nothing would be asked for ever.
        if (!page.more || items.length === 0) {
          await keys.prune()
          return 'all'
        }
      }
      log.warn({}, 'The registry gives more mail than a mailbox holds. It is asked again later.')
      return 'endless'
    } catch (error) {
      const { code, message } = asParleyError(error)
      if (signal.aborted || code === 'unsupported') return 'all'
      log.info({ code }, `Mail could not be collected: ${message}`)
      return 'later'
    }
  }

  async #takeItem(item: MailItem): Promise<Fate> {
    const { log } = this.#options
    try {
      await this.#open(item)
      this.#surprises = 0
      return 'done'
    } catch (error) {
      const { code, message } = asParleyError(error)
      this.#surprises = code === 'internal' ? this.#surprises + 1 : 0
      // One that fails for ever must not keep all behind it waiting.
      if (passing.includes(code) && this.#surprises < limits.mailTries) {
        log.info({ code }, `Mail waits to be taken: ${message}`)
        return 'later'
      }
      log.warn({ code, from: idOf(item.user) }, `Mail was dropped: ${message}`)
      return 'done'
    }
  }

  async #open({ user: userBytes, device: deviceBytes, sealed }: MailItem): Promise<void> {
    const { mail, keys, self, personWith, isHeld } = this.#options
    const from = { user: userId(userBytes), device: deviceId(deviceBytes) }
    const envelope = readEnvelope(sealed)
    const pair = keys.pair(envelope.keyId)
    if (!pair) throw new ParleyError('wrong-key', 'It was sealed to a key that this device has not got any more.')
    // What matters of it comes over a link, once one has decided.
    if (isHeld(from.user)) throw new ParleyError('blocked', 'It is from somebody to whom nothing may pass.')
    const entries = await openMail(envelope, { from: from.device, device: self, keys: pair })
    const person = await personWith(from.user, from.device)
    if (!person.keys.has(from.device)) throw new ParleyError('stranger', `It is not from a device of ${person.name}.`)
    if (isHeld(from.user)) throw new ParleyError('blocked', 'It is from somebody to whom nothing may pass.')
    refuseOthers(entries, from.device)
    const { name, displayName } = person
    await mail.take({ ...from, name, displayName }, conversationId(entries.conversation), entries.entries)
  }
}

/** What may be otherwise in a while; all else stays as it is. */
const passing: readonly string[] = ['storage', 'closed', 'unreachable', 'timeout', 'busy', 'throttled', 'internal']

/** Only the author deposits. Membership entries come from whoever has them: each is signed and stands for itself. */
function refuseOthers({ entries }: Entries, device: DeviceId): void {
  for (const entry of entries) {
    const { header } = readHeader(entry)
    if (!isMembershipKind(header.kind) && header.device !== device)
      throw new ParleyError('forged', 'Mail brought a message that another device has written.')
  }
}

function idOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex').slice(0, 64)
}
