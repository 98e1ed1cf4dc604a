import { create } from '@bufbuild/protobuf'
import type { Log } from '@parley/kit'
import { asParleyError, ParleyError } from '../../errors.ts'
import { limits } from '../../limits.ts'
import type { Link } from '../../net/link.ts'
import { fromText, type UserId, userId } from '../../protocol/ids.ts'
import {
  type AskStatements,
  AskStatementsSchema,
  PersonStatementsSchema,
  type Statements as StatementsReply,
  StatementsSchema,
} from '../../protocol/parley_pb.ts'
import type { Attestation } from '../../protocol/statements.ts'
import { Gate } from '../gate.ts'
import type { People, Person } from '../people.ts'
import { expectReply } from '../registry/open.ts'
import type { RegistrySession } from '../registry/session.ts'

export interface StatementsOptions {
  readonly people: Pick<People, 'get' | 'read' | 'judge' | 'judgeWhenever' | 'keep' | 'past'>
  /** Oneself, as the registry has attested it last. */
  readonly self: () => Present & { readonly user: UserId }
  /** Links to devices of other people, those that have been up longest first. */
  readonly links: () => readonly Pick<Link, 'request'>[]
  /** The registry, while signed in there. */
  readonly session: () => Pick<RegistrySession, 'lookUp'> | undefined
  /** Whether both belong to a room here, or did: who shares none learns only of themselves. */
  readonly shareRoom: (asker: UserId, about: UserId) => boolean
  /** Devices are known now whose entries were refused before. */
  readonly learnt: (user: UserId) => void
  /** Monotonic, ms. */
  readonly now?: () => number
  readonly log: Log
}

/** The number of somebody's present account key, and the devices that the registry denies them. */
type Present = Pick<Attestation, 'generation' | 'denied'>

/**
 * Who wrote something in a room is shown by statements of people whom this hub may never have met: it asks those it is
 * linked to, who belong to the same rooms, then the registry. What one signed once stays theirs: attestations that have
 * expired are taken, too.
 */
export class Statements {
  readonly #options: StatementsOptions
  readonly #gate = new Gate(limits.lookUpsAtOnce)
  readonly #closing = new AbortController()
  /** When somebody was last looked for, and not found. */
  readonly #missed = new Map<UserId, number>()

  constructor(options: StatementsOptions) {
    this.#options = options
  }

  /**
   * Looks for those of these people who are not known, or of whose earlier account keys something is missing. Resolves when
   * it has done what it could.
   */
  async meet(users: readonly UserId[]): Promise<void> {
    const wanted = users.filter(user => this.#isWanted(user))
    if (wanted.length === 0) return
    for (const link of this.#options.links().slice(0, limits.statementsAskedOf)) {
      const left = this.#unknown(wanted)
      if (left.length === 0) return
      await this.#askPeer(link, left)
    }
    const strangers = this.#unknown(wanted).filter(user => this.#presentOf(user) === undefined)
    await Promise.all(strangers.map(user => this.#lookUp(user)))
    const now = this.#now
    for (const [user, at] of this.#missed) if (now - at >= limits.statementsAgain) this.#missed.delete(user)
    for (const user of this.#unknown(wanted)) this.#missed.set(user, now)
  }

  /** What somebody linked may know of those they ask about. @throws ParleyError `bad-frame` */
  answer(asker: UserId, { users }: AskStatements): StatementsReply {
    if (users.length > limits.statementsAsked) {
      throw new ParleyError('bad-frame', `At most ${limits.statementsAsked} people are asked about at once.`)
    }
    const { people, shareRoom } = this.#options
    const found = users.flatMap(bytes => {
      const user = userId(bytes)
      const { self } = this.#options
      const mayKnow = asker === user || asker === self().user || shareRoom(asker, user)
      if (!mayKnow) return []
      const person = people.get(user)
      return [...people.past.of(user), ...(person ? [person] : [])].map(({ attestation, roster }) =>
        create(PersonStatementsSchema, { attestation, roster }),
      )
    })
    return create(StatementsSchema, { people: found.slice(0, limits.statementsAnswered) })
  }

  close(): void {
    this.#closing.abort(new ParleyError('closed', 'The hub is stopping.'))
  }

  get #now(): number {
    return (this.#options.now ?? (() => performance.now()))()
  }

  #isWanted(user: UserId): boolean {
    if (this.#isKnown(user)) return false
    const missed = this.#missed.get(user)
    if (missed !== undefined && this.#now - missed < limits.statementsAgain) return false
    this.#missed.delete(user)
    return true
  }

  #unknown(users: readonly UserId[]): UserId[] {
    return users.filter(user => !this.#isKnown(user))
  }

  /** What the registry has attested of somebody last; undefined: they are not known. */
  #presentOf(user: UserId): Present | undefined {
    const self = this.#options.self()
    return user === self.user ? self : this.#options.people.get(user)?.attested
  }

  /** Whether somebody is known, under all account keys that they have had. */
  #isKnown(user: UserId): boolean {
    const present = this.#presentOf(user)
    return present !== undefined && this.#options.people.past.isWhole(user, present.generation)
  }

  async #askPeer(link: Pick<Link, 'request'>, users: readonly UserId[]): Promise<void> {
    const wanted = new Set(users)
    for (let from = 0; from < users.length; from += limits.statementsAsked) {
      const some = users.slice(from, from + limits.statementsAsked)
      const value = create(AskStatementsSchema, { users: some.map(fromText) })
      const options = { timeout: limits.statementsWait, signal: this.#closing.signal }
      try {
        const reply = expectReply(await link.request({ case: 'askStatements', value }, options), 'statements')
        // The present key first: it says which are earlier ones.
        const told = reply.people.slice(0, limits.statementsAnswered).toReversed()
        for (const each of told) await this.#keep(each, wanted).catch(error => this.#failed(error))
      } catch (error) {
        this.#failed(error)
        return
      }
    }
  }

  /** What a peer says is taken only as far as the registry has signed it. */
  async #keep({ attestation, roster }: StatementsReply['people'][number], wanted: ReadonlySet<UserId>): Promise<void> {
    const { people, learnt } = this.#options
    const told = people.read(attestation, roster)
    const { user } = told
    if (!wanted.has(user)) return
    const present = this.#presentOf(user)
    if (present === undefined) await people.keep(people.judgeWhenever(attestation, roster))
    else if (isPast(told, present) && (await people.past.take(told))) learnt(user)
  }

  async #lookUp(user: UserId): Promise<void> {
    const { people, session } = this.#options
    const registry = session()
    if (!registry) return
    const { signal } = this.#closing
    try {
      const found = await this.#gate.run(() => registry.lookUp({ user }, signal), signal)
      const person = people.judge(found.attestation, found.roster, { registry: { devices: [] } })
      if (person.user === user) await people.keep(person)
    } catch (error) {
      this.#failed(error)
    }
  }

  #failed(error: unknown): void {
    const { code, message } = asParleyError(error)
    this.#options.log.debug({ code }, `The statements of people in a room did not come: ${message}`)
  }
}

/**
 * Whether somebody was so under an earlier account key. Whoever has stolen that key could sign further devices, but the
 * registry has denied those that there were when it was given up, and no others.
 */
function isPast({ attested, keys }: Person, { generation, denied }: Present): boolean {
  return attested.generation < generation && [...keys.keys()].every(device => denied.has(device))
}
