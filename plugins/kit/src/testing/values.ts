import assert from 'node:assert/strict'
import { bytes, fill, type OpenStorage, text, withStorage } from './subject.ts'

/** Keys that look like paths, patterns, commands or properties of objects: they are only names here. */
const hostile = [
  '__proto__',
  'constructor',
  'toString',
  '..',
  '../../etc/passwd',
  '/',
  '//',
  "'; DROP TABLE rows; --",
  '"',
  '\\',
  '\\0',
  '%',
  '_',
  '*',
  '?',
  '[a-z]',
  '%00',
  '$(x)',
  '~',
  '!',
  '{"a":1}',
  'a:b',
  'a\\nb',
  '0',
  '1e3',
  'null',
  'undefined',
  'CON',
  'a.lock',
].map(key => key.replaceAll(' ', '+')) // a space is no part of a key

export function valueTests(open: OpenStorage): void {
  describe('values', () => {
    it('gives what was put, in the order of the question, and undefined for the rest', () =>
      withStorage(open, async storage => {
        await fill(storage, ['a', 'b'])
        const values = await storage.get(['b', 'none', 'a', 'b'])
        assert.deepEqual(values.map(text), ['b', undefined, 'a', 'b'])
        assert.deepEqual(await storage.get([]), [])
      }))

    it('replaces and removes', () =>
      withStorage(open, async storage => {
        await fill(storage, ['a', 'b'])
        await storage.write([{ put: 'a', value: bytes('new') }, { remove: 'b' }, { remove: 'none' }])
        assert.deepEqual((await storage.get(['a', 'b'])).map(text), ['new', undefined])
      }))

    it('keeps every byte, and tells an empty value from none', () =>
      withStorage(open, async storage => {
        const all = Uint8Array.from({ length: 256 }, (_, index) => index)
        await storage.write([
          { put: 'all', value: all },
          { put: 'empty', value: new Uint8Array(0) },
        ])
        const [same, empty, none] = await storage.get(['all', 'empty', 'none'])
        assert.deepEqual([...(same ?? [])], [...all])
        assert.equal(empty?.byteLength, 0)
        assert.equal(none, undefined)
      }))

    it('copies what it is given: bytes changed afterwards change nothing', () =>
      withStorage(open, async storage => {
        const pool = bytes('--value--')
        const writing = storage.write([{ put: 'a', value: pool.subarray(2, 7) }])
        pool.fill(0)
        await writing
        assert.equal(text((await storage.get(['a']))[0]), 'value')
        const check = bytes('value')
        const checking = storage.write([{ check: 'a', is: check }])
        check.fill(0)
        assert.equal(await checking, 'committed')
      }))

    it('copies what it gives: bytes changed by a reader change nothing', () =>
      withStorage(open, async storage => {
        await fill(storage, ['a'])
        const [first] = await storage.get(['a'])
        first?.fill(0)
        const page = await storage.list('', { limit: 1 })
        page.rows[0]?.[1].fill(0)
        assert.equal(text((await storage.get(['a']))[0]), 'a')
        const [one, other] = await storage.get(['a', 'a'])
        one?.fill(0)
        assert.equal(text(other), 'a')
      }))

    it('takes hostile keys for the names that they are', () =>
      withStorage(open, async storage => {
        await fill(storage, hostile)
        assert.deepEqual((await storage.get(hostile)).map(text), hostile)
        for (const key of hostile) {
          const { rows } = await storage.list(key, { limit: hostile.length })
          assert.deepEqual(
            rows.map(([found]) => found),
            hostile.filter(other => other.startsWith(key)).sort(),
          )
        }
        assert.deepEqual(
          (await storage.get(['hasOwnProperty', 'valueOf', 'A', 'Null'])).map(text),
          Array(4).fill(undefined),
        )
      }))
  })
}
