import assert from 'node:assert/strict'
import type { Storage } from '../storage.ts'
import { bytes, fill, type OpenStorage, text, withStorage } from './subject.ts'

export function batchTests(open: OpenStorage): void {
  describe('batches', () => {
    it('applies all when every check holds', () =>
      withStorage(open, async storage => {
        await fill(storage, ['a', 'b'])
        const outcome = await storage.write([
          { check: 'a', is: bytes('a') },
          { check: 'none', is: undefined },
          { put: 'a', value: bytes('2') },
          { put: 'c', value: bytes('c') },
          { remove: 'b' },
        ])
        assert.equal(outcome, 'committed')
        assert.deepEqual((await storage.get(['a', 'b', 'c'])).map(text), ['2', undefined, 'c'])
      }))

    it('applies nothing when one check does not hold, wherever it stands', () =>
      withStorage(open, async storage => {
        await fill(storage, ['a', 'b'])
        const wrong = [
          { check: 'a', is: bytes('other') },
          { check: 'a', is: undefined },
          { check: 'a', is: bytes('a\0') },
          { check: 'a', is: bytes('') },
          { check: 'none', is: bytes('none') },
          { check: 'none', is: bytes('') },
        ]
        for (const check of wrong) {
          const outcome = await storage.write([{ put: 'c', value: bytes('c') }, { remove: 'b' }, check])
          assert.equal(outcome, 'conflict')
        }
        assert.deepEqual((await storage.get(['a', 'b', 'c'])).map(text), ['a', 'b', undefined])
      }))

    it('checks before it changes, so a key can be claimed or replaced', () =>
      withStorage(open, async storage => {
        const claim = (is: string | undefined, value: string) =>
          storage.write([
            { put: 'name', value: bytes(value) },
            { check: 'name', is: is === undefined ? undefined : bytes(is) },
          ])
        assert.equal(await claim(undefined, 'one'), 'committed')
        assert.equal(await claim(undefined, 'two'), 'conflict')
        assert.equal(await claim('one', 'three'), 'committed')
        assert.equal(text((await storage.get(['name']))[0]), 'three')
      }))

    it('takes a batch of checks alone, and an empty one', () =>
      withStorage(open, async storage => {
        assert.equal(await storage.write([{ check: 'a', is: undefined }]), 'committed')
        assert.equal(await storage.write([{ check: 'a', is: bytes('a') }]), 'conflict')
        assert.equal(await storage.write([]), 'committed')
      }))

    it('lets exactly one of many simultaneous claims win', () =>
      withStorage(open, async storage => {
        const claims = Array.from({ length: 100 }, (_, index) =>
          storage.write([
            { check: 'name', is: undefined },
            { put: 'name', value: bytes(String(index)) },
            { put: `claim/${index}`, value: bytes('') },
          ]),
        )
        const outcomes = await Promise.all(claims)
        const winner = outcomes.indexOf('committed')
        assert.equal(outcomes.filter(outcome => outcome === 'committed').length, 1)
        assert.equal(text((await storage.get(['name']))[0]), String(winner))
        assert.deepEqual(
          (await storage.list('claim/', { limit: 9 })).rows.map(([key]) => key),
          [`claim/${winner}`],
        )
      }))

    it('counts right when many count at once', () =>
      withStorage(open, async storage => {
        await Promise.all(Array.from({ length: 16 }, () => count(storage, 'counter', 10)))
        assert.equal(text((await storage.get(['counter']))[0]), '160')
      }))

    it('refuses a write skew: of two that each rely on what the other changes, one fails', () =>
      withStorage(open, async storage => {
        await storage.write([
          { put: 'on-call/a', value: bytes('yes') },
          { put: 'on-call/b', value: bytes('yes') },
        ])
        const leave = (me: string, other: string) =>
          storage.write([{ check: `on-call/${other}`, is: bytes('yes') }, { remove: `on-call/${me}` }])
        const outcomes = await Promise.all([leave('a', 'b'), leave('b', 'a')])
        assert.deepEqual(outcomes.toSorted(), ['committed', 'conflict'])
        assert.equal((await storage.list('on-call/', { limit: 9 })).rows.length, 1)
      }))

    it('shows a write to whoever reads after it was answered', () =>
      withStorage(open, async storage => {
        await Promise.all(
          Array.from({ length: 200 }, async (_, index) => {
            await storage.write([{ put: `own/${index}`, value: bytes(String(index)) }])
            assert.equal(text((await storage.get([`own/${index}`]))[0]), String(index))
          }),
        )
        assert.equal((await storage.list('own/', { limit: 1_000 })).rows.length, 200)
      }))

    it('keeps the order of writes that one caller sends without waiting', () =>
      withStorage(open, async storage => {
        const writes = Array.from({ length: 100 }, (_, index) =>
          storage.write([{ put: 'last', value: bytes(String(index)) }]),
        )
        await Promise.all(writes)
        assert.equal(text((await storage.get(['last']))[0]), '99')
      }))
  })
}

async function count(storage: Storage, key: string, times: number): Promise<void> {
  for (let done = 0; done < times; ) {
    const [is] = await storage.get([key])
    const next = bytes(String(Number(text(is) ?? 0) + 1))
    if (
      (await storage.write([
        { check: key, is },
        { put: key, value: next },
      ])) === 'committed'
    )
      done++
  }
}
