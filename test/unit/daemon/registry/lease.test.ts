import assert from 'node:assert/strict'
import type { Storage } from '@parley/kit'
import { openMemoryStorage } from '@parley/storage-memory'
import { silentLog } from '../../../../daemon/src/log.ts'
import { type Lease, type LeaseOptions, takeLease } from '../../../../daemon/src/registry/lease.ts'
import { eachStorage } from '../../../support/each-storage.ts'
import { FaultyStorage } from '../../../support/faulty-storage.ts'

/** Quick, but not so quick that a busy machine misses a renewal. */
const waits = { renew: 40, life: 1_000, look: 10 }
/** Never renewed within a test: as a process that was paused. */
const paused = { ...waits, renew: 3600_000 }
const value = new Uint8Array([1])

describe('the lease of a storage', () => {
  const held: Lease[] = []
  afterEach(async () => {
    for (const lease of held.splice(0)) await lease.close()
  })
  const take = async (storage: Storage, holder: string, changes: Partial<LeaseOptions> = {}) => {
    const signal = new AbortController().signal
    const lease = await takeLease({ storage, holder, place: `at ${holder}`, log: silentLog, signal, waits, ...changes })
    held.push(lease)
    return lease
  }

  eachStorage(open => {
    it('refuses a second holder while the first one renews it, and names the first', async () => {
      const storage = await open()
      const first = await take(storage, 'a')
      await assert.rejects(take(storage, 'b'), { code: 'already-running', message: /at a\. Stop it first/ })
      assert.equal(await first.storage.write([{ put: 'x', value }]), 'committed')
    })

    it('is taken over when it is not renewed; who held it before can write no more, and hears so', async () => {
      const storage = await open()
      const first = await take(storage, 'a', { waits: paused })
      const second = await take(storage, 'b')
      await assert.rejects(first.storage.write([{ put: 'x', value }]), { code: 'conflict', message: /taken over/ })
      assert.equal((await first.lost).code, 'conflict')
      await assert.rejects(first.storage.write([{ remove: 'y' }]), { code: 'conflict' })
      assert.deepEqual(await storage.get(['x']), [undefined])
      assert.equal(await second.storage.write([{ put: 'x', value }]), 'committed')
      await first.close()
      assert.equal(await second.storage.write([{ put: 'y', value }]), 'committed')
    })

    it('tells a conflict of the caller from its own', async () => {
      const storage = await open()
      const { storage: mine } = await take(storage, 'a')
      await mine.write([{ put: 'x', value }])
      assert.equal(
        await mine.write([
          { check: 'x', is: undefined },
          { put: 'x', value },
        ]),
        'conflict',
      )
      assert.equal(
        await mine.write([
          { check: 'x', is: value },
          { put: 'y', value },
        ]),
        'committed',
      )
    })
  })

  it('is free at once after a good end, and for the same home after any end', async () => {
    const storage = new FaultyStorage(openMemoryStorage())
    const first = await take(storage, 'a', { waits: paused })
    await first.close()
    const second = await take(storage, 'b', { waits: { ...paused, life: 3600_000 } })
    const again = await take(storage, 'b', { waits: { ...paused, life: 3600_000 } })
    await assert.rejects(second.storage.write([{ put: 'x', value }]), { code: 'conflict' })
    assert.equal(await again.storage.write([{ put: 'x', value }]), 'committed')
  })

  it('is one of two that come at the same moment', async () => {
    const storage = openMemoryStorage()
    const both = await Promise.allSettled([take(storage, 'a'), take(storage, 'b')])
    assert.deepEqual(both.map(({ status }) => status).toSorted(), ['fulfilled', 'rejected'])
  })

  it('notices at its next renewal that it was taken', async () => {
    const storage = openMemoryStorage()
    const first = await take(storage, 'a')
    await take(storage, 'a')
    assert.match((await first.lost).message, /so this one stops/)
  })

  it('outlives a storage that fails for a while', async () => {
    const storage = new FaultyStorage(openMemoryStorage())
    const lease = await take(storage, 'a')
    const before = storage.writes
    storage.fate = () => 'fail'
    await new Promise<void>(resolve => {
      storage.fate = () => {
        if (storage.writes > before + 2) resolve()
        return 'fail'
      }
    })
    storage.fate = () => 'commit'
    assert.equal(await lease.storage.write([{ put: 'x', value }]), 'committed')
  })

  it('gives up waiting when the daemon stops', async () => {
    const storage = openMemoryStorage()
    await take(storage, 'a', { waits: paused })
    const stopping = new AbortController()
    const waiting = take(storage, 'b', { signal: stopping.signal, waits: { ...waits, life: 3600_000 } })
    stopping.abort()
    await assert.rejects(waiting, { name: 'AbortError' })
  })
})
