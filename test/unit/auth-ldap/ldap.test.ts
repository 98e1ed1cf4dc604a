import assert from 'node:assert/strict'
import { connect, createServer, type Socket } from 'node:net'
import authLdap, { type AuthLdapOptions, ldapAuth } from '@parley/auth-ldap'
import { fakeExchange, fakeHost, testAuth } from '@parley/kit/testing'
import { escapeDn, escapeFilter } from '../../../plugins/auth-ldap/src/escape.ts'
import { limits } from '../../../plugins/auth-ldap/src/limits.ts'
import { readOptions } from '../../../plugins/auth-ldap/src/options.ts'
import { openSession } from '../../../plugins/auth-ldap/src/session.ts'
import { makeCertificates } from '../../support/certificates.ts'
import { skip } from '../../support/skip.ts'
import { passwordOf, people, type Slapd, searcher, slapdMissing, startSlapd, suffix } from '../../support/slapd.ts'

const byDn = `uid={name},${people}`
const bySearch = { base: suffix, ...searcher }

describe('auth-ldap with a real directory', () => {
  let slapd: Slapd

  before(async function () {
    if (slapdMissing !== undefined) skip(this, slapdMissing)
    this.timeout(20_000)
    slapd = await startSlapd()
  })

  after(() => slapd?.[Symbol.asyncDispose]())

  const subject = (options: () => AuthLdapOptions) => async () => {
    const host = fakeHost()
    return {
      auth: ldapAuth(readOptions(options()), host),
      name: 'alice',
      right: passwordOf('alice'),
      wrong: 'alice says open barley',
      logged: () => host.loggedText(),
      away: () => slapd.away(),
      back: () => slapd.back(),
      async close() {
        host[Symbol.dispose]()
        await slapd.back()
      },
    }
  }

  describe('by the name of the entry', () =>
    testAuth(
      subject(() => ({ url: slapd.plain, dn: byDn })),
      { enrols: false },
    ))

  describe('by a search, encrypted', () =>
    testAuth(
      subject(() => ({ url: slapd.secure, ca: slapd.certificates.ca, search: bySearch })),
      { enrols: false },
    ))

  async function signIn(options: Partial<AuthLdapOptions>, name = 'alice', password = passwordOf(name)) {
    using host = fakeHost()
    const auth = ldapAuth(readOptions({ url: slapd.plain, ...options }), host)
    const exchange = fakeExchange([password], { name })
    return { verdict: await auth.signIn(exchange), exchange, log: host.loggedText() }
  }

  it('gives the name that others see, from the entry', async () => {
    for (const how of [{ dn: byDn }, { search: bySearch }]) {
      assert.deepEqual((await signIn(how)).verdict, { is: 'allow', displayName: 'Alice Example' })
      assert.deepEqual((await signIn(how, 'bob')).verdict, { is: 'allow', displayName: 'bob in the directory' })
      const { verdict } = await signIn({ ...how, displayName: 'SN' })
      assert.deepEqual(verdict, { is: 'allow', displayName: 'alice' })
    }
  })

  it('gives the user name where people are found by something else as well', async () => {
    const search = { ...bySearch, filter: '(|(uid={name})(mail={name}))' }
    const { verdict } = await signIn({ search, userName: 'uid' }, 'alice.smith', passwordOf('alice'))
    assert.deepEqual(verdict, { is: 'allow', name: 'alice', displayName: 'Alice Example' })
    const lacking = await signIn({ search, userName: 'employeeNumber' })
    assert.equal(lacking.verdict.is, 'unavailable')
    assert.match(lacking.log, /has no \\*"employeeNumber/)
  })

  it('asks for the password, in the words of the options', async () => {
    assert.deepEqual((await signIn({ dn: byDn })).exchange.prompts(), [{ kind: 'secret', text: 'Password of alice' }])
    const { exchange } = await signIn({ dn: byDn, question: 'Windows password' })
    assert.deepEqual(exchange.prompts(), [{ kind: 'secret', text: 'Windows password' }])
  })

  it('lets nobody in without a password, which the directory itself would', async () => {
    for (const how of [{ dn: byDn }, { search: bySearch }]) {
      assert.equal((await signIn(how, 'alice', '')).verdict.is, 'deny')
    }
  })

  it('lets nobody in through a name that means more than itself', async () => {
    const names = [
      '*',
      'a*',
      'alice)(uid=*',
      '*)(objectClass=*',
      'alice,ou=people',
      'alice+cn=x',
      'alice\0',
      'al\\69ce',
    ]
    for (const name of names) {
      for (const how of [{ dn: byDn }, { search: bySearch }]) {
        const { verdict } = await signIn(how, name, passwordOf('alice'))
        assert.equal(verdict.is, 'deny', `${JSON.stringify(name)} of ${JSON.stringify(how)}`)
      }
    }
  })

  it('lets nobody in whom several entries could be', async () => {
    assert.equal((await signIn({ search: bySearch }, 'twin')).verdict.is, 'deny')
    const one = { ...bySearch, base: `ou=one,${people}` }
    assert.equal((await signIn({ search: one }, 'twin')).verdict.is, 'allow')
  })

  it('is unavailable, and says so to the operator, when it may not search or finds nothing to search', async () => {
    for (const [search, words] of [
      [{ ...bySearch, password: 'wrong' }, /refuses the account to search as/],
      [{ ...bySearch, dn: `cn=nobody,${suffix}` }, /refuses the account to search as/],
      [{ ...bySearch, base: `ou=nowhere,${suffix}` }, /no entry of that name to search below/],
      [{ ...bySearch, base: 'dc=elsewhere' }, /no entry of that name|code/],
    ] as const) {
      const { verdict, log } = await signIn({ search })
      assert.equal(verdict.is, 'unavailable', JSON.stringify(search))
      assert.match(log, words)
      assert.ok(!log.includes(searcher.password))
    }
    // As nobody this directory shows nobody anything.
    assert.notEqual((await signIn({ search: { base: suffix } })).verdict.is, 'allow')
  })

  it('speaks to nobody but the directory that the right authority vouches for', async () => {
    const others = await makeCertificates()
    const { ca } = slapd.certificates
    const named = slapd.plain.replace('127.0.0.1', 'localhost')
    for (const [url, startTls] of [
      [slapd.secure, undefined],
      [slapd.plain, true],
      [named, true],
    ] as const) {
      const how = { url, dn: byDn, ...(startTls && { startTls }) }
      assert.equal((await signIn({ ...how, ca })).verdict.is, 'allow', url)
      for (const wrong of [{}, { ca: others.ca }]) {
        const { verdict, log } = await signIn({ ...how, ...wrong })
        assert.equal(verdict.is, 'unavailable', url)
        assert.match(log, /certificate|issuer|self-signed/)
      }
    }
  })

  it('does not go on in the clear when somebody cuts the encrypted connection', async () => {
    const port = Number(new URL(slapd.plain).port)
    const heard: Buffer[] = []
    let count = 0
    await using between = await relay(port, (near, far) => {
      const isFirst = count++ === 0
      near.on('data', bytes => {
        heard.push(bytes)
        far.write(bytes)
      })
      far.on('data', bytes => {
        near.write(bytes)
        // The TLS of the server has just begun: what comes next would be the bind.
        if (isFirst && bytes[0] === 0x16) setImmediate(() => near.destroy())
      })
    })
    const { verdict } = await signIn({
      url: `ldap://localhost:${between.port}`,
      startTls: true,
      ca: slapd.certificates.ca,
      dn: byDn,
    })
    assert.equal(verdict.is, 'unavailable')
    assert.equal(count, 1, 'it has connected again')
    assert.ok(!Buffer.concat(heard).includes('open sesame'))
  })

  it('lets go of a directory that hangs, talks nonsense or hangs up', async () => {
    const nonsense = (near: Socket) => near.on('data', () => near.write(Buffer.alloc(4096, 0x30)))
    for (const how of [() => {}, nonsense, (near: Socket) => near.destroy()]) {
      await using odd = await relay(0, how)
      for (const options of [{ dn: byDn }, { search: bySearch }, { dn: byDn, startTls: true }]) {
        const before = performance.now()
        const { verdict, log } = await signIn({ ...options, url: `ldap://127.0.0.1:${odd.port}`, timeout: 0.3 })
        assert.equal(verdict.is, 'unavailable')
        assert.match(log, /gave no answer that counts/)
        assert.ok(performance.now() - before < 2_000)
      }
    }
  })

  it('ends with the client who has asked', async () => {
    const reached = Promise.withResolvers<void>()
    await using mute = await relay(0, () => reached.resolve())
    using host = fakeHost()
    const exchange = fakeExchange(['open sesame'])
    const auth = ldapAuth(readOptions({ url: `ldap://127.0.0.1:${mute.port}`, dn: byDn }), host)
    const asked = assert.rejects(auth.signIn(exchange), /client has gone/)
    await reached.promise
    exchange.abort()
    await asked
  })

  it('lives on when clients go at any moment of an encrypted sign-in', async () => {
    using host = fakeHost()
    const how = { url: slapd.plain, startTls: true, ca: slapd.certificates.ca, dn: byDn }
    const auth = ldapAuth(readOptions(how), host)
    for (let moment = 0; moment < 20; moment++) {
      const exchange = fakeExchange([passwordOf('alice')])
      const asked = auth.signIn(exchange).catch(() => undefined)
      setTimeout(() => exchange.abort(), moment / 2)
      await asked
    }
    // Gone in the same turn in which the password went out: Node fell when the socket went before the TLS over it.
    for (let time = 0; time < 10; time++) {
      const session = await openSession(readOptions(how), host.signal)
      session.client.bind(`uid=alice,${people}`, passwordOf('alice')).catch(() => {})
      session.close()
    }
  })

  it('asks about so many at once, and finds the directory busy for more', async () => {
    await using mute = await relay(0, () => {})
    using host = fakeHost()
    const auth = ldapAuth(readOptions({ url: `ldap://127.0.0.1:${mute.port}`, dn: byDn, timeout: 0.3 }), host)
    const running = Array.from({ length: limits.atOnce }, () => auth.signIn(fakeExchange(['a'])))
    await new Promise(setImmediate)
    const busy = await auth.signIn(fakeExchange(['a']))
    assert.ok(busy.is === 'unavailable' && /too many/.test(busy.why))
    await Promise.all(running)
  })
})

describe('the options of auth-ldap', () => {
  it('are refused where passwords would leak or all would be one, and repeat no password', () => {
    const url = 'ldaps://ldap.example.com'
    const search = { base: suffix, dn: searcher.dn }
    for (const [options, words] of [
      [{ url: 'https://ldap.example.com', dn: byDn }, /no address of a directory/],
      [{ url: 'ldap://', dn: byDn }, /no address of a directory/],
      [{ url: 'ldap://ldap.example.com', startTls: false, dn: byDn }, /in the clear/],
      [{ url, startTls: true, dn: byDn }, /encrypted from the beginning/],
      [{ url: `${url}/${suffix}`, dn: byDn }, /more than a host/],
      [{ url }, /either "dn"/],
      [{ url, dn: byDn, search: { base: suffix } }, /either "dn"/],
      [{ url, dn: people }, /no \{name\}/],
      [{ url, search: { base: suffix, filter: '(uid=alice)' } }, /no \{name\}/],
      [{ url, search: { base: suffix, filter: '(uid={name}' } }, /no search filter/],
      [{ url, search }, /both "dn" and "password"/],
      [{ url, search: { base: suffix, password: 'hunter2' } }, /both "dn" and "password"/],
      [{ url, dn: byDn, ca: 'ca.pem' }, /no certificate/],
      [{ url, dn: byDn, question: ' ' }, /needs a text/],
    ] as const) {
      assert.throws(
        () => authLdap.parseOptions?.(options),
        (error: Error) => words.test(error.message) && !error.message.includes('hunter2'),
        JSON.stringify(options),
      )
    }
    assert.equal(readOptions({ url: 'ldap://ldap.example.com', dn: byDn }).startTls, true)
    assert.equal(readOptions({ url: 'ldap://127.0.0.1:389', dn: '{name}@example.com' }).startTls, false)
  })

  it('escape what means something in a name of an entry and in a filter', () => {
    assert.equal(escapeDn(' a,b+c"d\\e<f>g;h=i#j\0 '), '\\20a\\2cb\\2bc\\22d\\5ce\\3cf\\3eg\\3bh\\3di\\23j\\00\\20')
    assert.equal(escapeFilter('a*b(c)d\\e\0'), 'a\\2ab\\28c\\29d\\5ce\\00')
    assert.equal(escapeDn('alice.s-m_1'), 'alice.s-m_1')
  })
})

/** Somebody in between, or a server that behaves as `how` does with each connection. */
async function relay(port: number, how: (near: Socket, far: Socket) => void) {
  const sockets = new Set<Socket>()
  const server = createServer(near => {
    const far = port === 0 ? near : connect(port, '127.0.0.1')
    for (const socket of [near, far]) {
      sockets.add(socket)
      socket.on('error', () => {})
    }
    near.on('close', () => far.destroy())
    far.on('close', () => near.destroy())
    how(near, far)
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  return {
    port: typeof address === 'object' ? (address?.port ?? 0) : 0,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy()
      await new Promise(resolve => server.close(resolve))
    },
  }
}
