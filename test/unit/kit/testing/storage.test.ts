import assert from 'node:assert/strict'
import type { Change, Storage } from '@parley/kit'
import { openMemoryStorage } from '@parley/storage-memory'
import { openSqliteStorage } from '@parley/storage-sqlite'
import { silentLog } from '../../../../daemon/src/log.ts'
import { testStorage } from '../../../../plugins/kit/src/testing/index.ts'
import { failuresOf } from '../../../support/inner-mocha.ts'

/** A way to be wrong, and a part of the title of a test that must notice. */
type Fault = readonly [what: string, noticedBy: string, wrong: (storage: Storage) => Partial<Storage>]

const faults: readonly Fault[] = [
  ['says it is durable', 'power cut', () => ({ durable: true })],
  ['drops a value', 'in the order of the question', () => ({ get: async keys => keys.map(() => undefined) })],
  [
    'gives values in the order of keys',
    'in the order of the question',
    storage => ({ get: keys => storage.get(keys.toSorted()) }),
  ],
  [
    'takes empty for absent',
    'tells an empty value from none',
    storage => ({ get: async keys => (await storage.get(keys)).map(value => (value?.length ? value : undefined)) }),
  ],
  ['shares the bytes that it gives', 'copies what it gives', sharing],
  [
    'writes later what it is given',
    'copies what it is given',
    storage => ({ write: changes => Promise.resolve().then(() => storage.write(changes)) }),
  ],
  [
    'ignores checks',
    'applies nothing when one check',
    storage => ({ write: changes => storage.write(changes.filter(change => !('check' in change))) }),
  ],
  ['applies changes before it checks', 'applies nothing when one check', inParts],
  ['loses every fifth write', 'shows a write to whoever reads', losing],
  [
    'swallows errors',
    'refuses a key with a space',
    storage => ({ write: changes => storage.write(changes).catch(() => 'committed') }),
  ],
  ['checks what was read a moment ago', 'counts right when many count at once', checksEarly],
  [
    'counts one row too many',
    'says whether more follows',
    storage => ({ list: async (prefix, range) => ({ ...(await storage.list(prefix, range)), more: true }) }),
  ],
  [
    'gives more rows than the limit',
    'says whether more follows',
    storage => ({ list: (prefix, range) => storage.list(prefix, { ...range, limit: range.limit + 1 }) }),
  ],
  [
    'takes batches of any number of changes',
    'refuses too many changes',
    storage => ({
      async write(changes) {
        await storage.write(changes.slice(1000))
        return storage.write(changes.slice(0, 1000))
      },
    }),
  ],
  [
    'skips the first row on the way back',
    'goes in byte order, both ways',
    storage => ({
      async list(prefix, range) {
        const { rows, more } = await storage.list(prefix, range)
        return { rows: range.reverse ? rows.slice(1) : rows, more }
      },
    }),
  ],
  ['lists at several moments', 'sees one moment', listsInParts],
  [
    'forgets the end of the prefix',
    'no neighbour',
    storage => ({ list: (prefix, range) => storage.list(prefix.slice(0, -1), range) }),
  ],
  [
    'includes "after"',
    'goes on behind "after"',
    storage => ({
      list: (prefix, { after, ...range }) =>
        storage.list(prefix, after ? { ...range, after: range.reverse ? `${after}!` : after.slice(0, -1) } : range),
    }),
  ],
  [
    'lists in one direction',
    'goes in byte order, both ways',
    storage => ({ list: (prefix, range) => storage.list(prefix, { ...range, reverse: false }) }),
  ],
  [
    'orders as people do',
    'goes in byte order',
    storage => ({
      list: async (prefix, range) => {
        const page = await storage.list(prefix, range)
        return { ...page, rows: page.rows.toSorted(([a], [b]) => a.localeCompare(b)) }
      },
    }),
  ],
  [
    'forgets times of expiry',
    'ends a row when its time comes',
    storage => ({
      write: changes =>
        storage.write(changes.map(change => ('put' in change ? { put: change.put, value: change.value } : change))),
    }),
  ],
  [
    'keeps times of expiry to itself',
    'tells in lists when a row expires',
    storage => ({
      list: async (prefix, range) => {
        const { rows, more } = await storage.list(prefix, range)
        return { rows: rows.map(([key, value]) => [key, value] as const), more }
      },
    }),
  ],
  ['keeps a time of expiry', 'takes the time of the last put', keepsExpiry],
  [
    'takes any key',
    'refuses a key with a space',
    storage => ({
      write: changes =>
        storage.write(
          changes.map(change => ('put' in change ? { ...change, put: change.put.replaceAll(' ', '_') } : change)),
        ),
    }),
  ],
  ['applies a part of a refused batch', 'refuses a key put twice', inParts],
  [
    'reads at several moments',
    'sees one moment',
    storage => ({
      get: async keys => {
        const values = []
        for (const key of keys) {
          await new Promise(setImmediate)
          values.push(...(await storage.get([key])))
        }
        return values
      },
    }),
  ],
]

