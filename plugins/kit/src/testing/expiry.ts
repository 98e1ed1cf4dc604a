import assert from 'node:assert/strict'
import { bytes, type OpenStorage, text, withStorage } from './subject.ts'

const hour = 3600_000

export function expiryTests(open: OpenStorage): void {
  describe('expiry', () => {
    it('makes an expired row absent in get, list and check', () =>
      withStorage(open, async storage => {
        await storage.write([
          { put: 'x/1', value: bytes('1'), expires: Date.now() - 1 },
          { put: 'x/2', value: bytes('2'), expires: Date.now() + hour },
          { put: 'x/3', value: bytes('3'), expires: 0 },
          { put: 'x/4', value: bytes('4') },
        ])
        assert.deepEqual((await storage.get(['x/1', 'x/2', 'x/3', 'x/4'])).map(text), [undefined, '2', undefined, '4'])
        for (const reverse of [false, true]) {
          const { rows, more } = await storage.list('x/', { limit: 2, reverse })
          assert.deepEqual(rows.map(([key]) => key).toSorted(), ['x/2', 'x/4'])
          assert.equal(more, false)
        }
        assert.equal(await storage.write([{ check: 'x/1', is: bytes('1') }]), 'conflict')
        assert.equal(await storage.write([{ check: 'x/1', is: undefined }]), 'committed')
      }))

    it('tells in lists when a row expires, as it was put last', () =>
      withStorage(open, async storage => {
        const expires = Date.now() + hour
        await storage.write([
          { put: 'x/1', value: bytes('1'), expires },
          { put: 'x/2', value: bytes('2') },
          { put: 'x/3', value: bytes('3'), expires },
          { put: 'x/4', value: bytes('4'), expires: Number.MAX_SAFE_INTEGER },
        ])
        await storage.write([
          { put: 'x/1', value: bytes('1'), expires: expires + 1 },
          { put: 'x/3', value: bytes('3') },
        ])
        const told = [expires + 1, undefined, undefined, Number.MAX_SAFE_INTEGER]
        for (const reverse of [false, true]) {
          const { rows } = await storage.list('x/', { limit: 9, reverse })
          assert.deepEqual(
            rows.map(row => row[2]),
            reverse ? told.toReversed() : told,
          )
        }
      }))

    it('does not count an expired row as more', () =>
      withStorage(open, async storage => {
        await storage.write([
          { put: 'x/1', value: bytes('1') },
          { put: 'x/2', value: bytes('2'), expires: 1 },
        ])
        assert.equal((await storage.list('x/', { limit: 1 })).more, false)
      }))

    it('ends a row when its time comes', () =>
      withStorage(open, async storage => {
        const expires = Date.now() + 150
        await storage.write([{ put: 'soon', value: bytes('soon'), expires }])
        for (;;) {
          const before = Date.now()
          const [value] = await storage.get(['soon'])
          const after = Date.now()
          if (after < expires) assert.equal(text(value), 'soon', 'gone too early')
          if (before >= expires) {
            assert.equal(value, undefined, 'there too late')
            break
          }
          await new Promise(resolve => setTimeout(resolve, 5))
        }
      }))

    it('lets an expired name be claimed again, for good', () =>
      withStorage(open, async storage => {
        await storage.write([{ put: 'name', value: bytes('old'), expires: 1 }])
        const claim = [
          { check: 'name', is: undefined },
          { put: 'name', value: bytes('new') },
        ]
        assert.equal(await storage.write(claim), 'committed')
        assert.equal(text((await storage.get(['name']))[0]), 'new')
      }))

    it('takes the time of the last put: one without a time clears it', () =>
      withStorage(open, async storage => {
        const put = (value: string, expires?: number) =>
          storage.write([{ put: 'a', value: bytes(value), ...(expires === undefined ? {} : { expires }) }])
        const expires = Date.now() + 60
        await put('1', expires)
        await put('2')
        while (Date.now() <= expires) await new Promise(resolve => setTimeout(resolve, 5))
        // Writes may clear expired rows away: this one must not be taken for one.
        await storage.write(
          Array.from({ length: 50 }, (_, index) => ({ put: `b/${index}`, value: bytes(''), expires: 1 })),
        )
        await storage.write([{ put: 'c', value: bytes('') }])
        assert.equal(text((await storage.get(['a']))[0]), '2')
        await put('3', 1)
        assert.equal((await storage.get(['a']))[0], undefined)
      }))
  })
}
