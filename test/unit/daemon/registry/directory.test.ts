import assert from 'node:assert/strict'
import fc from 'fast-check'
import { limits } from '../../../../daemon/src/limits.ts'
import { type UserId, userId } from '../../../../daemon/src/protocol/ids.ts'
import { Directory, type Listed } from '../../../../daemon/src/registry/directory.ts'

describe('the directory', () => {
  it('puts names before display names, and starts before parts', async () => {
    const directory = await directoryOf([
      ['zoe', 'Zoe Anders'],
      ['brandt', 'Willy'],
      ['anna', 'Queen'],
      ['kurt', 'Anders Kurt'],
    ])
    assert.deepEqual(found(directory, 'an'), ['anna', 'kurt', 'brandt', 'zoe'])
  })

  it('does not mind case, nor how letters are composed', async () => {
    const directory = await directoryOf([
      ['jose', 'José Ángel'],
      ['wide', 'ＷＩＤＥ'],
    ])
    assert.deepEqual(found(directory, 'JOSE\u0301 A'.toLowerCase().slice(0, 5)), ['jose'])
    assert.deepEqual(found(directory, 'ángel'), ['jose'])
    assert.deepEqual(found(directory, 'wide'), ['wide'])
  })

  it('finds everybody for nothing, as many as are wanted', async () => {
    const directory = await directoryOf([
      ['bob', 'b'],
      ['alice', 'a'],
    ])
    assert.deepEqual(found(directory, '  '), ['alice', 'bob'])
    assert.deepEqual(directory.search('', 1), { people: directory.search('', 1).people, more: true })
  })

  it('lists everybody by name, page by page, in which somebody may have come', async () => {
    const directory = await directoryOf([
      ['dave', 'A'],
      ['bob', 'B'],
      ['alice', 'C'],
    ])
    const names = (after: string, limit: number) => {
      const { people, more } = directory.list(after, limit)
      return [people.map(({ name }) => name).join(), more]
    }
    assert.deepEqual(names('', 2), ['alice,bob', true])
    directory.add(person('carol', 'D', 4))
    assert.deepEqual(names('bob', 2), ['carol,dave', false])
    assert.deepEqual(names('c', 9), ['carol,dave', false])
    assert.deepEqual(names('dave', 9), ['', false])
  })

  it('finds those who came later, each once', async () => {
    const directory = await directoryOf([['bob', 'Bob']])
    directory.add(person('alice', 'Alice', 7))
    directory.add(person('alice', 'Alice', 7))
    assert.deepEqual(found(directory, ''), ['alice', 'bob'])
    assert.equal(directory.size, 2)
    assert.equal(directory.named('alice')?.displayName, 'Alice')
    assert.equal(directory.named('alic'), undefined)
    assert.equal(directory.named('zed'), undefined)
  })

  it('agrees with a plain filter, whatever is sought', async () => {
    const names = fc.uniqueArray(fc.stringMatching(/^[abc]{3,6}$/), { maxLength: 30 })
    await fc.assert(
      fc.asyncProperty(names, fc.stringMatching(/^[abc]{0,3}$/), fc.boolean(), async (all, query, isLoaded) => {
        const people = all.map((name, index) => person(name, [...name].reverse().join(''), index))
        const directory = new Directory()
        await directory.load(each(isLoaded ? people : []))
        for (const one of people) directory.add(one)
        const expected = people.filter(one => one.name.includes(query) || one.displayName.includes(query))
        const result = directory.search(query, 100)
        assert.deepEqual(result.people.map(({ name }) => name).sort(), expected.map(({ name }) => name).sort())
        const few = directory.search(query, 3)
        assert.deepEqual(few.people, result.people.slice(0, 3))
        assert.equal(few.more, result.people.length > 3)
      }),
    )
  })

  it('searches 100,000 people in a few ms', async () => {
    const directory = new Directory()
    const people = Array.from({ length: 100_000 }, (_, index) =>
      person(`user${index}`, `Person Number ${index}`, index),
    )
    await directory.load(each(people))
    const queries = ['nobody has this', 'user99999', 'ber 31', 'x']
    const times = queries.flatMap(query =>
      [1, 2, 3].map(() => timeOf(() => directory.search(query, limits.searchResults))),
    )
    const median = times.sort((a, b) => a - b)[times.length >> 1] ?? 0
    assert.ok(median < 10, `${median} ms`)
  })
})

const found = (directory: Directory, query: string) => directory.search(query, 100).people.map(({ name }) => name)

function directoryOf(names: [string, string][]): Promise<Directory> {
  const directory = new Directory()
  return directory
    .load(each(names.map(([name, displayName], index) => person(name, displayName, index))))
    .then(() => directory)
}

function person(name: string, displayName: string, number: number): Listed {
  const id = Buffer.alloc(16)
  id.writeUInt32BE(number)
  return { user: userId(id) satisfies UserId, name, displayName }
}

async function* each<T>(items: readonly T[]): AsyncGenerator<T> {
  yield* items
}

function timeOf(work: () => unknown): number {
  const start = performance.now()
  work()
  return performance.now() - start
}
