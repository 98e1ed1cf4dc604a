import { setImmediate as nextTurn } from 'node:timers/promises'
import { create } from '@bufbuild/protobuf'
import type { Log } from '@parley/kit'
import { asParleyError } from '../errors.ts'
import { limits } from '../limits.ts'
import type { Link } from '../net/link.ts'
import { fromText, type UserId } from '../protocol/ids.ts'
import { type Event, OwnChangedSchema, PeopleChangedSchema } from '../protocol/parley_pb.ts'
import type { Accounts } from './accounts.ts'
import type { Attestations } from './attestations.ts'
import type { Sessions } from './sessions.ts'

interface ChangesOptions {
  readonly sessions: Pick<Sessions, 'all' | 'allOf'>
  readonly accounts: Pick<Accounts, 'byUser'>
  readonly attestations: Pick<Attestations, 'current'>
  readonly log: Log
  /** ms in which changes gather. */
  readonly flush?: number
}

/**
 * Tells whoever is signed in whose statements have changed, and everybody's own devices how their account stands. Many
 * changes become one event, a large team is told in turns, and what waits for somebody who does not read is only ever
 * who has changed: past a ceiling that one is cut, and looks everybody up again when back.
 */
export class Changes {
  readonly #options: ChangesOptions
  readonly #people = new Set<UserId>()
  /** Whose own devices are being told, and whether once more. */
  readonly #own = new Map<UserId, 'telling' | 'again'>()
  readonly #readers = new WeakMap<Link, Reader>()
  #timer: NodeJS.Timeout | undefined
  #isTelling = false
  #isClosed = false

  constructor(options: ChangesOptions) {
    this.#options = options
  }

  /** The statements of somebody have changed: everybody is told, a moment later. */
  person(user: UserId): void {
    this.#people.add(user)
    this.#schedule()
  }

  /** An account, or its devices, have changed: its own devices are told. */
  own(user: UserId): void {
    const isTelling = this.#own.has(user)
    this.#own.set(user, isTelling ? 'again' : 'telling')
    if (!isTelling) void this.#tellOwn(user)
  }

  close(): void {
    this.#isClosed = true
    clearTimeout(this.#timer)
  }

  #schedule(): void {
    if (this.#isTelling || this.#isClosed) return
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined
      void this.#tellAll()
    }, this.#options.flush ?? limits.peopleChangedFlush)
  }

  async #tellAll(): Promise<void> {
    this.#isTelling = true
    const users = [...this.#people]
    this.#people.clear()
    let inTurn = 0
    for (const { link, isPending } of [...this.#options.sessions.all()]) {
      if (!isPending) this.#tell(link, users)
      if (++inTurn % limits.toldPerTurn === 0) await nextTurn()
    }
    this.#isTelling = false
    if (this.#people.size > 0) this.#schedule()
  }

  #tell(link: Link, users: readonly UserId[]): void {
    const reader = this.#readerOf(link)
    for (const user of users) reader.waiting.add(user)
    if (reader.waiting.size > limits.changedWaiting) {
      reader.waiting.clear()
      link.close('busy', 'This connection did not take what was sent to it.')
    }
    if (!reader.isSending) void this.#send(link, reader)
  }

  async #send(link: Link, reader: Reader): Promise<void> {
    reader.isSending = true
    try {
      while (reader.waiting.size > 0) {
        const users = [...reader.waiting].slice(0, limits.changedPerEvent)
        for (const user of users) reader.waiting.delete(user)
        await link.send({
          case: 'peopleChanged',
          value: create(PeopleChangedSchema, { users: users.map(fromText) }),
        })
      }
    } catch {
      // The link has closed. Who comes back looks up anew.
      reader.waiting.clear()
    } finally {
      reader.isSending = false
    }
  }

  async #tellOwn(user: UserId): Promise<void> {
    try {
      do {
        this.#own.set(user, 'telling')
        await this.#tellOwnOnce(user)
      } while (this.#own.get(user) === 'again' && !this.#isClosed)
    } catch (error) {
      const { code, message } = asParleyError(error)
      this.#options.log.warn({ code, user }, `The devices of an account could not be told of a change: ${message}`)
    } finally {
      this.#own.delete(user)
    }
  }

  async #tellOwnOnce(user: UserId): Promise<void> {
    const { accounts, attestations, sessions } = this.#options
    const enrolled = await accounts.byUser(user)
    if (!enrolled) return
    const { account, roster } = enrolled
    const attestation = attestations.current(account)
    const value = create(OwnChangedSchema, { attestation, roster, role: account.role })
    for (const { link } of sessions.allOf(user)) this.#tellDevice(link, { case: 'ownChanged', value })
  }

  /** One that has not taken the last one yet is cut: it hears how things stand when it is back. */
  #tellDevice(link: Link, event: Event['is']): void {
    const reader = this.#readerOf(link)
    if (reader.owesOwn) {
      link.close('busy', 'This connection did not take what was sent to it.')
      return
    }
    reader.owesOwn = true
    const taken = () => {
      reader.owesOwn = false
    }
    link.send(event).then(taken, taken)
  }

  #readerOf(link: Link): Reader {
    const known = this.#readers.get(link)
    if (known) return known
    const reader: Reader = { waiting: new Set(), isSending: false, owesOwn: false }
    this.#readers.set(link, reader)
    return reader
  }
}

/** What waits for one link. */
interface Reader {
  readonly waiting: Set<UserId>
  isSending: boolean
  /** The last word about its own account is on its way. */
  owesOwn: boolean
}
