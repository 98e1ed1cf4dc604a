import { create } from '@bufbuild/protobuf'
import { ParleyError } from '../errors.ts'
import { limits } from '../limits.ts'
import type { Closed, Link } from '../net/link.ts'
import { deviceId, fromText } from '../protocol/ids.ts'
import { type RegistryHello, RegistryWelcomeSchema, type Reply, type Request } from '../protocol/parley_pb.ts'
import { type Answers, answerFrom, done } from './answers/answers.ts'
import { signedIn } from './answers/devices.ts'
import { stepReply } from './answers/passwords.ts'
import { readStatus } from './answers/standing.ts'
import type { Attestations } from './attestations.ts'
import type { Credentials } from './credentials.ts'
import type { Directory } from './directory.ts'
import { Entrance, type EntranceParts, type Outcome } from './entrance.ts'
import { Exchanges, type Step } from './exchanges.ts'
import type { Heartbeats } from './heartbeats.ts'
import type { RequestMeasures } from './measures.ts'
import type { Notices } from './notices.ts'
import type { OnlineList } from './online-list.ts'
import type { DeviceStatus } from './presence.ts'
import type { Session, Sessions } from './sessions.ts'
import type { Settings } from './settings.ts'

/** The versions of the registry's protocol that this program speaks. */
export const registryVersions: readonly number[] = [1]

/** What every link of a registry is served from. */
interface ServiceParts extends EntranceParts {
  readonly settings: Settings
  readonly requests: RequestMeasures
  readonly heartbeatPort: number
  readonly heartbeats: Heartbeats
  readonly notices: Notices
  readonly attestations: Attestations
  readonly directory: Directory
  readonly sessions: Sessions
  readonly onlineList: OnlineList
  readonly credentials: Credentials
  /** What members are answered. */
  readonly answers: Answers
  readonly now: () => number
  /** ms that a link may stay without a sign-in. */
  readonly unsigned?: number
}

/** Serves one link from its hello to its end. */
export function serveLink(link: Link, parts: ServiceParts): void {
  const service = new Service(link, parts)
  link.handle({ request: parts.requests.of(is => service.answer(is)) })
  void link.closed.then(why => service.closed(why))
}

class Service {
  readonly #link: Link
  readonly #parts: ServiceParts
  readonly #exchanges: Exchanges<Outcome>
  #entrance: Entrance | undefined
  #session: Session | undefined
  #unsigned: NodeJS.Timeout | undefined
  #isClosed = false
  /** What the device said of itself when it asked to come in. */
  #status: DeviceStatus = 'online'

  constructor(link: Link, parts: ServiceParts) {
    this.#link = link
    this.#parts = parts
    this.#exchanges = new Exchanges(link, parts)
  }

  async answer(is: Request['is']): Promise<Reply['is']> {
    if (is.case === 'registryHello') return this.#hello(is.value)
    if (!this.#entrance && !this.#session) throw new ParleyError('usage', 'A connection begins with hello.')
    switch (is.case) {
      case 'signUp':
        return this.#enter(entrance => entrance.signUp(is.value))
      case 'signIn':
        this.#status = readStatus(is.value.status) ?? 'online'
        return this.#enter(entrance => entrance.signIn(is.value))
      case 'resetPassword':
        return this.#enter(() => this.#parts.credentials.reset(is.value, this.#link, this.#exchanges))
      case 'continue':
        return this.#replyTo(await this.#exchanges.continue(is.value))
      default:
        return this.#answerSignedIn(is, this.#session)
    }
  }

  closed(why: Closed): void {
    this.#isClosed = true
    clearTimeout(this.#unsigned)
    this.#parts.onlineList.unwatch(this.#link)
    if (this.#session) this.#parts.sessions.dropped(this.#session, why)
    this.#session = undefined
  }

  #hello({ versions }: RegistryHello): Reply['is'] {
    const { settings, auths, signUps, heartbeatPort, notices, now } = this.#parts
    const version = Math.max(0, ...versions.filter(one => registryVersions.includes(one)))
    if (version === 0) {
      throw new ParleyError(
        'too-old',
        `This registry speaks version ${registryVersions.join(', ')}. Update Parley on one side.`,
      )
    }
    if (!this.#entrance && !this.#session) {
      this.#link.established()
      this.#awaitSignIn()
    }
    const value = create(RegistryWelcomeSchema, {
      version,
      time: BigInt(now()),
      team: settings.now.name,
      mechanisms: [...auths.keys()],
      signUp: signUps.policy,
      heartbeatPort,
      registry: fromText(notices.registry),
      notices: [...notices.chain.notices],
    })
    return { case: 'registryWelcome', value }
  }

  /** Opens the entrance; whoever does not come in for a while is sent away. */
  #awaitSignIn(): void {
    this.#entrance = new Entrance(this.#link, this.#exchanges, this.#parts)
    this.#unsigned = setTimeout(
      () => this.#link.close('timeout', 'Nobody signed in on this connection.'),
      this.#parts.unsigned ?? limits.unsigned,
    )
  }

