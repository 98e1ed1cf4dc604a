import assert from 'node:assert/strict'
import { openMemoryStorage } from '@parley/storage-memory'
import fc from 'fast-check'
import { connect, type Fate, Home, person, type Wire } from '../../../../support/conversations.ts'
import { eachStorage } from '../../../../support/each-storage.ts'
import { FaultyStorage } from '../../../../support/faulty-storage.ts'

/** Links both until each has all of the other's, and checks what must then hold. */
async function healAndCheck(alice: Home, bob: Home, said: { alice: string[]; bob: string[] }): Promise<void> {
  const wire = connect(alice, bob)
  await alice.delivered(bob.person)
  await bob.delivered(alice.person)
  const [atAlice, atBob] = [await alice.messages(bob.person), await bob.messages(alice.person)]
  assert.deepEqual(
    atAlice.map(({ message }) => message),
    atBob.map(({ message }) => message),
    'the same pages on both sides',
  )
  assert.equal(new Set(atAlice.map(({ message }) => message)).size, atAlice.length, 'each once')
  const by = (home: Home) => atAlice.filter(({ user }) => user === home.person.user).map(({ text }) => text)
  assert.deepEqual(by(alice), said.alice, 'alice’s own order')
  assert.deepEqual(by(bob), said.bob, 'bob’s own order')
  for (const home of [alice, bob]) assertStatesNeverGoBack(home)
  wire.cut()
}

function assertStatesNeverGoBack(home: Home): void {
  const delivered = new Set<string>()
  for (const { message, state, text } of home.told) {
    if (state === 'delivered') delivered.add(message)
    else if (state === 'queued') assert.ok(!delivered.has(message), `${text} went back to queued`)
  }
}

eachStorage(open => {
  it('a cut at every frame loses nothing and doubles nothing', async () => {
    for (let at = 1; at <= 14; at++) {
      await using alice = await Home.open(person('alice'), await open())
      await using bob = await Home.open(person('bob'), await open())
      const said = { alice: ['a0', 'a1', 'a2'], bob: ['b0', 'b1'] }
      for (const text of said.alice.slice(0, 2)) await alice.send(bob.person, text)
      await bob.send(alice.person, 'b0')
      const wire = connect(alice, bob, { fate: ({ number }) => (number === at ? 'cut' : 'deliver') })
      await Promise.all([alice.send(bob.person, 'a2'), bob.send(alice.person, 'b1')])
      await Promise.race([once(wire), Promise.all([alice.delivered(bob.person), bob.delivered(alice.person)])])
      wire.cut()
      await healAndCheck(alice, bob, said)
    }
  })
})

describe('any history of cuts, restarts, lost and doubled frames', () => {
  const step = fc.oneof(
    {
      weight: 6,
      arbitrary: fc.record({
        is: fc.constant('send' as const),
        alice: fc.boolean(),
        count: fc.integer({ min: 1, max: 6 }),
      }),
    },
    {
      weight: 2,
      arbitrary: fc.record({
        is: fc.constant('link' as const),
        fates: fc.array(fc.constantFrom<Fate>('deliver', 'deliver', 'deliver', 'duplicate', 'drop', 'cut'), {
          maxLength: 20,
        }),
      }),
    },
    { weight: 1, arbitrary: fc.record({ is: fc.constant('restart' as const), alice: fc.boolean() }) },
    { weight: 1, arbitrary: fc.record({ is: fc.constant('unknown' as const), alice: fc.boolean() }) },
    { weight: 3, arbitrary: fc.record({ is: fc.constant('turn' as const), turns: fc.integer({ min: 1, max: 12 }) }) },
  )
  it('heals to the same pages on both sides', async () => {
    const property = fc.asyncProperty(fc.array(step, { maxLength: 25 }), async steps => {
      const storages = { alice: new FaultyStorage(openMemoryStorage()), bob: new FaultyStorage(openMemoryStorage()) }
      await using alice = await Home.open(person('alice'), storages.alice)
      await using bob = await Home.open(person('bob'), storages.bob)
      const said = { alice: [] as string[], bob: [] as string[] }
      const sending: Promise<unknown>[] = []
      for (const each of steps) {
        if (each.is === 'send') {
          const [from, to, list] = each.alice ? [alice, bob, said.alice] : ([bob, alice, said.bob] as const)
          for (let index = 0; index < each.count; index++) {
            const text = `${from.person.name} ${list.length}`
            list.push(text)
            sending.push(from.send(to.person, text))
          }
        } else if (each.is === 'link') {
          connect(alice, bob, { fate: ({ number }) => each.fates[number - 1] ?? 'deliver' })
        } else if (each.is === 'unknown') {
          let left = 1
          storages[each.alice ? 'alice' : 'bob'].fate = () => (left-- > 0 ? 'unknown' : 'commit')
        } else if (each.is === 'restart') {
          await Promise.all(sending.splice(0))
          await (each.alice ? alice : bob).restart()
        } else {
          for (let turn = 0; turn < each.turns; turn++) await new Promise(setImmediate)
        }
      }
      await Promise.all(sending)
      for (const home of [alice, bob]) await home.restart()
      await healAndCheck(alice, bob, said)
    })
    await fc.assert(property, { numRuns: 60, interruptAfterTimeLimit: 25_000, markInterruptAsFailure: false })
  })
})

function once(wire: Wire): Promise<void> {
  return new Promise(resolve => {
    if (wire.closed.aborted) resolve()
    else wire.closed.addEventListener('abort', () => resolve())
  })
}
