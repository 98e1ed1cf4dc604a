import assert from 'node:assert/strict'
import { type Change, type Storage, storageLimits } from '../storage.ts'
import { bytes, type OpenStorage, text, withStorage } from './subject.ts'

const { keyLength, valueSize, batchChanges, batchSize } = storageLimits

export function limitTests(open: OpenStorage): void {
  describe('limits', () => {
    it('takes the longest key and the largest value', () =>
      withStorage(open, async storage => {
        const key = 'k'.repeat(keyLength)
        const value = new Uint8Array(valueSize).fill(7)
        assert.equal(await storage.write([{ put: key, value }]), 'committed')
        assert.equal(Buffer.compare((await storage.get([key]))[0] ?? bytes(''), value), 0)
        assert.equal((await storage.list(key, { limit: 1 })).rows.length, 1)
        assert.deepEqual((await storage.list('', { limit: 1, after: key })).rows, [])
      }))

    it('takes the largest batches: by changes and by bytes', () =>
      withStorage(open, async storage => {
        const many = Array.from({ length: batchChanges }, (_, index) => ({ put: `many/${index}`, value: bytes('1') }))
        assert.equal(await storage.write(many), 'committed')
        assert.equal((await storage.list('many/', { limit: batchChanges })).rows.length, batchChanges)
        assert.equal(await storage.write(large(batchSize)), 'committed')
        assert.equal((await storage.list('large/', { limit: 100 })).rows.length, large(batchSize).length)
      }))

    const put = (key: string) => [{ put: key, value: bytes('') }]
    refuses('an empty key', put(''))
    refuses('a key that is too long', put('k'.repeat(keyLength + 1)))
    refuses('a key with a space', put('a b'))
    refuses('a key with a control character', put('a\nb'))
    refuses('a key with a NUL', put('a\0b'))
    refuses('a key with DEL', put('a\x7f'))
    refuses('a key beyond ASCII', put('ä'))
    refuses('a key with half a surrogate pair', put('\ud800'))
    refuses('a bad key in a remove', [{ remove: '' }])
    refuses('a bad key in a check', [{ check: 'ä', is: undefined }])
    refuses('a value that is too large', [{ put: 'a', value: new Uint8Array(valueSize + 1) }])
    refuses(
      'too many changes',
      Array.from({ length: batchChanges + 1 }, (_, index) => ({ remove: `a/${index}` })),
    )
    refuses('too many bytes', large(batchSize + 1))
    refuses('a key put twice', [...put('a'), ...put('a')])
    refuses('a key put and removed', [...put('a'), { remove: 'a' }])
    refuses('a key checked twice', [
      { check: 'a', is: undefined },
      { check: 'a', is: bytes('') },
    ])
    refuses('a time that is no whole number', [{ put: 'a', value: bytes(''), expires: 1.5 }])
    refuses('a time that is no number', [{ put: 'a', value: bytes(''), expires: Number.NaN }])
    refuses('a negative time', [{ put: 'a', value: bytes(''), expires: -1 }])

    it('refuses bad keys and ranges when reading', () =>
      withStorage(open, async storage => {
        await refused(storage.get(['a', 'ä']))
        await refused(storage.get(['']))
        await refused(storage.list('ä', { limit: 1 }))
        await refused(storage.list('p'.repeat(keyLength + 1), { limit: 1 }))
        await refused(storage.list('', { limit: 1, after: 'a b' }))
        for (const limit of [0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY]) {
          await refused(storage.list('', { limit }))
        }
      }))

    function refuses(what: string, wrong: readonly Change[]): void {
      it(`refuses ${what}, and applies nothing of the batch`, () =>
        withStorage(open, async storage => {
          await refused(storage.write([{ put: 'good', value: bytes('good') }, ...wrong].slice(-batchChanges - 1)))
          assert.deepEqual(await storage.list('', { limit: 1 }), { rows: [], more: false })
          await works(storage)
        }))
    }
  })
}

/** Values of the largest size, and one smaller, so that keys and values are `size` bytes in all. */
function large(size: number): Change[] {
  const changes: Change[] = []
  for (let left = size; left > 0; ) {
    const key = `large/${String(changes.length).padStart(4, '0')}`
    const length = Math.min(valueSize, left - key.length)
    changes.push({ put: key, value: new Uint8Array(length) })
    left -= key.length + length
  }
  return changes
}

async function refused(doing: Promise<unknown>): Promise<void> {
  await assert.rejects(doing, (error: Error) => error.name === 'StorageLimitError' && error.message.length > 10)
}

async function works(storage: Storage): Promise<void> {
  await storage.write([{ put: 'after', value: bytes('after') }])
  assert.equal(text((await storage.get(['after']))[0]), 'after')
}
