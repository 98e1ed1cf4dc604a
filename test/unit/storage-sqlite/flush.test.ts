import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { openDatabase } from '../../../plugins/storage-sqlite/src/database.ts'
import { temporaryFolder } from '../../support/folder.ts'
import { skip } from '../../support/skip.ts'
import { hasStrace, traceOptions, unflushedAnswers } from '../../support/trace.ts'

describe('storage-sqlite and the disk', () => {
  it('is set to flush each commit', async () => {
    await using folder = await temporaryFolder()
    const database = openDatabase(join(folder.path, 'data.db'))
    try {
      const setting = (name: string) => Object.values(database.prepare(`PRAGMA ${name}`).get() ?? {})[0]
      assert.equal(setting('journal_mode'), 'wal')
      assert.equal(setting('synchronous'), full)
      assert.equal(setting('fullfsync'), 1)
    } finally {
      database.close()
    }
  })

  it('flushes before it answers, as a trace of the kernel shows', async function () {
    this.timeout(60_000)
    // A SIGKILL does not lose what is not flushed: only a trace shows it.
    if (!hasStrace()) skip(this, 'strace is not there; on Debian: apt-get install strace')
    await using folder = await temporaryFolder()
    const file = join(folder.path, 'trace')
    const child = join(import.meta.dirname, 'flush-child.ts')
    const run = spawnSync('strace', [...traceOptions(file), process.execPath, child, folder.path], { encoding: 'utf8' })
    if (/not permitted/.test(run.stderr)) skip(this, 'strace may not watch other processes here')
    assert.equal(run.status, 0, run.stderr)
    const lines = readFileSync(file, 'utf8').split('\n')
    const answerOf = (line: string) => (/write\(1<.*"answered /.test(line) ? '' : undefined)
    assert.equal(lines.filter(line => answerOf(line) !== undefined).length, 10)
    assert.deepEqual(unflushedAnswers(lines, answerOf), [])
  })

  it('would be told apart from one that answers first', () => {
    const [written, flushed, other] = [
      '1 pwrite64(3</data.db-wal>, "one two", 0) = 0',
      '1 fsync(3</data.db-wal>) = 0',
      '1 pwrite64(3</data.db-wal>, "three", 0) = 0',
    ]
    const [begun, ended] = ['1 fsync(3</data.db-wal> <unfinished ...>', '1 <... fsync resumed>) = 0']
    const elsewhere = ['2 fsync(4</search.db-wal> <unfinished ...>', '2 <... fsync resumed>) = 0']
    const faults = (...lines: string[]) =>
      unflushedAnswers(lines, line => /answered (\w+)/.exec(line)?.[1]).map(line => line.replace(/.*answered /, ''))
    assert.deepEqual(faults(written, flushed, other, 'answered one', written, begun, ended, 'answered two'), [])
    assert.deepEqual(faults(written, 'answered one', flushed), ['one'])
    assert.deepEqual(faults(written, begun, 'answered one', ended), ['one'])
    assert.deepEqual(faults(written, ...elsewhere, 'answered one'), ['one'])
    assert.deepEqual(faults(other, flushed, written, 'answered one'), ['one'])
    assert.deepEqual(faults(written, flushed, 'answered one', 'answered two'), ['two'])
  })
})

/** 0 OFF, 1 NORMAL (a power cut loses the last commits), 2 FULL, 3 EXTRA. */
const full = 2
