import assert from 'node:assert/strict'
import { createServer } from 'node:net'
import authHttp, { httpAuth } from '@parley/auth-http'
import { type FakeAnswer, fakeExchange, fakeHost, testAuth } from '@parley/kit/testing'
import { limits } from '../../../plugins/auth-http/src/limits.ts'
import { type AuthHttpOptions, readOptions } from '../../../plugins/auth-http/src/options.ts'
import { type AccountsService, type Answering, say, startAccountsService } from '../../support/accounts-service.ts'
import { makeCertificates } from '../../support/certificates.ts'

const secret = 'a secret of the registry'.replaceAll(' ', '-')
const right = 'open sesame'

const byPassword: Answering = ({ body }, response) =>
  say(response, { is: body.name === 'alice' && body.answer === right ? 'allow' : 'deny' })

/** The verdict of a service that answers so, what it was asked, and what was logged of it. */
async function verdictOf(answer: Answering, options: Partial<AuthHttpOptions> = {}, answers: FakeAnswer[] = [right]) {
  await using service = await startAccountsService(answer)
  return { ...(await ofService(service.url, options, answers)), asked: service.asked }
}

async function ofService(url: string, options: Partial<AuthHttpOptions> = {}, answers: FakeAnswer[] = [right]) {
  using host = fakeHost()
  const auth = httpAuth(readOptions({ url, secret, ...options }), host)
  const exchange = fakeExchange(answers)
  const verdict = await auth.signIn(exchange)
  return { verdict, exchange, log: host.loggedText() }
}

