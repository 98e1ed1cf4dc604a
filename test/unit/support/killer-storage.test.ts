import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openSqliteStorage } from '@parley/storage-sqlite'
import { silentLog } from '../../../daemon/src/log.ts'

describe('killer storage', () => {
  let dir: string

  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'parley-killer-'))
  })

  afterEach(() => rmSync(dir, { recursive: true, force: true }))

  it('kills before the write: neither there nor acknowledged', async () => {
    assert.deepEqual(await run({ at: 'before', write: 3 }), { acknowledged: ['k/1', 'k/2'], stored: ['k/1', 'k/2'] })
  })

  it('kills after the write: there and not acknowledged', async () => {
    assert.deepEqual(await run({ at: 'after', write: 3 }), {
      acknowledged: ['k/1', 'k/2'],
      stored: ['k/1', 'k/2', 'k/3'],
    })
  })

  it('kills in the write: there or not, and not acknowledged', async () => {
    const { acknowledged, stored } = await run({ at: 'in', write: 3 })
    assert.deepEqual(acknowledged, ['k/1', 'k/2'])
    assert.deepEqual(stored.slice(0, 2), ['k/1', 'k/2'])
    assert.ok(stored.length <= 3)
  })

  it('counts only the writes that it is told to', async () => {
    const { acknowledged } = await run({ at: 'before', write: 1, match: 'k/4' })
    assert.deepEqual(acknowledged, ['k/1', 'k/2', 'k/3'])
  })

  async function run(options: object): Promise<{ acknowledged: string[]; stored: string[] }> {
    const module = new URL('../../support/killer-storage.ts', import.meta.url).href
    const code = `
      import { writeSync } from 'node:fs'
      const { default: plugin } = await import(${JSON.stringify(module)})
      const log = { debug() {}, info() {}, warn() {}, error() {} }
      const host = { log, dir: ${JSON.stringify(dir)}, signal: new AbortController().signal }
      const { storage } = await plugin.setup(host, ${JSON.stringify(options)})
      for (let number = 1; number <= 9; number++) {
        await storage.write([{ put: 'k/' + number, value: Buffer.from('v') }])
        writeSync(1, 'k/' + number + '\\n')
      }`
    const child = spawn(process.execPath, ['--input-type=module', '-e', code], { stdio: ['ignore', 'pipe', 'inherit'] })
    let output = ''
    child.stdout.setEncoding('utf8').on('data', chunk => {
      output += chunk
    })
    const [, signal] = await once(child, 'close')
    assert.equal(signal, 'SIGKILL')
    const storage = await openSqliteStorage({ dir, log: silentLog })
    const { rows } = await storage.list('k/', { limit: 100 })
    await storage.close()
    return { acknowledged: output.trim().split('\n'), stored: rows.map(([key]) => key) }
  }
})
