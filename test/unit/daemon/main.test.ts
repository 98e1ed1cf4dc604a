import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { open } from 'node:fs/promises'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { skip } from '../../support/skip.ts'

const program = join(import.meta.dirname, '..', '..', '..', 'daemon', 'bin', 'parley.js')

describe('the program', () => {
  it('fails in words when what it prints cannot be kept', async function () {
    if (process.platform !== 'linux') skip(this, 'only Linux has a file that is always full')
    await using full = await open('/dev/full', 'w')
    const child = spawn(process.execPath, [program, 'help'], { stdio: ['ignore', full.fd, 'pipe'] })
    const said = child.stderr ? text(child.stderr) : ''
    const [code] = await once(child, 'close')
    assert.equal(code, 1)
    assert.match(await said, /^parley: The output could not be written \(ENOSPC\); free some space/)
  })

  it('does not mind a reader that has had enough', async () => {
    const child = spawn(process.execPath, [program, 'help'], { stdio: ['ignore', 'pipe', 'pipe'] })
    child.stdout.destroy()
    const [[code], said] = await Promise.all([once(child, 'close'), text(child.stderr)])
    assert.deepEqual([code, said], [0, ''])
  })
})