describe('the conformance suite', () => {
  it('passes what conforms', async () => assert.deepEqual(await failuresOf(suiteOf(openMemoryStorage)), []))

  for (const [what, noticedBy, wrong] of faults) {
    it(`notices a storage that ${what}`, async () => {
      const suite = suiteOf(() => {
        const storage = openMemoryStorage()
        const { durable, get, list, write } = { ...methodsOf(storage), ...wrong(storage) }
        return { durable, get, list, write }
      })
      const failures = await failuresOf(suite, noticedBy)
      assert.ok(failures.length > 0, `no test about ${JSON.stringify(noticedBy)} failed`)
    })
  }
})

describe('the conformance suite, of a process that is killed', () => {
  for (const [what, module, fails] of [
    ['passes a storage that writes before it answers', import.meta.resolve('@parley/storage-sqlite'), false],
    [
      'notices a storage that answers before it has written',
      import.meta.resolve('../../../support/hasty-storage.ts'),
      true,
    ],
  ] as const) {
    it(what, async function () {
      this.timeout(30_000)
      const suite = () =>
        testStorage(
          async dir => {
            const log = silentLog
            const storage = await openSqliteStorage({ dir, log, signal: new AbortController().signal })
            return { storage, close: () => storage.close() }
          },
          { durable: true, crash: { module } },
        )
      const failures = await failuresOf(suite, 'killed after 400')
      assert.equal(failures.length > 0, fails, failures.join(', '))
    })
  }
})

const suiteOf = (open: () => Storage) => () =>
  testStorage(() => ({ storage: open(), close: () => {} }), { durable: false })

function methodsOf(storage: Storage): Storage {
  return {
    durable: storage.durable,
    get: keys => storage.get(keys),
    list: (prefix, range) => storage.list(prefix, range),
    write: changes => storage.write(changes),
  }
}

function sharing(storage: Storage): Partial<Storage> {
  const known = new Map<string, Uint8Array>()
  return {
    async get(keys) {
      const values = await storage.get(keys)
      return keys.map((key, index) => {
        const value = known.get(key) ?? values[index]
        if (value) known.set(key, value)
        return value
      })
    },
  }
}

function losing(storage: Storage): Partial<Storage> {
  let count = 0
  return { write: async changes => (++count % 5 === 0 ? 'committed' : storage.write(changes)) }
}

function listsInParts(storage: Storage): Partial<Storage> {
  return {
    async list(prefix, range) {
      const rows = []
      for (let after = range.after; ; after = rows.at(-1)?.[0]) {
        const page = await storage.list(prefix, { ...range, limit: 1, ...(after === undefined ? {} : { after }) })
        rows.push(...page.rows)
        if (!page.more || rows.length === range.limit) return { rows, more: page.more }
        await new Promise(setImmediate)
      }
    },
  }
}

function inParts(storage: Storage): Partial<Storage> {
  return {
    async write(changes) {
      for (const change of changes.filter(one => !('check' in one))) await storage.write([change])
      return storage.write(changes.filter(change => 'check' in change))
    },
  }
}

function checksEarly(storage: Storage): Partial<Storage> {
  return {
    async write(changes) {
      const checks = changes.filter(change => 'check' in change)
      if ((await storage.write(checks)) === 'conflict') return 'conflict'
      await new Promise(setImmediate)
      return storage.write(changes.filter(change => !('check' in change)))
    },
  }
}

function keepsExpiry(storage: Storage): Partial<Storage> {
  const times = new Map<string, number>()
  const kept = (change: Change): Change => {
    if (!('put' in change)) return change
    const expires = change.expires ?? times.get(change.put)
    if (expires === undefined) return change
    times.set(change.put, expires)
    return { ...change, expires }
  }
  return { write: changes => storage.write(changes.map(kept)) }
}
