import assert from 'node:assert/strict'
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import { type Auth, ask, type Exchange, type Log, readAnswer, type Verdict } from '@parley/kit'
import { type AuthSubject, testAuth } from '../../../../plugins/kit/src/testing/index.ts'
import { failuresOf } from '../../../support/inner-mocha.ts'

/** What the mechanisms here ask and tell. */
interface World {
  isAway: boolean
  readonly lines: string[]
  readonly log: Pick<Log, 'info'>
}

/** A way to be wrong, and a part of the title of a test that must notice. */
type Fault = readonly [
  what: string,
  noticedBy: string,
  wrong: (auth: Auth & Required<Pick<Auth, 'enrol'>>, world: World) => Partial<Auth>,
]

const secret = { kind: 'secret', text: 'Password' } as const
const allow: Verdict = { is: 'allow' }
const deny: Verdict = { is: 'deny' }

const faults: readonly Fault[] = [
  ['does not say which mechanism it is', 'names its mechanism', () => ({ mechanism: '' })],
  ['allows whatever is answered', 'denies who answers wrongly', asks(async () => allow)],
  ['denies whatever is answered', 'allows who answers rightly', asks(async () => deny)],
  [
    'says more than a verdict has',
    'a verdict that a registry can use',
    asks(async () => ({ is: 'allow', admin: true }) as never),
  ],
  [
    'looks at the beginning of an answer alone',
    'nearly right',
    auth => ({ signIn: exchange => auth.signIn(edited(exchange, answer => answer.trim())) }),
  ],
  [
    'takes an empty answer for a guest',
    'nearly right',
    auth => ({ signIn: exchange => lookingAt(exchange, answer => answer === '', auth.signIn, allow) }),
  ],
  [
    'denies at once whom it does not know',
    'whom it does not know',
    auth => ({ signIn: async exchange => (exchange.credential ? auth.signIn(exchange) : deny) }),
  ],
  [
    'lets in whom it does not know',
    'whom it does not know',
    auth => ({
      signIn: async exchange => (exchange.credential ? auth.signIn(exchange) : answered(exchange, allow)),
    }),
  ],
  ['remembers who came in', 'judges each time anew', remembering],
  ['keeps the answer of an exchange where the next one finds it', 'many at once', mixingUp],
  ['falls over hostile bytes for good', 'hostile bytes', breaking],
  [
    'takes what it cannot read for right',
    'hostile bytes',
    auth => ({
      signIn: async exchange => {
        const bytes = await exchange.challenge(promptBytes)
        try {
          return await auth.signIn({ ...exchange, challenge: async () => new TextEncoder().encode(readAnswer(bytes)) })
        } catch {
          return allow
        }
      },
    }),
  ],
  [
    'lets in who goes away',
    'goes away in the middle',
    auth => ({ signIn: exchange => auth.signIn(exchange).catch(() => allow) }),
  ],
  [
    'goes on waiting when nobody is there any more',
    'signal is aborted',
    auth => ({ signIn: exchange => auth.signIn(exchange).catch(() => new Promise<Verdict>(() => {})) }),
  ],
  [
    'writes into the credential that it is given',
    'changes nothing',
    auth => ({
      signIn: async exchange => {
        const verdict = await auth.signIn(exchange)
        exchange.credential?.fill(0)
        return verdict
      },
    }),
  ],
  [
    'asks what no front end shows',
    'front ends can show',
    auth => ({
      signIn: exchange =>
        auth.signIn({ ...exchange, challenge: () => exchange.challenge(new TextEncoder().encode('Password?')) }),
    }),
  ],
  [
    'logs what was answered',
    'tells nobody',
    (auth, { log }) => ({
      signIn: exchange => auth.signIn(edited(exchange, noting(log))),
    }),
  ],
  [
    'says what was answered in its errors',
    'tells nobody',
    auth => ({
      signIn: exchange =>
        lookingAt(
          exchange,
          answer => answer === 'open barley',
          auth.signIn,
          () => {
            throw new Error('open barley is wrong')
          },
        ),
    }),
  ],
  [
    'denies while its backend is away',
    'unavailable while',
    (auth, world) => ({
      signIn: async exchange => (world.isAway ? answered(exchange, deny) : auth.signIn(exchange)),
    }),
  ],
  [
    'allows while its backend is away',
    'unavailable while',
    (auth, world) => ({
      signIn: async exchange => (world.isAway ? answered(exchange, allow) : auth.signIn(exchange)),
    }),
  ],
  [
    'says no word about why it is unavailable',
    'unavailable while',
    (auth, world) => ({
      signIn: async exchange => (world.isAway ? { is: 'unavailable', why: '' } : auth.signIn(exchange)),
    }),
  ],
  ['stays unavailable for ever', 'unavailable while', staying],
  [
    'enrols nobody anew',
    'enrols anew',
    auth => ({ enrol: async exchange => (exchange.purpose === 'sign-up' ? auth.enrol(exchange) : allow) }),
  ],
  ['gives the same bytes to all who enrol', 'bytes of their own', sharing],
  [
    'keeps secrets in the clear',
    'in a credential that says it',
    () => ({
      enrol: async exchange => ({ is: 'allow', credential: new TextEncoder().encode(await ask(exchange, secret)) }),
    }),
  ],
  [
    'takes any credential whose beginning it knows',
    'credentials that it has not made',
    auth => ({ signIn: async exchange => (exchange.credential?.length === 47 ? allow : auth.signIn(exchange)) }),
  ],
]

