import type { Log, Storage } from '@parley/kit'
import { ParleyError } from '../errors.ts'
import type { Dialer } from '../net/dial.ts'
import type { HybridClock } from '../protocol/clock.ts'
import type { ControlRequests, DirectInfo, PersonInfo, RequestInfo } from '../protocol/control.ts'
import { personOf } from '../protocol/conversation-infos.ts'
import { type DeviceId, noRegistry } from '../protocol/ids.ts'
import type { BackoffOptions } from './backoff.ts'
import { type Blocked, type BlockKey, type Blocks, readBlockKey } from './blocks.ts'
import type { KeptChats } from './chats/chats.ts'
import type { Circles } from './circles.ts'
import type { Guard } from './conversations/shared.ts'
import { Direct } from './direct/direct.ts'
import { DirectSelf } from './direct/self.ts'
import type { CircleFiles } from './files/files.ts'
import type { HubIdentity } from './identity.ts'
import type { HubNews } from './news.ts'
import { Requests } from './requests/requests.ts'
import type { Team } from './team.ts'
import type { TrustStore } from './trust-store.ts'

type Params<M extends keyof ControlRequests> = ControlRequests[M][0]
type Result<M extends keyof ControlRequests> = Promise<ControlRequests[M][1]>

export interface StrangersOptions {
  /** Looks at what others write before it is shown. */
  readonly guard?: Guard | undefined
  readonly storage: Storage
  readonly identity: HubIdentity
  readonly dialer: Dialer
  readonly clock: HybridClock
  readonly log: Log
  readonly blocks: Blocks
  readonly trusts: TrustStore
  readonly chats: KeptChats
  readonly circles: Circles
  readonly team: () => Team | undefined
  /** The account at a team, whose name strangers are told too. */
  readonly account: () => { readonly name: string; readonly displayName: string } | undefined
  readonly isBusy: () => boolean
  /** Where this hub takes links; 0: nowhere that others reach. */
  readonly port: () => number
  /** Files of messages. */
  readonly files: CircleFiles
  readonly tell: (news: HubNews) => void
  /** Delays between asking somebody again, in ms; default limits.askStranger. */
  readonly askAgain?: Partial<BackoffOptions> | undefined
}

/**
 * People whom no registry vouches for, and who of all people is not let in: each method is the request of the control API
 * of the same name.
 */
export class Strangers {
  readonly direct: Direct
  /** Those of classic clients too. */
  readonly waiting: Requests
  readonly #options: StrangersOptions
  readonly #self: DirectSelf

  private constructor(options: StrangersOptions, self: DirectSelf, waiting: Requests, direct: Direct) {
    this.#options = options
    this.#self = self
    this.waiting = waiting
    this.direct = direct
  }

  /** @throws ParleyError `home`, `damaged-data` */
  static async open(options: StrangersOptions): Promise<Strangers> {
    const { storage, identity, clock, blocks, team, tell } = options
    const now = () => clock.physical()
    const self = await DirectSelf.open({ storage, identity, account: options.account, now })
    const changed = () => tell({ requests: true })
    const requests = await Requests.open({ storage, now, blocks, changed })
    const listed = (people: readonly PersonInfo[]) => {
      const { online, total } = team()?.listedPeople.counts() ?? { online: 0, total: 0 }
      tell({ people: { people, gone: [], online, total } })
    }
    const direct = await Direct.open({ ...options, identity: identity.device, self, requests, listed })
    return new Strangers(options, self, requests, direct)
  }

  /** How one calls oneself towards people of no team. */
  get name(): string {
    return this.#self.name
  }

  /** What is done with chat requests. */
  get policy(): 'ask' | 'accept' {
    return this.#self.policy
  }

  async connect({ address, name }: Params<'connect'>): Result<'connect'> {
    if (name !== undefined) await this.#self.setName(name)
    const found = await this.direct.connect(address, device => this.#ofTeam(device))
    if (found.is === 'asked') return { state: 'asked' }
    return { state: 'open', conversation: found.is === 'known' ? found.who : found.conversation }
  }

  async requests(_params: Params<'requests'> = {}): Result<'requests'> {
    return { requests: this.list(), policy: this.policy }
  }

  /** Those that wait, as the snapshot has them. */
  list(): RequestInfo[] {
    return this.waiting.list()
  }

  async answerRequest({ id, answer }: Params<'answerRequest'>): Result<'answerRequest'> {
    return this.waiting.answer(id, answer)
  }

  async setRequestPolicy({ policy }: Params<'setRequestPolicy'>): Result<'setRequestPolicy'> {
    await this.#self.setPolicy(policy)
    return {}
  }

  async block({ with: who, blocked }: Params<'block'>): Result<'block'> {
    const { blocks, circles } = this.#options
    if (!blocked) {
      const found = this.#blockedNamed(who)
      const { circle, conversation } = found ? {} : await circles.find(who)
      const key = found ?? (conversation && circle?.blockKey(conversation))
      if (key) await blocks.unblock(key)
      return {}
    }
    if (this.waiting.get(who)) {
      await this.waiting.answer(who, 'block')
      return {}
    }
    const { circle, conversation } = await circles.find(who)
    const key = circle.blockKey(conversation)
    const person = personOf(circle.summary(conversation))
    if (!key || !person) throw new ParleyError('unknown-user', 'That chat is with nobody known here. Name the person.')
    await blocks.block(key, person.name)
    return {}
  }

  async blocked(_params: Params<'blocked'> = {}): Result<'blocked'> {
    return { people: this.#options.blocks.all().map(blocked => this.#person(blocked)) }
  }

  close(): Promise<void> {
    return this.direct.close()
  }

  #ofTeam(device: DeviceId): DirectInfo | undefined {
    const team = this.#options.team()
    const person = team?.people.ofDevice(device)
    return person && team?.summary(team.conversationOf(person.user))
  }

  /** Whoever is blocked and has that name, id or address, if it is one only. */
  #blockedNamed(text: string): BlockKey | undefined {
    const asked = text.trim().replace(/^@/, '').toLowerCase()
    const found = this.#options.blocks.all().filter(blocked => {
      const { user, name, address } = this.#person(blocked)
      return [user, name.toLowerCase(), address].includes(asked)
    })
    if (found.length <= 1) return found[0]?.key
    throw new ParleyError(
      'usage',
      `Several people called "${text}" are blocked. Give the id: parley blocked --json lists it.`,
    )
  }

  /** Somebody who is blocked, also one who was never let in. */
  #person({ key, name }: Blocked): PersonInfo {
    const of = readBlockKey(key)
    if ('classic' in of) {
      const known = personOf(this.#options.circles.summary(of.classic))
      const words = { user: of.classic, name, displayName: name, status: 'offline', since: 0, via: 'classic' } as const
      return { ...(known ?? words), isBlocked: true }
    }
    const { user } = of
    if (of.registry === noRegistry) return this.direct.person({ user, name, displayName: name })
    const person = this.#options.team()?.person({ user, name, displayName: name })
    return person ?? { user, name, displayName: name, status: 'offline', since: 0, isBlocked: true }
  }
}
