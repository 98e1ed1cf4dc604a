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
import { Gate } from '../gate.ts'
import type { People } from '../people.ts'
import { expectReply } from '../registry/open.ts'
import type { RegistrySession } from '../registry/session.ts'

export interface StatementsOptions {
  readonly people: Pick<People, 'get' | 'judge' | 'judgeWhenever' | 'keep'>
  /** Links to devices of other people, those that have been up longest first. */
  readonly links: () => readonly Pick<Link, 'request'>[]
  /** The registry, while signed in there. */
  readonly session: () => Pick<RegistrySession, 'lookUp'> | undefined
  /** Whether both belong to a room here, or did: who shares none learns nothing. */
  readonly shareRoom: (asker: UserId, about: UserId) => boolean
  /** Monotonic, ms. */
  readonly now?: () => number
  readonly log: Log
}

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

  /** Looks for those of these people who are not known. Resolves when it has done what it could. */
  async meet(users: readonly UserId[]): Promise<void> {
    const wanted = users.filter(user => this.#isWanted(user))
    if (wanted.length === 0) return
    for (const link of this.#options.links().slice(0, limits.statementsAskedOf)) {
      const left = this.#unknown(wanted)
      if (left.length === 0) return
      await this.#askPeer(link, left)
    }
    await Promise.all(this.#unknown(wanted).map(user => this.#lookUp(user)))
    const now = this.#now
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
      const person = shareRoom(asker, user) ? people.get(user) : undefined
      return person ? [create(PersonStatementsSchema, { attestation: person.attestation, roster: person.roster })] : []
    })
    return create(StatementsSchema, { people: found })
  }

  close(): void {
    this.#closing.abort(new ParleyError('closed', 'The hub is stopping.'))
  }

  get #now(): number {
    return (this.#options.now ?? (() => performance.now()))()
  }

  #isWanted(user: UserId): boolean {
    if (this.#options.people.get(user)) return false
    const missed = this.#missed.get(user)
    if (missed !== undefined && this.#now - missed < limits.statementsAgain) return false
    this.#missed.delete(user)
    return true
  }

  #unknown(users: readonly UserId[]): UserId[] {
    return users.filter(user => !this.#options.people.get(user))
  }

  async #askPeer(link: Pick<Link, 'request'>, users: readonly UserId[]): Promise<void> {
    const wanted = new Set(users)
    for (let from = 0; from < users.length; from += limits.statementsAsked) {
      const some = users.slice(from, from + limits.statementsAsked)
      const value = create(AskStatementsSchema, { users: some.map(fromText) })
      const options = { timeout: limits.statementsWait, signal: this.#closing.signal }
      try {
        const reply = expectReply(await link.request({ case: 'askStatements', value }, options), 'statements')
        for (const each of reply.people) await this.#keep(each, wanted)
      } catch (error) {
        this.#failed(error)
        return
      }
    }
  }

  /** What a peer says is taken only as far as the registry has signed it. */
  async #keep({ attestation, roster }: StatementsReply['people'][number], wanted: ReadonlySet<UserId>): Promise<void> {
    const { people } = this.#options
    const person = people.judgeWhenever(attestation, roster)
    if (wanted.has(person.user) && !people.get(person.user)) await people.keep(person)
  }

  async #lookUp(user: UserId): Promise<void> {
    const { people, session } = this.#options
    const registry = session()
    if (!registry) return
    const { signal } = this.#closing
    try {
      const found = await this.#gate.run(() => registry.lookUp({ user }, signal), signal)
      const person = people.judge(found.attestation, found.roster, [])
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
