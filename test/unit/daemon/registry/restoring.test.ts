import assert from 'node:assert/strict'
import { readdir, readFile, stat, writeFile } from 'node:fs/promises'
import path from 'node:path'
import type { Storage } from '@parley/kit'
import { openMemoryStorage } from '@parley/storage-memory'
import { ensureFolder, ensureHome } from '../../../../daemon/src/locations.ts'
import { silentLog } from '../../../../daemon/src/log.ts'
import { bringToFormat } from '../../../../daemon/src/plugins/format.ts'
import { fromText } from '../../../../daemon/src/protocol/ids.ts'
import { AuditLog } from '../../../../daemon/src/registry/audit.ts'
import { summarize } from '../../../../daemon/src/registry/backup-summary.ts'
import { registryFormat } from '../../../../daemon/src/registry/format.ts'
import { Keeping } from '../../../../daemon/src/registry/keeping.ts'
import { bringAudit, restoreInto } from '../../../../daemon/src/registry/restoring.ts'
import { FaultyStorage } from '../../../support/faulty-storage.ts'
import { temporaryFolder } from '../../../support/folder.ts'
import { collect, deposit, mailboxOf, publishMailbox } from '../../../support/mail.ts'
import { changePassword, joined, meet, resetPassword, signInByKey } from '../../../support/member.ts'
import { registryMemory, startTestRegistry } from '../../../support/registry.ts'

describe('a restore', () => {
  it('does again what the audit log tells since, and names whose old password holds again', async () => {
    await using folder = await temporaryFolder()
    await using lost = await keptRegistry(path.join(folder.path, 'lost'))
    const { registry } = lost.at
    await using alice = await joined(lost.at, 'alice')
    await using _bob = await joined(lost.at, 'bob')
    await using _carol = await joined(lost.at, 'carol')
    await registry.users.setUser({ name: 'bob', role: 'admin' })
    await registry.users.setUser({ name: 'carol', disabled: true })
    const invite = await registry.invites.invite({ uses: 5 })
    const kept = await registry.invites.invite({})
    const file = path.join(folder.path, 'one.backup')
    await registry.backup({ file })

    await registry.users.setUser({ name: 'bob', role: 'member' })
    await registry.users.setUser({ name: 'carol', disabled: false })
    await registry.invites.revokeInvite({ id: ` ${invite.id.toUpperCase()} ` })
    await changePassword(alice, 'another horse')

    const storage = openMemoryStorage()
    const replayed = await lost.restore(file, storage)
    assert.deepEqual(replayed, {
      denied: [],
      disabled: [],
      enabled: ['carol'],
      deleted: [],
      roles: ['bob'],
      revoked: [invite.id],
      oldPasswords: ['alice'],
    })
    const memory = { ...lost.memory, storage }
    await using again = await startTestRegistry({ memory })
    assert.equal(again.registry.id, registry.id)
    assert.deepEqual(
      (await again.registry.invites.invites({})).invites.map(({ id }) => id),
      [kept.id],
    )
    assert.equal((await again.registry.users.user({ name: 'bob' })).role, 'member')
    await using back = await meet(again, alice)
    await signInByKey(back)
  })

  it('brings back no code that was used, or given out anew, since the backup', async () => {
    await using folder = await temporaryFolder()
    await using lost = await keptRegistry(path.join(folder.path, 'lost'))
    await using alice = await joined(lost.at, 'alice')
    await using _bob = await joined(lost.at, 'bob')
    const { users } = lost.at.registry
    const used = fromText((await users.resetUser({ name: 'alice' })).code)
    const old = fromText((await users.resetUser({ name: 'bob' })).code)
    const file = path.join(folder.path, 'one.backup')
    await lost.at.registry.backup({ file })
    await alice.dial()
    await resetPassword(alice, used, 'another horse')
    await users.resetUser({ name: 'bob' })

    const storage = openMemoryStorage()
    await lost.restore(file, storage)
    await using again = await startTestRegistry({ memory: { ...lost.memory, storage } })
    for (const [name, code] of Object.entries({ alice: used, bob: old })) {
      await using thief = await meet(again, { name })
      await assert.rejects(resetPassword(thief, code, 'of a thief'), { code: 'wrong-credentials' })
    }
  })

  it('that is cut short anywhere lets nothing start from it, and is done again from the beginning', async () => {
    await using folder = await temporaryFolder()
    await using lost = await keptRegistry(path.join(folder.path, 'lost'))
    await using _ = await joined(lost.at, 'alice')
    const file = path.join(folder.path, 'one.backup')
    await lost.at.registry.backup({ file })
    const whole = openMemoryStorage()
    await lost.restore(file, whole)
    for (let cut = 2; ; cut++) {
      const memory = openMemoryStorage()
      const storage = new FaultyStorage(memory)
      storage.fate = (_, number) => (number === cut ? 'unknown' : 'commit')
      const isWhole = await lost.restore(file, storage).then(
        () => true,
        () => false,
      )
      if (isWhole) break
      storage.fate = () => 'commit'
      const never = async () => assert.fail('nothing to migrate')
      const { rows } = await memory.list('format', { limit: 1 })
      // The last write says that all is there, whether or not anybody heard so.
      if (rows[0]?.[1] && Buffer.from(rows[0][1]).toString() === 'restoring') {
        await assert.rejects(bringToFormat(memory, registryFormat, never), { code: 'damaged-data' })
        await lost.restore(file, memory)
      }
      assert.deepEqual(await keysOf(memory), await keysOf(whole), `cut at write ${cut}`)
    }
    await assert.rejects(lost.restore(file, whole), { code: 'usage', message: /nothing is overwritten/ })
  })
})

