import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import { acquireLock, isLocked } from '../../../../daemon/src/client/lock.ts'
import { refusal } from '../../../support/errors.ts'
import { temporaryFolder } from '../../../support/folder.ts'

describe('lock of a home', () => {
  it('is one process’s at a time', async () => {
    await using folder = await temporaryFolder()
    const file = path.join(folder.path, 'lock.db')
    const lock = acquireLock(file)
    const { message } = refusal(() => acquireLock(file), 'already-running')
    assert.ok(message.endsWith(`\`parley stop --home ${folder.path}\` ends it.`), message)
    assert.equal(isLocked(file), true)
    lock.release()
    assert.equal(isLocked(file), false)
    acquireLock(file).release()
  })

  it('is freed by the kernel when its holder is killed', async () => {
    await using folder = await temporaryFolder()
    const file = path.join(folder.path, 'lock.db')
    const script = path.join(folder.path, 'hold.mts')
    const module = pathToFileURL(path.resolve('daemon/src/client/lock.ts'))
    await writeFile(
      script,
      `import { acquireLock } from '${module}'; globalThis.lock = acquireLock(process.argv[2]); console.log('held'); setInterval(() => {}, 1e6)`,
    )
    const holder = spawn(process.execPath, [script, file], { stdio: ['ignore', 'pipe', 'inherit'] })
    await once(holder.stdout, 'data')
    assert.equal(isLocked(file), true)
    holder.kill('SIGKILL')
    await once(holder, 'close')
    assert.equal(isLocked(file), false)
  })

  it('says what to do about a damaged file, or one that cannot be made', async () => {
    await using folder = await temporaryFolder()
    const file = path.join(folder.path, 'lock.db')
    await writeFile(file, 'not a database, but long enough to be looked at '.repeat(30))
    assert.match(refusal(() => acquireLock(file), 'home').message, /remove it and start again/)
    refusal(() => acquireLock(path.join(folder.path, 'missing', 'lock.db')), 'home')
  })
})