describe('auth-http', () => {
  testAuth(
    async () => {
      const service: AccountsService = await startAccountsService(byPassword)
      const host = fakeHost()
      return {
        auth: httpAuth(readOptions({ url: service.url, secret }), host),
        name: 'alice',
        right,
        wrong: 'open barley',
        logged: () => host.loggedText(),
        away: () => service.away(),
        back: () => service.back(),
        async close() {
          host[Symbol.dispose]()
          await service[Symbol.asyncDispose]()
        },
      }
    },
    { enrols: false },
  )

  it('tells the service who asks, what they said and from where, and that it is the registry', async () => {
    const { verdict, asked, exchange } = await verdictOf((_, response) =>
      say(response, { is: 'allow', name: 'alice', displayName: 'Alice Example' }),
    )
    assert.deepEqual(verdict, { is: 'allow', name: 'alice', displayName: 'Alice Example' })
    const body = { name: 'alice', purpose: 'sign-in', address: '192.0.2.7', answer: right }
    assert.deepEqual(asked, [{ authorization: `Bearer ${secret}`, body }])
    assert.deepEqual(exchange.prompts(), [{ kind: 'secret', text: 'Password' }])
  })

  it('lets the service ask, from the beginning too, and gives it its state back', async () => {
    const asking: Answering = ({ body }, response) => {
      if (body.state === undefined)
        return say(response, { is: 'prompt', kind: 'link', text: 'https://id.example/', state: '1' })
      if (body.state === '1') return say(response, { is: 'prompt', kind: 'text', text: 'Code', state: '{"2":"ä"}' })
      return say(response, { is: body.state === '{"2":"ä"}' && body.answer === '123' ? 'allow' : 'deny' })
    }
    const { verdict, asked, exchange } = await verdictOf(asking, { ask: false }, ['', '123'])
    assert.deepEqual(verdict, { is: 'allow' })
    assert.ok(!('answer' in (asked[0]?.body ?? {})))
    assert.deepEqual(
      exchange.prompts().map(({ kind }) => kind),
      ['link', 'text'],
    )
  })

  it('takes nothing for an answer but those that there are, and says so to the operator', async () => {
    const wrong: readonly (readonly [Answering, RegExp])[] = [
      [(_, response) => say(response, { is: 'allow' }, 500), /status 500/],
      [(_, response) => say(response, { is: 'allow' }, 401), /status 401/],
      [(_, response) => say(response, { is: 'allow' }, 201), /status 201/],
      [(_, response) => response.writeHead(302, { location: 'https://evil.example/' }).end(), /status 302/],
      [(_, response) => response.end('allow'), /JSON/],
      [(_, response) => response.end(), /JSON/],
      [(_, response) => response.end('"allow"'), /JSON/],
      [(_, response) => response.end('[{"is":"allow"}]'), /neither allow/],
      [(_, response) => say(response, {}), /neither allow/],
      [(_, response) => say(response, { is: true }), /neither allow/],
      [(_, response) => say(response, { is: ['allow'] }), /neither allow/],
      [(_, response) => say(response, { is: 'allow', name: { a: 1 } }), /name/],
      [(_, response) => say(response, { is: 'allow', displayName: 'a'.repeat(201) }), /displayName/],
      [(_, response) => say(response, { is: 'prompt', kind: 'link', text: 'javascript:alert(1)' }), /no front end/],
      [(_, response) => say(response, { is: 'prompt', kind: 'text', text: 'a', state: 'a'.repeat(5000) }), /state/],
      [
        (_, response) => response.end(JSON.stringify({ is: 'allow', more: 'a'.repeat(limits.reply) })),
        /more than 16384/,
      ],
      [(_, response) => response.destroy(), /cannot be asked/],
      [cutInTheMiddle, /broke off|cannot be asked/],
    ]
    for (const [answer, words] of wrong) {
      const { verdict, log } = await verdictOf(answer)
      assert.equal(verdict.is, 'unavailable', String(answer))
      assert.match(log, words)
      assert.ok(!log.includes(right) && !log.includes(secret))
    }
  })

  it('lets go of a service that floods, hangs, or drips', async () => {
    const flood: Answering = (_, response) => {
      const more = () => {
        while (response.write('a'.repeat(65536)));
      }
      response.on('drain', more).on('error', () => {})
      more()
    }
    const drip: Answering = (_, response) => {
      response.write('{')
      const dripping = setInterval(() => response.write(' '), 20)
      response.on('close', () => clearInterval(dripping))
    }
    for (const answer of [flood, drip, () => {}]) {
      const before = performance.now()
      const { verdict, log } = await verdictOf(answer, { timeout: 0.3 })
      assert.equal(verdict.is, 'unavailable')
      assert.match(log, /more than|did not answer within 0\.3 s|broke off/)
      assert.ok(performance.now() - before < 2_000)
    }
    // Takes the connection, and says nothing of TLS.
    const mute = createServer(() => {})
    await new Promise<void>(resolve => mute.listen(0, '127.0.0.1', resolve))
    const { port } = mute.address() as { port: number }
    const { verdict } = await ofService(`https://localhost:${port}/`, { timeout: 0.3 })
    assert.equal(verdict.is, 'unavailable')
    mute.close()
  })

  it('ends a question when the client has gone', async () => {
    const ended = Promise.withResolvers<void>()
    const hanging: Answering = (_, response) => {
      response.on('close', ended.resolve)
      exchange.abort()
    }
    await using service = await startAccountsService(hanging)
    using host = fakeHost()
    const exchange = fakeExchange([right])
    const auth = httpAuth(readOptions({ url: service.url, secret }), host)
    await assert.rejects(auth.signIn(exchange), /client has gone/)
    await ended.promise
    assert.deepEqual(host.logged, [])
  })

  it('asks over TLS that the right authority vouches for, and nobody else', async () => {
    const [ours, others] = await Promise.all([makeCertificates(), makeCertificates()])
    await using service = await startAccountsService(byPassword, ours)
    assert.equal((await ofService(service.url, { ca: ours.ca })).verdict.is, 'allow')
    for (const wrong of [{}, { ca: others.ca }]) {
      const { verdict, log } = await ofService(service.url, wrong)
      assert.equal(verdict.is, 'unavailable')
      assert.match(log, /certificate|self-signed|issuer/)
    }
    assert.equal(service.asked.length, 1, 'an answer went to whom nobody vouches for')
  })

  it('tells people the reason of the service, as far as it can be shown', async () => {
    const { verdict } = await verdictOf((_, response) =>
      say(response, { is: 'unavailable', why: `the\u001b[2J vault\u202e is\nlocked. ${'a'.repeat(500)}` }),
    )
    assert.ok(verdict.is === 'unavailable' && verdict.why.startsWith('the [2J vault is locked. aaa'))
    assert.equal(verdict.why.length, limits.why)
    const silent = await verdictOf((_, response) => say(response, { is: 'unavailable', why: 7 }))
    assert.ok(silent.verdict.is === 'unavailable' && silent.verdict.why.length > 3)
  })

  it('stops a service that asks without end', async () => {
    const { verdict, asked } = await verdictOf(
      (_, response) => say(response, { is: 'prompt', kind: 'text', text: 'More?' }),
      {},
      Array(20).fill('yes'),
    )
    assert.equal(verdict.is, 'unavailable')
    assert.equal(asked.length, 1 + limits.questions)
  })

  it('asks about so many at once, and finds it busy for more', async () => {
    const waiting: (() => void)[] = []
    const all = Promise.withResolvers<void>()
    await using service = await startAccountsService((_, response) => {
      waiting.push(() => say(response, { is: 'allow' }))
      if (waiting.length === limits.atOnce) all.resolve()
    })
    using host = fakeHost()
    const auth = httpAuth(readOptions({ url: service.url, secret }), host)
    const running = Array.from({ length: limits.atOnce }, () => auth.signIn(fakeExchange([right])))
    await all.promise
    const { is, why } = { why: '', ...(await auth.signIn(fakeExchange([right]))) }
    assert.deepEqual([is, /too many/.test(why)], ['unavailable', true])
    for (const answer of waiting) answer()
    for (const verdict of await Promise.all(running)) assert.equal(verdict.is, 'allow')
    waiting.length = 0
    service.answer = byPassword
    assert.equal((await auth.signIn(fakeExchange([right]))).is, 'allow')
  })

  it('refuses options by which secrets would leak, and repeats none', () => {
    const url = 'https://accounts.example.com/'
    for (const [options, words] of [
      [{ url: 'http://accounts.example.com/', secret }, /in the clear/],
      [{ url: 'http://127.0.0.1.example.com/', secret }, /in the clear/],
      [{ url: 'ftp://127.0.0.1/', secret }, /no address/],
      [{ url: 'accounts', secret }, /no address/],
      [{ url: 'https://me:it@accounts.example.com/', secret }, /user, a password/],
      [{ url, secret: 'short' }, /16 to 512/],
      [{ url, secret: `${secret}\r\nx: y` }, /16 to 512/],
      [{ url, secret, ca: 'ca.pem' }, /no certificate/],
      [{ url, secret, ask: { kind: 'text', text: '' } }, /needs a text/],
    ] as const) {
      assert.throws(
        () => authHttp.parseOptions?.(options),
        (error: Error) =>
          words.test(error.message) && !error.message.includes(secret) && !error.message.includes('short'),
      )
    }
    for (const url of ['http://127.0.0.1:1/', 'http://[::1]/', 'http://localhost/a?b=c']) readOptions({ url, secret })
  })
})

const cutInTheMiddle: Answering = (_, response) => {
  response.writeHead(200, { 'content-length': '100' })
  response.write('{"is":"allow"}', () => response.destroy())
}
