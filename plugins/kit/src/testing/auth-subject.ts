import assert from 'node:assert/strict'
import { setTimeout as pause } from 'node:timers/promises'
import { inspect } from 'node:util'
import type { Auth, Exchange, Verdict } from '../auth.ts'
import { type FakeAnswer, type FakeExchange, fakeExchange } from './fakes.ts'

/** A mechanism that is set up, somebody whom it knows or who can enrol, and what they answer. */
export interface AuthSubject {
  readonly auth: Auth
  /** A name that comes in by `right`; one whom nobody knows is made of it. */
  readonly name: string
  /** What proves that person, and what does not: strings that must never be logged or told. */
  readonly right: string
  readonly wrong: string
  /**
   * How a client that was given `secret` speaks: its first bytes, and what it says to each challenge. Without it every
   * prompt is answered with the secret.
   */
  client?(secret: string, about: Pick<Exchange, 'name' | 'purpose' | 'binding'>): AuthClient | Promise<AuthClient>
  /** Everything that the plugin has logged. */
  logged?(): string
  /** Takes away what the mechanism asks, as when its server dies; and brings it back. Absent where it asks nobody. */
  away?(): void | Promise<void>
  back?(): void | Promise<void>
  close?(): void | Promise<void>
}

/** The client of one exchange. */
export interface AuthClient {
  readonly first?: Uint8Array
  answer(challenge: Uint8Array, index: number): Uint8Array | string | Promise<Uint8Array | string>
}

export type OpenAuth = () => AuthSubject | Promise<AuthSubject>

/** How an exchange went. */
export interface Run {
  /** Undefined: it threw, which a registry takes for a denial. */
  readonly verdict: Verdict | undefined
  readonly error: unknown
  readonly exchange: FakeExchange
}

/** More than any mechanism asks: a registry and its clients let go sooner or later. */
const mostChallenges = 16

/** ms in which a mechanism ends once nobody waits for it, and in which it decides while its backend is there. */
export const soon = 2_000
/** ms in which it says that its backend is away: a registry waits 10 s for each turn. */
export const atLast = 9_500

export async function withAuth(open: OpenAuth, test: (subject: AuthSubject) => Promise<void>): Promise<void> {
  const subject = await open()
  try {
    await test(subject)
  } finally {
    await subject.close?.()
  }
}

/** One exchange of somebody who was given `secret`. */
export async function run(
  subject: AuthSubject,
  secret: string,
  changes: Partial<Pick<Exchange, 'name' | 'purpose' | 'credential' | 'binding'>> & {
    readonly how?: 'enrol' | 'signIn'
    /** ms before each answer. */
    readonly slowly?: number
    /** What the client was told its connection is, where somebody in between has another one. */
    readonly told?: Uint8Array
    /** ms until it must be over. */
    readonly limit?: number
  } = {},
): Promise<Run> {
  const { how = 'signIn', slowly = 0, told, limit = soon, ...about } = changes
  const { name = subject.name, purpose = 'sign-in', binding = fakeExchange().binding } = about
  const client = await (subject.client ?? answering)(secret, { name, purpose, binding: told ?? binding })
  let index = 0
  const answer = async (challenge: Uint8Array) => {
    if (slowly > 0) await pause(slowly)
    const said = await client.answer(challenge, index++)
    return typeof said === 'string' ? new TextEncoder().encode(said) : said
  }
  const first = client.first ?? new Uint8Array(0)
  return judge(
    subject,
    how,
    Array<FakeAnswer>(mostChallenges).fill(answer),
    { ...about, name, purpose, binding, first },
    limit,
  )
}

/** One exchange with these answers. */
export async function judge(
  { auth }: AuthSubject,
  how: 'enrol' | 'signIn',
  answers: readonly FakeAnswer[],
  about: Partial<Omit<Exchange, 'challenge' | 'signal'>>,
  limit = soon,
): Promise<Run> {
  const exchange = fakeExchange(answers, about)
  const method = auth[how]
  assert.ok(method, `there is no ${how}`)
  const run = method.call(auth, exchange)
  return settled(run, exchange, limit)
}

/** What becomes of a run, which must end in time. */
export async function settled(run: Promise<Verdict>, exchange: FakeExchange, limit = soon): Promise<Run> {
  const over = new AbortController()
  const late = pause(limit, 'late' as const, { signal: over.signal }).catch(() => 'late' as const)
  try {
    const verdict = await Promise.race([run, late])
    if (verdict === 'late') assert.fail(`It did not end within ${limit} ms.`)
    return { verdict, error: undefined, exchange }
  } catch (error) {
    if (error instanceof assert.AssertionError) throw error
    return { verdict: undefined, error, exchange }
  } finally {
    over.abort()
  }
}

/** What a registry would have kept of the person by now; undefined where the mechanism keeps nothing. */
export async function credentialOf(subject: AuthSubject, secret = subject.right): Promise<Uint8Array | undefined> {
  if (!subject.auth.enrol) return undefined
  const { verdict, error } = await run(subject, secret, { how: 'enrol', purpose: 'sign-up' })
  assert.equal(verdict?.is, 'allow', `the enrolment failed: ${inspect(error ?? verdict)}`)
  return verdict?.is === 'allow' ? verdict.credential : undefined
}

/** A sign-in of somebody with what the registry has kept of them. */
export function signIn(
  subject: AuthSubject,
  secret: string,
  credential: Uint8Array | undefined,
  changes: Parameters<typeof run>[2] = {},
): Promise<Run> {
  return run(subject, secret, { ...changes, ...(credential && { credential: new Uint8Array(credential) }) })
}

export function allows({ verdict, error }: Run, why?: string): void {
  assert.equal(verdict?.is, 'allow', why ?? `it gave ${inspect(error ?? verdict)}`)
}

/** Anything but a yes; a throw means no. */
export function refuses({ verdict }: Run, why?: string): void {
  assert.notEqual(verdict?.is, 'allow', why)
}

export function denies({ verdict, error }: Run, why?: string): void {
  assert.equal(verdict?.is, 'deny', why ?? `it gave ${inspect(error ?? verdict)}`)
}

function answering(secret: string): AuthClient {
  return { answer: () => secret }
}
