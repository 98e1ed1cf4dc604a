import assert from 'node:assert/strict'
import type { Change, Storage } from '@parley/kit'
import { openKeyvStorage } from '@parley/storage-keyv'
import { silentLog } from '../../../daemon/src/log.ts'
import { temporaryFolder } from '../../support/folder.ts'
import type { Planted } from '../../support/planted-adapter.ts'

const adapter = new URL('../../support/planted-adapter.ts', import.meta.url).pathname
const bytes = (text: string) => new TextEncoder().encode(text)

/** A batch that puts, replaces and removes; the large one has a journal entry of several parts. */
const batches: Readonly<Record<string, { readonly changes: readonly Change[]; readonly size: number }>> = {
  small: { changes: batchOf(40), size: 40 },
  large: { changes: batchOf(300_000), size: 300_000 },
}

function batchOf(size: number): Change[] {
  const value = new Uint8Array(size / 4).fill(7)
  const puts = ['replaced', 'a', 'b', 'c'].map(put => ({ put, value }))
  return [...puts, { remove: 'removed' }]
}

describe('storage-keyv and a crash', () => {
  for (const [what, { changes }] of Object.entries(batches)) {
    for (const does of ['nothing', 'half', 'all'] as const) {
      it(`applies a ${what} batch whole or not at all, at each call that does ${does} and is the last`, async () => {
        const outcomes = new Set<string>()
        for (let last = 1; ; last++) {
          const outcome = await crash(changes, last, does)
          outcomes.add(outcome)
          if (outcome === 'survived') break
          assert.ok(last < 100, 'it never survives')
        }
        // The first call of a small one is what makes it count.
        if (what !== 'small' || does !== 'all') assert.ok(outcomes.has('before'))
        assert.ok(outcomes.has('after'))
      })
    }
  }

  it('ends at any call of the opening that finishes a crash, and is finished by the next one', async () => {
    await using folder = await temporaryFolder()
    const values = new Map<string, string>()
    const storage = await open(folder.path, { values, calls: 0 })
    await storage.write([{ put: 'removed', value: bytes('old') }])
    await storage.write(batchOf(40))
    // As the journal leaves it when the process ends at once: nothing was said at the end.
    const left = new Map(values)
    await storage.close()
    for (const does of ['nothing', 'half', 'all'] as const) {
      let isOpen = false
      for (let last = 1; !isOpen; last++) {
        assert.ok(last < 40, 'it never opens')
        const values = new Map(left)
        const opened = await open(folder.path, { values, calls: 0, last, does }, 30).catch(() => undefined)
        isOpen = opened !== undefined
        await opened?.close()
        const after = await open(folder.path, { values, calls: 0 })
        assert.deepEqual(await keysOf(after), ['a', 'b', 'c', 'replaced'])
        await after.close()
      }
    }
  })

  it('leaves out what a call that was given up writes later', async () => {
    await using folder = await temporaryFolder()
    const values = new Map<string, string>()
    const storage = await open(folder.path, { values, calls: 0 })
    await storage.write([{ put: 'a', value: bytes('late') }])
    const late = [...values].find(([key]) => key.includes(':journal:')) ?? assert.fail('no journal')
    await storage.close()
    const next = await open(folder.path, { values, calls: 0 })
    await next.write([{ put: 'a', value: bytes('new') }])
    values.set(...late)
    await next.close()
    const last = await open(folder.path, { values, calls: 0 })
    assert.deepEqual(
      await last.get(['a']),
      [bytes('new')].map(value => Uint8Array.from(value)),
    )
    await last.close()
    assert.equal([...values.keys()].filter(key => key.includes(':journal:')).length, 0)
  })
})

/** What the next opening finds of a batch whose process ended at the adapter's n-th call since it was opened. */
async function crash(
  changes: readonly Change[],
  last: number,
  does: 'nothing' | 'half' | 'all',
): Promise<'before' | 'after' | 'survived'> {
  await using folder = await temporaryFolder()
  const values = new Map<string, string>()
  const first = await open(folder.path, { values, calls: 0 })
  await first.write([
    { put: 'replaced', value: bytes('old') },
    { put: 'removed', value: bytes('old') },
  ])
  await first.close()
  const opening: Planted = { values, calls: 0 }
  const opened = await open(folder.path, opening)
  const planted: Planted = { values, calls: 0, last: opening.calls + last, does }
  await opened.close()
  const storage = await open(folder.path, planted, 30).catch(() => undefined)
  const answer = await storage?.write(changes).catch(() => undefined)
  await storage?.close()
  const isAlive = storage !== undefined && planted.calls < (planted.last ?? 0)
  const found = await open(folder.path, { values, calls: 0 })
  const keys = (await keysOf(found)).join(' ')
  const [replaced] = await found.get(['replaced'])
  await found.close()
  const isAfter = keys === 'a b c replaced' && replaced?.length !== 3
  assert.ok(isAfter || (keys === 'removed replaced' && replaced?.length === 3), `torn: ${keys}`)
  if (answer === 'committed') assert.ok(isAfter, 'what was answered is lost')
  if (isAlive) return 'survived'
  return isAfter ? 'after' : 'before'
}

async function open(dir: string, planted: Planted, deadline = 5_000) {
  return openKeyvStorage({ adapter, options: [planted], deadline }, { dir, log: silentLog })
}

async function keysOf(storage: Storage): Promise<string[]> {
  return (await storage.list('', { limit: 100 })).rows.map(([key]) => key)
}
