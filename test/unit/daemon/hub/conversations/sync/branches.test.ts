import assert from 'node:assert/strict'
import { isDeepStrictEqual } from 'node:util'
import type { Storage } from '@parley/kit'
import { openMemoryStorage } from '@parley/storage-memory'
import fc from 'fast-check'
import { limits } from '../../../../../../daemon/src/limits.ts'
import { connect, type Fate, Home, person, type Wire, withDevice } from '../../../../../support/conversations.ts'
import { until } from '../../../../../support/wait.ts'

/** All rows of a home, as a backup or a copied folder has them. */
async function copyOf(storage: Storage): Promise<Storage> {
  const copy = openMemoryStorage()
  for (let after: string | undefined, more = true; more; ) {
    const page = await storage.list('', { limit: 500, ...(after === undefined ? {} : { after }) })
    if (page.rows.length > 0) await copy.write(page.rows.map(([put, value]) => ({ put, value })))
    after = page.rows.at(-1)?.[0]
    more = page.more
  }
  return copy
}

const quick = { offerPause: 20 }

describe('a home of which a copy runs', () => {
  it('goes on beside it: everything that either wrote is everywhere, in one order, and the next entry names both', async () => {
    const alice = person('alice')
    await using bob = await Home.open(person('bob'), undefined, undefined, quick)
    await using first = await Home.open(alice, undefined, undefined, quick)
    const begun = connect(first, bob)
    for (let index = 0; index < 5; index++) await first.send(bob.person, `before ${index}`)
    await first.delivered(bob.person)
    begun.cut()
    await using copy = await Home.open(alice, await copyOf(first.storage), undefined, quick)
    // Each goes on without the other, as if offline, on a device of its own.
    await using carol = await Home.open(withDevice(bob.person), undefined, undefined, quick)
    const one = connect(first, bob)
    const other = connect(copy, carol)
    for (let index = 0; index < 3; index++) {
      await first.send(bob.person, `first ${index}`)
      await copy.send(bob.person, `copy ${index}`)
    }
    await first.delivered(bob.person)
    await copy.delivered(bob.person)
    one.cut()
    other.cut()
    connect(first, carol)
    connect(copy, bob)
    connect(bob, carol)
    const homes = [first, copy, bob, carol]
    const texts = async (home: Home) => home.texts(home.person.user === alice.user ? bob.person : alice)
    await until('all have all', async () => (await Promise.all(homes.map(texts))).every(({ length }) => length === 11))
    const [one_, ...others] = await Promise.all(homes.map(texts))
    for (const each of others) assert.deepEqual(each, one_)
    const forked = bob.conversations.list()[0]?.problem
    assert.match(forked ?? '', /alice/)
    await first.send(bob.person, 'merged')
    await bob.until('no fork is left', async () => bob.conversations.list()[0]?.problem === undefined)
  })
})

describe('any history of several homes', () => {
  const home = fc.integer({ min: 0, max: 3 })
  const step = fc.oneof(
    {
      weight: 5,
      arbitrary: fc.record({ is: fc.constant('send' as const), home, count: fc.integer({ min: 1, max: 4 }) }),
    },
    {
      weight: 4,
      arbitrary: fc.record({
        is: fc.constant('link' as const),
        home,
        to: home,
        fates: fc.array(fc.constantFrom<Fate>('deliver', 'deliver', 'deliver', 'deliver', 'cut'), { maxLength: 12 }),
      }),
    },
    { weight: 1, arbitrary: fc.record({ is: fc.constant('copy' as const) }) },
    { weight: 1, arbitrary: fc.record({ is: fc.constant('restart' as const), home }) },
    { weight: 3, arbitrary: fc.record({ is: fc.constant('turn' as const), turns: fc.integer({ min: 1, max: 15 }) }) },
  )

  it('of two devices, one of them copied, and a friend ends with the same pages everywhere, and silence', async () => {
    const property = fc.asyncProperty(fc.array(step, { maxLength: 30 }), async steps => {
      const alice = person('alice')
      const bob = person('bob')
      const homes = [
        await Home.open(alice, undefined, undefined, quick),
        await Home.open(bob, undefined, undefined, quick),
        await Home.open(withDevice(alice), undefined, undefined, quick),
      ]
      const [first] = homes
      assert.ok(first)
      const wires: Wire[] = []
      const said: string[] = []
      const sending: Promise<unknown>[] = []
      const other = ({ person: { user } }: Home) => (user === alice.user ? bob : alice)
      for (const each of steps) {
        const one = 'home' in each ? homes[each.home] : undefined
        if (each.is === 'send' && one) {
          for (let index = 0; index < each.count; index++) {
            said.push(`${homes.indexOf(one)}: ${said.length}`)
            sending.push(one.send(other(one), said.at(-1) ?? ''))
          }
        } else if (each.is === 'link' && one) {
          const to = homes[each.to]
          if (to && to.person.account.device !== one.person.account.device)
            wires.push(connect(one, to, { fate: ({ number }) => each.fates[number - 1] ?? 'deliver' }))
        } else if (each.is === 'copy' && homes.length === 3) {
          await Promise.all(sending.splice(0))
          homes.push(await Home.open(alice, await copyOf(first.storage), undefined, quick))
        } else if (each.is === 'restart' && one) {
          await Promise.all(sending.splice(0))
          await one.restart()
        } else if (each.is === 'turn') {
          for (let turn = 0; turn < each.turns; turn++) await new Promise(setImmediate)
        }
      }
      await Promise.all(sending)
      for (const wire of wires) wire.cut()
      const last: Wire[] = []
      for (const [index, one] of homes.entries())
        for (const to of homes.slice(index + 1))
          if (to.person.account.device !== one.person.account.device) last.push(connect(one, to))
      const pages = () => Promise.all(homes.map(each => each.texts(other(each))))
      // What waited when the home was copied is sealed by both: it stands where it was sealed first.
      await until(
        'the same everywhere',
        async () => {
          const [page, ...others] = await pages()
          return page?.length === said.length && others.every(other => isDeepStrictEqual(other, page))
        },
        // A copy waits for a while for what only its original had.
        3 * limits.behind,
      )
      const [page] = await pages()
      assert.deepEqual(page?.toSorted(), said.toSorted())
      await silence(last)
      for (const each of homes) await each.stop()
    })
    await fc.assert(property, { numRuns: 25, interruptAfterTimeLimit: 25_000, markInterruptAsFailure: false })
  })
})

/** Resolves once nothing was said for a while. */
async function silence(wires: readonly Wire[]): Promise<void> {
  const count = () => wires.reduce((sum, { frames }) => sum + frames.length, 0)
  let before = -1
  let quiet = 0
  await until('silence', () => {
    quiet = count() === before ? quiet + 1 : 0
    before = count()
    return quiet > 10
  })
}
