import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { openSqliteStorage } from '@parley/storage-sqlite'
import { silentLog } from '../../../daemon/src/log.ts'
import { WriterClient } from '../../../plugins/storage-sqlite/src/writer-client.ts'
import { until } from '../../support/wait.ts'

describe('the writer thread of storage-sqlite', () => {
  let dir: string

  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'parley-writer-'))
  })

  afterEach(() => rmSync(dir, { recursive: true, force: true }))

  it('rejects what waits when it dies, and refuses everything later with a clear sentence', async () => {
    const client = await start(
      "parentPort.postMessage({ is: 'ready' }); parentPort.on('message', () => process.exit(3))",
    )
    const stopped = {
      name: 'StorageError',
      code: 'storage',
      message: /has stopped \(it ended with 3\); start Parley again/,
    }
    const waiting = Array.from({ length: 10 }, (_, index) =>
      client.write([{ put: `a/${index}`, value: Buffer.from('a') }]),
    )
    for (const write of waiting) await assert.rejects(write, stopped)
    await assert.rejects(client.write([]), stopped)
    await client.close()
  })

  it('rejects what waits when it throws', async () => {
    const client = await start(
      "parentPort.postMessage({ is: 'ready' }); parentPort.on('message', () => { throw new Error('out of luck') })",
    )
    await assert.rejects(client.write([]), { code: 'storage', message: /out of luck/ })
    await client.close()
  })

  it('does not open when it ends before it is ready', async () => {
    await assert.rejects(start('process.exit(4)'), { code: 'storage', message: /it ended with 4/ })
  })

  it('gives up opening when the daemon stops', async () => {
    const stopping = new AbortController()
    const opening = start("parentPort.on('message', () => {})", stopping.signal)
    stopping.abort()
    await assert.rejects(opening, { code: 'storage', message: /given up/ })
  })

  it('answers batches of one turn from one commit, in order', async () => {
    const client = await start(`
      parentPort.postMessage({ is: 'ready' })
      let groups = 0
      parentPort.on('message', message => {
        if (message === 'close') return parentPort.close()
        groups++
        parentPort.postMessage({ is: 'written', results: Array.from({ length: 100 }, (_, index) =>
          index % 2 ? 'committed' : { code: 'storage', message: 'group ' + groups, isFinal: false }) })
      })`)
    const writes = await Promise.allSettled(Array.from({ length: 100 }, () => client.write([{ remove: 'a' }])))
    for (const [index, write] of writes.entries()) {
      if (index % 2) assert.deepEqual(write, { status: 'fulfilled', value: 'committed' })
      else assert.ok(write.status === 'rejected' && write.reason.message === 'group 1')
    }
    await client.close()
  })

  it('clears away rows that have expired, in the background', async () => {
    const storage = await openSqliteStorage({ dir, log: silentLog, sweepEvery: 20 })
    const value = Buffer.alloc(64 * 1024)
    const put = (index: number, expires: number) => ({ put: `x/${index}`, value, expires })
    await storage.write(Array.from({ length: 100 }, (_, index) => put(index, 1)))
    await storage.write([put(200, Date.now() + 3600_000)])
    const { DatabaseSync } = await import('node:sqlite')
    const database = new DatabaseSync(join(dir, 'data.db'), { readOnly: true })
    await until('only the row that lives is left', () => {
      const left = Object.values(database.prepare('SELECT count(*) FROM rows').get() ?? {})[0]
      return left === 1
    })
    database.close()
    await storage.close()
  })

  it('leaves one file behind when it is closed', async () => {
    const storage = await openSqliteStorage({ dir, log: silentLog })
    await storage.write([{ put: 'a', value: Buffer.from('a') }])
    await storage.close()
    assert.deepEqual(readdirSync(dir), ['data.db'])
  })

  function start(code: string, signal?: AbortSignal): Promise<WriterClient> {
    const script = join(dir, 'writer.mjs')
    writeFileSync(script, `import { parentPort } from 'node:worker_threads'\n${code}\n`)
    const data = { file: join(dir, 'data.db'), maxSize: undefined, sweepEvery: 1_000 }
    return WriterClient.start(pathToFileURL(script), data, silentLog, signal)
  }
})