  async #enter(take: (entrance: Entrance) => Promise<Step<Outcome>>): Promise<Reply['is']> {
    if (!this.#entrance) throw new ParleyError('usage', 'This connection is signed in already. Sign out first.')
    return this.#replyTo(await take(this.#entrance))
  }

  #replyTo(step: Step<Outcome>): Reply['is'] | Promise<Reply['is']> {
    if (step.is === 'over' && step.outcome.is === 'in') return this.#begin(step.outcome)
    return stepReply(step)
  }

  async #begin({ standing, hasShownPassword }: Extract<Outcome, { is: 'in' }>): Promise<Reply['is']> {
    const { attestations, devices, directory, heartbeats, sessions } = this.#parts
    const entrance = this.#entrance
    // No second sign-in meanwhile.
    this.#entrance = undefined
    let latest = standing
    try {
      // The device may have been approved or denied since it was read. What is begun is what holds in this very tick.
      for (let tries = 0; latest.revision !== sessions.revision; tries++) {
        if (tries === limits.rowTries) throw new ParleyError('busy', 'Too much changes at this moment. Sign in again.')
        latest = await devices.standing(this.#link.peerKey)
      }
    } catch (error) {
      this.#entrance = entrance
      throw error
    }
    if (this.#isClosed) throw new ParleyError('closed', 'The connection was closed during the sign-in.')
    const { account, roster, isPending } = latest
    this.#exchanges.drop()
    clearTimeout(this.#unsigned)
    this.#link.allowLargeFrames()
    const [device, link, status] = [deviceId(this.#link.peerId), this.#link, this.#status]
    this.#session = sessions.begin({ account, device, link, status, isPending, hasShownPassword })
    heartbeats.begin(this.#session)
    directory.add(account)
    return { case: 'signedIn', value: signedIn(this.#session, roster, attestations) }
  }

  #answerSignedIn(is: Request['is'], session: Session | undefined): Reply['is'] | Promise<Reply['is']> {
    if (!session) throw new ParleyError('signed-out', 'Sign in first: this registry answers only its members.')
    if (is.case === 'signOut') return this.#signOut(session)
    if (session.isPending && !(is.case && forPending.has(is.case))) throw pendingDevice()
    const answer = answerFrom(this.#parts.answers, is, { session, link: this.#link, exchanges: this.#exchanges })
    if (answer) return answer
    throw new ParleyError('unsupported', 'This registry does not know this request. It may need an update.')
  }

  /** The keys stay, the sign-in ends; the link may be used to sign in again. */
  async #signOut(session: Session): Promise<Reply['is']> {
    this.#exchanges.drop()
    await this.#parts.accounts.signedOut(session.device)
    this.#parts.onlineList.unwatch(this.#link)
    this.#parts.sessions.signOut(session)
    if (this.#session === session && !this.#isClosed) {
      this.#session = undefined
      this.#awaitSignIn()
    }
    return done()
  }
}

/**
 * What a device may ask that nobody has approved: of its own account, and nothing of others. It publishes no roster: whoever
 * has a stolen account key as well as the password could make devices of it that look like the owner's.
 */
const forPending: ReadonlySet<NonNullable<Request['is']['case']>> = new Set([
  'renew',
  'setStatus',
  'devices',
  'newAccountKey',
])

function pendingDevice(): ParleyError {
  return new ParleyError('second-device', 'This device waits to be approved on another one of yours.')
}