describe('the conformance suite of sign-in', () => {
  it('passes what conforms', async () => assert.deepEqual(await failuresOf(suiteOf(() => ({}))), []))

  for (const [what, noticedBy, wrong] of faults) {
    it(`notices a mechanism that ${what}`, async () => {
      const failures = await failuresOf(suiteOf(wrong), noticedBy)
      assert.ok(failures.length > 0, `no test about ${JSON.stringify(noticedBy)} failed`)
    })
  }

  it('notices a mechanism that somebody in between can use', async () => {
    const suite = () => testAuth(() => subjectOf(() => ({})), { enrols: true, binds: true })
    assert.equal((await failuresOf(suite, 'in between')).length, 1)
  })
})

const suiteOf = (wrong: Fault[2]) => () => testAuth(() => subjectOf(wrong), { enrols: true })

function subjectOf(wrong: Fault[2]): AuthSubject {
  const lines: string[] = []
  const log = { info: (about: object, text: string) => void lines.push(JSON.stringify(about), text) }
  const world: World = { isAway: false, lines, log }
  const right = keeping(world)
  return {
    auth: { ...right, ...wrong(right, world) },
    name: 'alice',
    right: 'open sesame',
    wrong: 'open barley',
    logged: () => lines.join('\n'),
    away() {
      world.isAway = true
    },
    back() {
      world.isAway = false
    },
  }
}

/** Keeps the hash of a secret, beside the salt that it was made with. */
function keeping(world: World) {
  const hash = (salt: Uint8Array, answer: string) => createHash('sha256').update(salt).update(answer).digest()
  return {
    mechanism: 'prompt',
    async enrol(exchange: Exchange): Promise<Verdict> {
      const salt = randomBytes(16)
      const answer = await ask(exchange, secret)
      return { is: 'allow', credential: new Uint8Array(Buffer.concat([salt, hash(salt, answer)])) }
    },
    async signIn(exchange: Exchange): Promise<Verdict> {
      const kept = exchange.credential ?? new Uint8Array(48)
      const answer = await ask(exchange, secret)
      if (world.isAway) return { is: 'unavailable', why: 'the directory does not answer' }
      const shown = hash(kept.subarray(0, 16), answer)
      const isRight = kept.length === 48 && timingSafeEqual(kept.subarray(16), shown)
      return isRight ? allow : deny
    },
  }
}

function asks(judge: (exchange: Exchange) => Promise<Verdict>): Fault[2] {
  return () => ({
    async signIn(exchange) {
      await ask(exchange, secret)
      return judge(exchange)
    },
  })
}

async function answered(exchange: Exchange, verdict: Verdict): Promise<Verdict> {
  await ask(exchange, secret)
  return verdict
}

function noting(log: Pick<Log, 'info'>): (answer: string) => string {
  return answer => {
    log.info({ answer }, 'Somebody answered.')
    return answer
  }
}

/** The exchange of somebody whose answers are others. */
function edited(exchange: Exchange, edit: (answer: string) => string): Exchange {
  const { challenge } = exchange
  return {
    ...exchange,
    challenge: async data => new TextEncoder().encode(edit(readAnswer(await challenge(data)))),
  }
}

async function lookingAt(
  exchange: Exchange,
  isSpecial: (answer: string) => boolean,
  otherwise: Auth['signIn'],
  verdict: Verdict | (() => never),
): Promise<Verdict> {
  const answer = await ask(exchange, secret)
  if (isSpecial(answer)) return typeof verdict === 'function' ? verdict() : verdict
  return otherwise({ ...exchange, challenge: async () => new TextEncoder().encode(answer) })
}

const promptBytes = new TextEncoder().encode(JSON.stringify(secret))

function remembering(auth: Auth): Partial<Auth> {
  const known = new Set<string>()
  return {
    async signIn(exchange) {
      const verdict = await auth.signIn(exchange)
      if (verdict.is === 'allow') known.add(exchange.name)
      return known.has(exchange.name) ? allow : verdict
    },
  }
}

function mixingUp(auth: Auth): Partial<Auth> {
  let last: Uint8Array = new Uint8Array()
  return {
    async signIn(exchange) {
      last = await exchange.challenge(promptBytes)
      await new Promise(resolve => setTimeout(resolve, 5))
      return auth.signIn({ ...exchange, challenge: async () => last })
    },
  }
}

function breaking(auth: Auth): Partial<Auth> {
  let isBroken = false
  return {
    async signIn(exchange) {
      if (isBroken) return deny
      return auth.signIn(exchange).catch(error => {
        isBroken = true
        throw error
      })
    },
  }
}

function staying(auth: Auth): Partial<Auth> {
  let isAway = false
  return {
    async signIn(exchange) {
      const verdict = isAway
        ? ({ is: 'unavailable', why: 'the directory was away' } as const)
        : await auth.signIn(exchange)
      isAway ||= verdict.is === 'unavailable'
      return verdict
    },
  }
}

function sharing(auth: Required<Auth>): Partial<Auth> {
  const shared = new Uint8Array(48)
  return {
    async enrol(exchange) {
      const verdict = await auth.enrol(exchange)
      if (verdict.is !== 'allow') return verdict
      shared.set(verdict.credential ?? [])
      return { ...verdict, credential: shared }
    },
  }
}
