import assert from 'node:assert/strict'
import { inspect } from 'node:util'
import { readPrompt } from '../prompt.ts'
import {
  type AuthSubject,
  allows,
  atLast,
  credentialOf,
  denies,
  judge,
  type OpenAuth,
  refuses,
  run,
  settled,
  signIn,
  withAuth,
} from './auth-subject.ts'
import { enrolmentTests } from './enrolments.ts'
import { fakeExchange } from './fakes.ts'

export type { AuthClient, AuthSubject, OpenAuth } from './auth-subject.ts'

export interface AuthTests {
  /** Whether the mechanism enrols: `change` and `reset` work then. */
  readonly enrols: boolean
  /** Whether it is tied to the connection by `binding`, so that nobody in between can relay it. */
  readonly binds?: boolean
}

/**
 * Describes what every mechanism of sign-in must do. `open` sets one up for each test. Needs only `describe` and `it`, so
 * any runner runs it.
 */
export function testAuth(open: OpenAuth, tests: AuthTests): void {
  const test = (title: string, body: (subject: AuthSubject) => Promise<void>) => it(title, () => withAuth(open, body))

  describe('conforms to the sign-in contract', () => {
    test('names its mechanism, and says whether it enrols', async ({ auth }) => {
      assert.match(auth.mechanism, /^[a-z0-9][a-z0-9.-]{0,63}$/)
      assert.equal(auth.enrol !== undefined, tests.enrols)
    })

    test('allows who answers rightly, with a verdict that a registry can use', async subject => {
      const outcome = await signIn(subject, subject.right, await credentialOf(subject))
      allows(outcome)
      checkVerdict(outcome.verdict)
    })

    test('denies who answers wrongly', async subject => {
      denies(await signIn(subject, subject.wrong, await credentialOf(subject)))
    })

    test('denies who answers with nothing, or with what is nearly right', async subject => {
      const credential = await credentialOf(subject)
      const { right } = subject
      // Not a NUL alone at the end: HMAC, and so scrypt, pads with those.
      for (const near of ['', right.slice(0, -1), `${right} `, ` ${right}`, right.toUpperCase(), `${right}\0x`]) {
        if (near !== right) denies(await signIn(subject, near, credential), `${JSON.stringify(near)} was let in`)
      }
    })

    test('denies whom it does not know, in as many steps as who answers wrongly', async subject => {
      const known = await signIn(subject, subject.wrong, await credentialOf(subject))
      const unknown = await run(subject, subject.wrong, { name: `${subject.name}-nobody` })
      denies(unknown)
      assert.equal(unknown.exchange.challenges.length, known.exchange.challenges.length, 'the steps tell who is known')
      denies(await run(subject, subject.right, { name: `${subject.name}-nobody` }))
    })

    test('judges each time anew', async subject => {
      const credential = await credentialOf(subject)
      for (const round of [1, 2]) {
        allows(await signIn(subject, subject.right, credential), `round ${round}`)
        denies(await signIn(subject, subject.wrong, credential), `it remembered the right answer, in round ${round}`)
      }
    })

    test('judges many at once, each for itself', async subject => {
      const credential = await credentialOf(subject)
      const runs = Array.from({ length: 12 }, async (_, index) => {
        const isRight = index % 3 === 0
        const secret = isRight ? subject.right : subject.wrong
        const outcome = await signIn(subject, secret, credential, { slowly: 1 + ((index * 7) % 12) })
        assert.equal(outcome.verdict?.is, isRight ? 'allow' : 'deny', `number ${index} got the verdict of another`)
      })
      await Promise.all(runs)
    })

    test('refuses hostile bytes, and works on', async subject => {
      const credential = await credentialOf(subject)
      for (const bytes of hostile()) {
        const about = { name: subject.name, ...(credential && { credential }) }
        refuses(await judge(subject, 'signIn', Array(16).fill(bytes), { ...about, first: bytes }), inspect(bytes))
        refuses(await judge(subject, 'signIn', Array(16).fill(bytes), about), inspect(bytes))
      }
      allows(await signIn(subject, subject.right, credential), 'after hostile bytes nobody comes in any more')
    })

    test('lets nobody in who goes away in the middle', async subject => {
      const { name } = subject
      const credential = await credentialOf(subject)
      refuses(await judge(subject, 'signIn', [], { name, ...(credential && { credential }) }))
      refuses(await judge(subject, 'signIn', [new Uint8Array(0)], { name, ...(credential && { credential }) }))
    })

    test('ends when its signal is aborted', async subject => {
      const credential = await credentialOf(subject)
      const never = new Promise<Uint8Array>(() => {})
      const about = { name: subject.name, ...(credential && { credential }) }
      const exchange = fakeExchange([() => Promise.race([never, aborted(exchange.signal)])], about)
      const running = subject.auth.signIn(exchange)
      running.catch(() => {})
      setTimeout(() => exchange.abort(), 20)
      refuses(await settled(running, exchange))
      const gone = fakeExchange([subject.right], about)
      gone.abort()
      refuses(await settled(subject.auth.signIn(gone), gone), 'it let in whoever had gone before')
    })

    test('changes nothing of what it is given', async subject => {
      const credential = await credentialOf(subject)
      const { right } = subject
      const binding = fakeExchange().binding
      const given = credential && new Uint8Array(credential)
      const before = Buffer.from(binding)
      allows(await run(subject, right, { binding, ...(given && { credential: given }) }))
      assert.ok(before.equals(binding), 'the binding is another one')
      if (given && credential) assert.ok(Buffer.from(credential).equals(given), 'the credential is another one')
    })

    test('asks only what front ends can show', async subject => {
      if (subject.auth.mechanism !== 'prompt') return
      const { exchange } = await signIn(subject, subject.right, await credentialOf(subject))
      assert.ok(exchange.challenges.length > 0, 'it asks nothing')
      for (const challenge of exchange.challenges) readPrompt(challenge)
    })

    test('tells nobody what was answered', async subject => {
      const { name, right, wrong } = subject
      const credential = await credentialOf(subject)
      const told: unknown[] = []
      for (const secret of [right, wrong]) {
        const { verdict, error, exchange } = await signIn(subject, secret, credential)
        told.push(
          shown(verdict),
          error,
          exchange.challenges.map(bytes => Buffer.from(bytes).toString('latin1')),
        )
      }
      const first = new TextEncoder().encode(wrong)
      told.push((await judge(subject, 'signIn', [new Uint8Array([0xff]), wrong], { name, first })).error)
      await subject.away?.()
      const { verdict, error } = await signIn(subject, right, credential, { limit: atLast })
      told.push(verdict, error, subject.logged?.())
      const text = inspect(told, { depth: 8, maxStringLength: null })
      for (const secret of [right, wrong]) assert.ok(!text.includes(secret), `what was answered stands in: ${text}`)
    })

    test('says that it is unavailable while what it asks is away, and works on when that is back', async subject => {
      if (!subject.away) return
      const credential = await credentialOf(subject)
      await subject.away()
      for (const secret of [subject.right, subject.wrong]) {
        const { verdict, error } = await signIn(subject, secret, credential, { limit: atLast })
        assert.equal(verdict?.is, 'unavailable', `it gave ${inspect(error ?? verdict)}`)
        checkVerdict(verdict)
      }
      if (!subject.back) return
      await subject.back()
      allows(await signIn(subject, subject.right, credential), 'it does not find back')
    })

    if (tests.binds) {
      test('lets nobody in through somebody in between, who has another connection', async subject => {
        const credential = await credentialOf(subject)
        const told = fakeExchange().binding
        refuses(await signIn(subject, subject.right, credential, { told }))
      })
    }

    if (tests.enrols) enrolmentTests(test)
  })
}

