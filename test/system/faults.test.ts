import assert from 'node:assert/strict'
import { randomInt } from 'node:crypto'
import { join } from 'node:path'
import { Checker, isGone } from '../support/checker.ts'
import { temporaryFolder } from '../support/folder.ts'
import { meet, search, signInByKey, signUp } from '../support/member.ts'
import { skip } from '../support/skip.ts'
import { storm } from '../support/storm.ts'
import { Person } from '../support/team.ts'
import { trace, unflushedAnswers } from '../support/trace.ts'
import { configure, type KillPoint, password, Trio } from '../support/trio.ts'

const moments = ['before', 'in', 'after'] as const

interface CommitPoint extends Omit<KillPoint, 'at'> {
  readonly what: string
  readonly victim: 'alice' | 'bob'
  /** What goes on when the commit comes: alice's messages wait for bob, or go out live, or wait because bob is away. */
  readonly given: 'bob is away' | 'five wait for bob' | 'they are linked'
}

const commits: readonly CommitPoint[] = [
  { what: "alice's hub queues a message", victim: 'alice', match: 'outbox/', write: 3, given: 'bob is away' },
  { what: "alice's hub seals what waited", victim: 'alice', match: 'log/', write: 1, given: 'five wait for bob' },
  { what: "alice's hub seals a message at once", victim: 'alice', match: 'log/', write: 3, given: 'they are linked' },
  { what: "bob's hub receives what waited", victim: 'bob', match: 'log/', write: 1, given: 'five wait for bob' },
  { what: "bob's hub receives a live message", victim: 'bob', match: 'log/', write: 3, given: 'they are linked' },
  { what: "alice's hub notes a delivery", victim: 'alice', match: 'ack/', write: 1, given: 'five wait for bob' },
  { what: "alice's hub notes a live delivery", victim: 'alice', match: 'ack/', write: 3, given: 'they are linked' },
]

describe('SIGKILL', function () {
  this.timeout(180_000)
  let folder: Awaited<ReturnType<typeof temporaryFolder>>
  let trio: Trio

  before(async () => {
    folder = await temporaryFolder()
    trio = await Trio.start(folder.path)
  })

  // One failure must not drag the next tests along.
  afterEach(async function () {
    if (this.currentTest?.isFailed()) for (const who of ['registry', 'alice', 'bob'] as const) await trio.restart(who)
  })

  after(async () => {
    await trio?.[Symbol.asyncDispose]()
    await folder[Symbol.asyncDispose]()
  })

  describe('around a commit loses nothing acknowledged and doubles nothing:', () => {
    for (const { what, victim, given, ...write } of commits) {
      for (const at of moments) {
        it(`${at} the write when ${what}`, async () => {
          const checker = await Checker.begin(trio.alice, trio.bob)
          if (given !== 'they are linked') await trio.kill('bob')
          if (given === 'five wait for bob') await checker.say(trio.alice, 5)
          await trio.restart(victim, { at, ...write })
          if (victim === 'alice') await checker.watch(trio.alice)
          if (given === 'they are linked') await checker.say(trio.alice)
          if (given === 'they are linked') await checker.delivered(trio.alice)
          if (given !== 'five wait for bob') await checker.sayUntilKilled(trio.alice, 5)
          else if (victim === 'alice') await trio.start('bob')
          await trio.killed(victim)
          if (victim === 'bob') await trio.unlinked()
          await checker.checkDisk(trio[victim])

          await trio.start(victim)
          if (given === 'bob is away') await trio.start('bob')
          for (const person of [trio.alice, trio.bob]) await checker.watch(person)
          await checker.settle()
        })
      }
    }
  })

  it('loses nothing that is not flushed, so a trace shows that each message is flushed before it is queued', async function () {
    const checker = await Checker.begin(trio.alice, trio.bob)
    await trio.kill('bob')
    try {
      const watched = await trace(trio.alice.hub.pid, join(folder.path, 'trace'))
      if (!watched) return skip(this, 'strace is not there (on Debian: apt-get install strace), or may watch nobody')
      for (let count = 0; count < 10; count++) await checker.say(trio.alice)
      const lines = await watched.end()
      const answerOf = (line: string) => /\\"result\\":.*\\"text\\":\\"(alice \d+)\\".*\\"queued\\"/.exec(line)?.[1]
      assert.equal(lines.filter(line => answerOf(line) !== undefined).length, 10)
      assert.deepEqual(unflushedAnswers(lines, answerOf), [])
    } finally {
      await trio.start('bob')
      await checker.watch(trio.bob)
    }
    await checker.settle()
  })

  describe('around the commit of a sign-up', () => {
    for (const at of moments) {
      it(`${at} the write at the registry: who was told so has an account, who was not asks again`, async () => {
        await trio.restart('registry', { at, write: 2, match: 'user/' })
        await using carol = await meet(trio.registryPlace, { name: `carol-${at}` })
        await using dave = await meet(trio.registryPlace, { name: `dave-${at}` })
        await signUp(carol)
        await assert.rejects(signUp(dave), { code: 'closed' })
        await trio.killed('registry')

        await trio.start('registry')
        await Promise.all([carol.dial(), dave.dial()])
        await signInByKey(carol)
        const isThere = await signInByKey(dave).then(
          () => true,
          () => false,
        )
        if (at !== 'in') assert.equal(isThere, at === 'after')
        if (!isThere) await signUp(dave)
        const { people } = await search(carol, `-${at}`)
        assert.deepEqual(
          people.map(({ name }) => name).filter(name => /carol|dave/.test(name)),
          [carol.name, dave.name],
        )
      })

      it(`${at} the write at the hub that signs up: asked again, it is the same account`, async () => {
        const name = `erin-${at}`
        await using erin = new Person(name, join(folder.path, name), { deadline: 60_000 })
        // The first write of the account is the draft, the second what the registry answered.
        configure(erin.home, { at, write: 2, match: 'account/' })
        await erin.start()
        await assert.rejects(erin.signUp(trio.registry.ready.address, password), isGone)
        assert.equal(await erin.hub.ended, 'SIGKILL')

        configure(erin.home)
        await erin.start()
        const { hub } = await erin.client.request('status', {})
        const account = hub?.accounts[0] ?? (await erin.signUp(trio.registry.ready.address, password))
        assert.equal(account.name, name)
        if (at !== 'in') assert.equal(hub?.accounts.length, at === 'after' ? 1 : 0)
        const { people } = await erin.client.request('who', { query: name })
        assert.deepEqual(
          people.map(({ user }) => user),
          [account.user],
        )
      })
    }
  })

  describe('ten times at random, while both write to each other', () => {
    const seed = Number(process.env.PARLEY_TEST_SEED ?? randomInt(2 ** 31))

    it(`loses nothing acknowledged and doubles nothing (again: PARLEY_TEST_SEED=${seed})`, async () => {
      const said: string[] = []
      try {
        assert.ok((await storm(trio, { seed, kills: 10, tell: line => said.push(line) })) > 20)
      } catch (error) {
        throw new Error(`seed ${seed}\n${said.join('\n')}`, { cause: error })
      }
    })
  })
})
