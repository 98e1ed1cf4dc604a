import assert from 'node:assert/strict'
import { appendFile, chmod, open, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { limits } from '../../../../daemon/src/limits.ts'
import { userId } from '../../../../daemon/src/protocol/ids.ts'
import { type AuditLine, AuditLog, readAudit } from '../../../../daemon/src/registry/audit.ts'
import { temporaryFolder } from '../../../support/folder.ts'

const user = userId(new Uint8Array(16).fill(7))

async function acts(file: string): Promise<AuditLine[]> {
  const lines: AuditLine[] = []
  for await (const line of readAudit(file)) lines.push(line)
  return lines
}

describe('the audit log', () => {
  it('keeps each act as a line of JSON, for its owner alone', async () => {
    await using folder = await temporaryFolder()
    const file = join(folder.path, 'audit.log')
    const log = await AuditLog.open(file, () => 1_700_000_000_000)
    await log.note({ what: 'user-disabled', by: 'operator', user, name: 'alice' })
    await log.note({ what: 'role', by: user, user, detail: 'admin' })
    await log.close()
    const at = 1_700_000_000_000
    assert.deepEqual(await acts(file), [
      { at, what: 'user-disabled', by: 'operator', user, name: 'alice' },
      { at, what: 'role', by: user, user, detail: 'admin' },
    ])
    if (process.platform !== 'win32') assert.equal((await stat(file)).mode & 0o777, 0o600)
  })

  it('goes on behind what is there, and closes a file that was open to others', async () => {
    await using folder = await temporaryFolder()
    const file = join(folder.path, 'audit.log')
    await writeFile(file, '')
    await chmod(file, 0o644)
    for (const detail of ['one', 'two']) {
      const log = await AuditLog.open(file)
      await log.note({ what: 'announced', by: 'operator', detail })
      await log.close()
    }
    assert.deepEqual(
      (await acts(file)).map(({ detail }) => detail),
      ['one', 'two'],
    )
    if (process.platform !== 'win32') assert.equal((await stat(file)).mode & 0o777, 0o600)
  })

  it('survives a torn last line: what comes after it is whole', async () => {
    await using folder = await temporaryFolder()
    const file = join(folder.path, 'audit.log')
    const first = await AuditLog.open(file)
    await first.note({ what: 'backup', by: 'operator' })
    await first.close()
    await appendFile(file, '{"at":1,"what":"user-del')
    assert.equal((await acts(file)).length, 1)
    const second = await AuditLog.open(file)
    await second.note({ what: 'restored', by: 'operator' })
    await second.close()
    assert.deepEqual(
      (await acts(file)).map(({ what }) => what),
      ['backup', 'restored'],
    )
  })

  it('flushes many that wait together at once, each before its promise resolves', async () => {
    await using folder = await temporaryFolder()
    const file = join(folder.path, 'audit.log')
    const log = await AuditLog.open(file)
    const probe = await open(file)
    const prototype = Object.getPrototypeOf(probe) as { sync(): Promise<void> }
    const sync = prototype.sync
    let flushes = 0
    prototype.sync = async function (this: typeof probe) {
      flushes++
      return sync.call(this)
    }
    try {
      const notes = Array.from({ length: 100 }, async (_, n) => {
        await log.note({ what: 'invite', by: 'operator', detail: `n${n}` })
        assert.ok((await readFile(file, 'utf8')).includes(`"n${n}"`))
      })
      await Promise.all(notes)
    } finally {
      prototype.sync = sync
      await probe.close()
    }
    assert.ok(flushes >= 1 && flushes <= 3, `${flushes} flushes for 100 acts`)
    await log.close()
    assert.equal((await acts(file)).length, 100)
  })

  it('says when an act could not be kept, and goes on with the next', async () => {
    await using folder = await temporaryFolder()
    const file = join(folder.path, 'audit.log')
    const log = await AuditLog.open(file)
    const probe = await open(file)
    const prototype = Object.getPrototypeOf(probe) as { sync(): Promise<void> }
    const sync = prototype.sync
    prototype.sync = () => Promise.reject(new Error('no space left'))
    try {
      await assert.rejects(log.note({ what: 'backup', by: 'operator' }), { code: 'storage', message: /audit log/ })
    } finally {
      prototype.sync = sync
      await probe.close()
    }
    await log.note({ what: 'restored', by: 'operator' })
    await log.close()
    assert.equal((await acts(file)).at(-1)?.what, 'restored')
  })

  it('cuts long texts, and reads no line that is too long or unknown', async () => {
    await using folder = await temporaryFolder()
    const file = join(folder.path, 'audit.log')
    const log = await AuditLog.open(file)
    await log.note({ what: 'announced', by: 'operator', detail: '\u0000'.repeat(100_000) })
    await log.close()
    assert.ok((await stat(file)).size < limits.auditLine)
    const strange = [
      '[]',
      'null',
      '{"at":1,"what":"nonsense","by":"x"}',
      '{"at":"1","what":"backup","by":"x"}',
      '',
      '\0',
    ]
    const long = JSON.stringify({ at: 1, what: 'backup', by: 'x'.repeat(2 * limits.auditLine) })
    const good = '{"at":5,"what":"backup","by":"operator","later":true}'
    await appendFile(file, `${[...strange, long, 'x'.repeat(300_000), good].join('\n')}\n`)
    const [first, ...others] = await acts(file)
    assert.equal(first?.detail?.length, limits.auditText)
    assert.deepEqual(
      others.map(({ at }) => at),
      [5],
    )
  })

  it('of a home that has none is empty', async () => {
    await using folder = await temporaryFolder()
    assert.deepEqual(await acts(join(folder.path, 'audit.log')), [])
  })

  it('refuses a link in the place of its file', async function () {
    if (process.platform === 'win32') this.skip()
    await using folder = await temporaryFolder()
    const { symlink } = await import('node:fs/promises')
    await writeFile(join(folder.path, 'other'), '')
    await symlink(join(folder.path, 'other'), join(folder.path, 'audit.log'))
    await assert.rejects(AuditLog.open(join(folder.path, 'audit.log')), { code: 'home' })
  })
})
