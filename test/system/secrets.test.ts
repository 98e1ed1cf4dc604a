import assert from 'node:assert/strict'
import { execFile, spawn } from 'node:child_process'
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { temporaryFolder } from '../support/folder.ts'
import { startTap } from '../support/tap.ts'
import { parley, startRegistry } from '../support/team.ts'

const password = 'unmistakable-Zebra-7193'
const message = 'an unmistakable message about giraffes'

/** The ways in which a secret could be written. */
function spellings(secret: string): Buffer[] {
  const bytes = Buffer.from(secret)
  return [
    bytes,
    Buffer.from(bytes.toString('hex')),
    Buffer.from(bytes.toString('base64').slice(0, -4)),
    Buffer.from(secret, 'utf16le'),
  ]
}

function holds(place: Buffer, secret: string): boolean {
  return spellings(secret).some(spelling => place.includes(spelling))
}

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map(name => join(folder, name))
    .filter(file => statSync(file, { throwIfNoEntry: false })?.isFile())
}

function processList(): Buffer {
  const lines = readdirSync('/proc')
    .filter(name => /^\d+$/.test(name))
    .map(pid => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`)
      } catch {
        return Buffer.alloc(0)
      }
    })
  return Buffer.concat(lines)
}

describe('a password', () => {
  it('is on no disk, in no log, in no process list and on no wire', async function () {
    this.timeout(60_000)
    await using folder = await temporaryFolder()
    await using registry = await startRegistry(join(folder.path, 'registry'))
    const tcp = registry.ready.listen
    await using tap = await startTap(Number(tcp.slice(tcp.lastIndexOf(':') + 1)))
    const link = `parley://127.0.0.1:${tap.port}/${registry.ready.registryId}?v=1`
    const home = join(folder.path, 'alice')
    const lists: Buffer[] = []
    const said: string[] = []
    const run = async (...args: string[]) => {
      const child = spawn(process.execPath, [parley, ...args, '--home', home], {
        env: { ...process.env, PARLEY_PASSWORD: password },
        stdio: ['ignore', 'pipe', 'pipe'],
      })
      for (const stream of [child.stdout, child.stderr]) {
        stream.setEncoding('utf8').on('data', text => {
          said.push(text)
          lists.push(processList())
        })
      }
      const code = await new Promise(resolve => child.on('close', resolve))
      lists.push(processList())
      assert.equal(code, 0, said.join(''))
    }
    try {
      await run('sign-up', 'alice', '--registry', link)
      await run('sign-out')
      await run('sign-in', 'alice')
      await run('status')
    } finally {
      await promisify(execFile)(process.execPath, [parley, 'stop', '--home', home])
    }
    assert.ok(tap.bytes().length > 1000, 'nothing went through the tap')
    assert.ok(!holds(tap.bytes(), password), 'the wire holds the password')
    assert.ok(!holds(Buffer.concat(lists), password), 'a process list holds the password')
    assert.ok(!holds(Buffer.from(said.join('') + registry.errors()), password), 'an output holds the password')
    const files = filesBelow(folder.path)
    assert.ok(files.length > 5)
    for (const file of files) assert.ok(!holds(readFileSync(file), password), `${file} holds the password`)
  })

  it('would be found if it were there', () => {
    assert.ok(holds(Buffer.from(`x${Buffer.from(password).toString('hex')}y`), password))
    assert.ok(holds(Buffer.from(`x${Buffer.from(password).toString('base64')}y`), password))
    assert.ok(!holds(Buffer.from(message), password))
  })
})