function hostile(): Uint8Array[] {
  const all = [new Uint8Array(0), new Uint8Array(1), new Uint8Array(16 * 1024), new Uint8Array(16 * 1024).fill(0xff)]
  const texts = ['{"is":"allow"}', '__proto__', '*', ')(uid=*', '\0', '\ud800', '%s%n', "' or ''='", '\r\nallow: yes']
  return [...all, ...texts.map(text => new TextEncoder().encode(text)), Uint8Array.of(0xc3, 0x28, 0xf0, 0x9f)]
}

/** What a registry does with a verdict needs these, and nothing else. */
function checkVerdict(verdict: unknown): void {
  assert.ok(typeof verdict === 'object' && verdict !== null)
  const { is, credential, name, displayName, why, ...others }: Record<string, unknown> = { ...verdict }
  assert.deepEqual(others, {}, 'a verdict has keys that nobody knows')
  assert.ok(credential === undefined || credential instanceof Uint8Array, 'a credential is bytes')
  for (const text of [name, displayName]) assert.ok(text === undefined || typeof text === 'string', 'a name is a text')
  const isWord = typeof why === 'string' && why.length > 3 && why.length <= 300 && !/[\p{Cc}\p{Cf}]/u.test(why)
  if (is === 'unavailable') assert.ok(isWord, `"why" is no short sentence: ${inspect(why)}`)
}

/** A verdict as far as anybody but the registry sees it. */
function shown(verdict: object | undefined): object {
  const { credential: _, ...others }: { credential?: unknown } = { ...verdict }
  return others
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason), { once: true }))
}
