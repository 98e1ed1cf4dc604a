import assert from 'node:assert/strict'
import { limits } from '../../../../../daemon/src/limits.ts'
import { ClassicBeater, classicHeartbeat, classicRows } from '../../../../support/classic-client.ts'
import { ClassicRegistry } from '../../../../support/classic-registry.ts'

describe('classic logins', () => {
  const open = async (options: Parameters<typeof ClassicRegistry.start>[0] = {}) => ClassicRegistry.start(options)

  it('refuses a wrong password and an unknown name alike', async () => {
    await using registry = await open()
    const client = await registry.client()
    await client.register('alice', 'secret1')
    assert.equal((await client.login('alice', 'secret2')).code, 41)
    assert.equal((await client.login('bob', 'secret1')).code, 41)
    assert.equal((await client.login('alice', '')).code, 41)
    assert.deepEqual(registry.classic.online(), [])
  })

  it('answers searches, lists and logouts of nobody with 44, 46 and 45', async () => {
    await using registry = await open()
    await registry.online('bob')
    const client = await registry.client()
    await client.register('alice', 'secret1')
    assert.equal((await client.search('alice', 'bob')).code, 44)
    assert.equal((await client.online('alice')).code, 46)
    assert.equal((await client.logout('alice')).code, 45)
  })

  it('is bound to its IP address: nobody speaks for it from another', async () => {
    await using registry = await open()
    await registry.online('alice')
    const elsewhere = await registry.client({ from: '127.0.0.2' })
    assert.equal((await elsewhere.search('alice', 'alice')).code, 44)
    assert.equal((await elsewhere.online('alice')).code, 46)
    assert.equal((await elsewhere.logout('alice')).code, 45)
    const another = await registry.client()
    assert.equal((await another.search('alice', 'alice')).code, 22)
  })

  it('moves with its owner to another address', async () => {
    await using registry = await open()
    const before = await registry.online('alice')
    const after = await registry.client({ from: '127.0.0.2' })
    assert.equal((await after.login('alice', 'secret1')).code, 21)
    assert.equal((await after.search('alice', 'alice')).message, '127.0.0.2')
    assert.equal((await before.search('alice', 'alice')).code, 44)
    assert.equal(registry.classic.gate.hasLogin('127.0.0.1'), false)
    assert.equal(registry.classic.gate.hasLogin('127.0.0.2'), true)
  })

  it('outlives its connection', async () => {
    await using registry = await open()
    const alice = await registry.online('alice')
    const bob = await registry.online('bob')
    alice.close()
    assert.equal((await bob.search('bob', 'alice')).code, 22)
  })

  it('finds users who are online, and only those', async () => {
    await using registry = await open()
    const alice = await registry.online('alice')
    const bob = await registry.online('bob')
    assert.equal((await alice.search('alice', 'bob')).code, 22)
    await bob.logout('bob')
    assert.equal((await alice.search('alice', 'bob')).code, 44)
    assert.deepEqual(classicRows((await alice.online('alice')).list), ['alice-127.0.0.1'])
  })

  describe('heartbeats', () => {
    it('keep a user online; without them the user is gone after the set time', async () => {
      await using registry = await open({ sessionTimeout: 300 })
      const alice = await registry.online('alice')
      const beater = await registry.beater()
      beater.keepBeating(['alice'], 50)
      const bobGone = registry.change('offline', 'bob')
      await registry.online('bob')
      const start = performance.now()
      await bobGone
      const silence = performance.now() - start
      assert.ok(silence > 200 && silence < 2_000, `gone after ${silence} ms`)
      assert.equal((await alice.search('alice', 'bob')).code, 44)
      assert.equal((await alice.search('alice', 'alice')).code, 22)
    })

    it('from another address change nothing', async () => {
      await using registry = await open({ sessionTimeout: 300 })
      const gone = registry.change('offline', 'alice')
      await registry.online('alice')
      const beater = await registry.beater('127.0.0.2')
      beater.keepBeating(['alice'], 20)
      await gone
      assert.deepEqual(registry.classic.online(), [])
    })

    it('log nobody in', async () => {
      await using registry = await open({ sessionTimeout: 300 })
      const other = registry.change('offline', 'other')
      const client = await registry.online('other')
      await client.register('alice', 'secret1')
      const beater = await registry.beater()
      beater.keepBeating(['alice'], 20)
      await other
      assert.deepEqual(registry.classic.online(), [])
    })

    it('of wrong shape count for nothing, and harm nobody', async () => {
      await using registry = await open({ sessionTimeout: 400 })
      const gone = registry.change('offline', 'alice')
      await registry.online('alice')
      const beater = await registry.beater()
      const wrongKey = Buffer.from(classicHeartbeat('alice'))
      wrongKey[21] = 14
      const wrongWord = Buffer.from(classicHeartbeat('alice'))
      wrongWord[11] = 0x68
      const short = classicHeartbeat('alice').subarray(0, 21)
      const timer = setInterval(() => {
        for (const bytes of [wrongKey, wrongWord, short, Buffer.alloc(0), Buffer.alloc(2_000, 0xff)]) {
          beater.send(bytes).catch(() => {})
        }
      }, 20)
      await gone.finally(() => clearInterval(timer))
      assert.deepEqual(
        registry.lines.filter(line => line.level !== 'debug'),
        [],
      )
    })

    it('of a modern hub go to who asked for them', async () => {
      const got = Promise.withResolvers<Buffer>()
      await using registry = await open({ onDatagram: datagram => got.resolve(datagram) })
      const beater = await registry.beater()
      const modern = Buffer.alloc(32, 0xb1)
      await beater.send(modern)
      assert.deepEqual(await got.promise, modern)
    })
  })

  it('tells who came and went', async () => {
    await using registry = await open({ now: () => 1_700_000_000_000 })
    const changes: string[] = []
    registry.classic.watch(({ is, user }) => changes.push(`${is} ${user.name} ${user.address} ${user.since}`))
    const client = await registry.online('Alice')
    await client.login('alice', 'secret1')
    await client.logout('alice')
    const told = ['online Alice 127.0.0.1 1700000000000', 'offline Alice 127.0.0.1 1700000000000']
    assert.deepEqual(changes, told)
  })

  describe('beside modern people', () => {
    const people = [
      { name: 'carol', ipv4: '10.0.0.7' },
      { name: 'dave', ipv4: '' },
      { name: 'erin', ipv4: 'fe80::1' },
      { name: 'eleven-byte', ipv4: '10.0.0.8' },
      { name: 'alice', ipv4: '10.0.0.9' },
    ]
    const hook = { online: () => people, find: (name: string) => people.find(person => person.name === name) }

    it('shows those with a short name and an IPv4 address', async () => {
      await using registry = await open({ people: hook })
      const client = await registry.online('alice')
      assert.equal((await client.search('alice', 'Carol')).message, '10.0.0.7')
      assert.deepEqual(classicRows((await client.online('alice')).list), ['carol-10.0.0.7', 'alice-127.0.0.1'])
    })

    it('hides those without', async () => {
      await using registry = await open({ people: hook })
      const client = await registry.online('alice')
      for (const name of ['dave', 'erin', 'eleven-byte'])
        assert.equal((await client.search('alice', name)).code, 44, name)
    })

    it('gives each name once, a classic login first', async () => {
      await using registry = await open({ people: hook })
      const client = await registry.online('alice')
      assert.equal((await client.search('alice', 'alice')).message, '127.0.0.1')
    })
  })

  it('keeps serving when guesses at an account come from elsewhere', async () => {
    await using registry = await open()
    await registry.online('alice')
    const stranger = await registry.client({ from: '127.0.0.2' })
    const codes: number[] = []
    for (let guess = 0; guess < 6; guess += 1) codes.push((await stranger.login('alice', `guess-${guess}`)).code)
    assert.deepEqual(codes, [41, 41, 41, 41, 41, 50])
    assert.equal((await stranger.login('alice', 'secret1')).code, 50, 'slowed, whatever the password')
    const owner = await registry.client()
    assert.equal((await owner.login('alice', 'secret1')).code, 21)
  })

  it('slows guesses that are made all at once as much as those in turn', async () => {
    await using registry = await open({ scryptCost: { log2N: 13, r: 8, p: 1 } })
    await registry.online('alice')
    const strangers = await Promise.all(Array.from({ length: 20 }, () => registry.client({ from: '127.0.0.2' })))
    const codes = await Promise.all(
      strangers.map(async (stranger, guess) => (await stranger.login('alice', `guess-${guess}`)).code),
    )
    assert.equal(codes.filter(code => code === 41).length, limits.guessesPerAccount)
  })

  it('lets a crowd log in at once', async () => {
    await using registry = await open()
    const names = Array.from({ length: 20 }, (_, index) => `name${index}`)
    const crowd = await Promise.all(names.map(() => registry.client()))
    for (const [at, name] of names.entries()) await crowd[at]?.register(name, 'secret1')
    const codes = await Promise.all(names.map(async (name, at) => (await crowd[at]?.login(name, 'secret1'))?.code))
    assert.deepEqual(new Set(codes), new Set([21]))
  })

  it('closes its port and its beats', async () => {
    const registry = await open()
    const client = await registry.online('alice')
    const { port } = registry.classic.heartbeat
    await registry[Symbol.asyncDispose]()
    await client.closed()
    const free = await ClassicBeater.open({ port })
    free.close()
  })
})
