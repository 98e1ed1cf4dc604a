import assert from 'node:assert/strict'
import { bytes, type OpenStorage, text, withFolder, withOpen } from './subject.ts'

export function durabilityTests(open: OpenStorage): void {
  describe('reopening', () => {
    it('finds what was there, times of expiry included', () =>
      withFolder(async dir => {
        await withOpen(open, dir, storage =>
          storage.write([
            { put: 'a', value: bytes('a') },
            { put: 'gone', value: bytes('gone'), expires: Date.now() + 50 },
            { put: 'later', value: bytes('later'), expires: Date.now() + 3600_000 },
          ]),
        )
        await new Promise(resolve => setTimeout(resolve, 60))
        await withOpen(open, dir, async storage => {
          assert.deepEqual((await storage.get(['a', 'gone', 'later'])).map(text), ['a', undefined, 'later'])
          await storage.write([{ put: 'b', value: bytes('b') }, { remove: 'a' }])
        })
        await withOpen(open, dir, async storage => {
          assert.deepEqual(
            (await storage.list('', { limit: 9 })).rows.map(([key]) => key),
            ['b', 'later'],
          )
        })
      }))

    it('finishes the writes that wait when it is closed', () =>
      withFolder(async dir => {
        const subject = await open(dir)
        const writes = Array.from({ length: 500 }, (_, index) =>
          subject.storage.write([{ put: `w/${index}`, value: bytes('') }]),
        )
        const outcomes = Promise.allSettled(writes)
        await subject.close()
        const committed = (await outcomes).filter(outcome => outcome.status === 'fulfilled').length
        await withOpen(open, dir, async storage => {
          const { rows } = await storage.list('w/', { limit: 1_000 })
          assert.ok(rows.length >= committed, `${rows.length} of ${committed} acknowledged rows`)
        })
      }))

    it('refuses every call once it is closed', () =>
      withFolder(async dir => {
        const subject = await open(dir)
        await subject.close()
        await assert.rejects(subject.storage.get(['a']))
        await assert.rejects(subject.storage.list('', { limit: 1 }))
        await assert.rejects(subject.storage.write([{ put: 'a', value: bytes('') }]))
        await subject.close()
      }))
  })
}