describe('mail in a backup', () => {
  it('is back with it, but for that of whoever was shut out since', async () => {
    await using folder = await temporaryFolder()
    await using lost = await keptRegistry(path.join(folder.path, 'lost'))
    await using alice = await joined(lost.at, 'alice')
    await using bob = await joined(lost.at, 'bob')
    await using carol = await joined(lost.at, 'carol')
    for (const one of [bob, carol]) {
      await publishMailbox(one, await mailboxOf(one))
      await deposit(alice, one)
    }
    const file = path.join(folder.path, 'one.backup')
    await lost.at.registry.backup({ file })
    assert.equal((await summarize(file)).mail, 2)
    await lost.at.registry.users.deleteUser({ name: 'bob' })

    const storage = openMemoryStorage()
    await lost.restore(file, storage)
    assert.ok((await keysOf(storage)).every(key => !key.startsWith('mail') || key.includes(carol.user)))
    await using again = await startTestRegistry({ memory: { ...lost.memory, storage } })
    assert.deepEqual(again.registry.status().mail, { items: 1, bytes: 256 })
    await using back = await meet(again, carol)
    await signInByKey(back)
    assert.equal((await collect(back)).items.length, 1)
  })
})

describe('an audit log that comes along', () => {
  it('is whole or not there, for its owner alone, and never over another', async () => {
    await using folder = await temporaryFolder()
    const where = ensureHome(path.join(folder.path, 'new'))
    const given = path.join(folder.path, 'old.log')
    await writeFile(given, 'one\n', { mode: 0o644 })
    // A copy that was cut short is none.
    bringAudit(where, undefined)
    await writeFile(`${where.auditLog}.part`, 'o')
    bringAudit(where, given)
    assert.equal(await readFile(where.auditLog, 'utf8'), 'one\n')
    if (process.platform !== 'win32') assert.equal((await stat(where.auditLog)).mode & 0o777, 0o600)
    await writeFile(given, 'two\n')
    bringAudit(where, given)
    assert.equal(await readFile(where.auditLog, 'utf8'), 'one\n')
    assert.deepEqual(await readdir(where.logs), [path.basename(where.auditLog)])
  })
})

describe('a backup of a registry', () => {
  it('is refused while another one is written, and leaves that one whole', async () => {
    await using folder = await temporaryFolder()
    await using kept = await keptRegistry(path.join(folder.path, 'kept'))
    await using _ = await joined(kept.at, 'alice')
    const file = path.join(folder.path, 'one.backup')
    const others: Promise<string>[] = []
    await kept.keeping.backup(
      file,
      {},
      () => void others.push(kept.keeping.backup(file, {}).then(String, error => error.code)),
    )
    assert.ok(others.length > 0)
    assert.equal((await summarize(file)).accounts, 1)
    assert.deepEqual(new Set(await Promise.all(others)), new Set(['busy']))
    assert.equal((await summarize(file)).accounts, 1)
  })
})

async function keysOf(storage: Storage): Promise<string[]> {
  const { rows } = await storage.list('', { limit: 1000 })
  return rows.map(([key]) => key).filter(key => key !== 'lease')
}

/** A registry whose home is real and whose storage is memory. */
async function keptRegistry(home: string) {
  const where = ensureHome(home)
  ensureFolder(where.logs, 'folder of logs')
  const signal = new AbortController().signal
  const keeping = new Keeping({ where, log: silentLog, now: Date.now, signal })
  const audit = await AuditLog.open(where.auditLog)
  const memory = registryMemory(await keeping.open(openMemoryStorage()))
  const upkeep = {
    measure: () => {},
    backup: (file: string, about: { registry: string; team: string }) => keeping.backup(file, about),
    reload: async () => ({ changed: [], waiting: [] }),
  }
  const at = await startTestRegistry({ memory, audit, upkeep, options: { signUp: 'open', listen: ['127.0.0.1:0'] } })
  return {
    at,
    memory,
    keeping,
    async restore(file: string, storage: Storage) {
      const into = new Keeping({ where, log: silentLog, now: Date.now, signal })
      try {
        const summary = await summarize(file)
        return await restoreInto(storage, { file, summary, keeping: into, audit: where.auditLog, now: Date.now })
      } finally {
        await into.close()
      }
    },
    async [Symbol.asyncDispose]() {
      await at[Symbol.asyncDispose]()
      await audit.close()
      await keeping.close()
    },
  }
}
