import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { readTeam, renameTeam, type TeamWish, writeTeam } from '../../../../daemon/src/hosting/team-config.ts'
import { ensureHome } from '../../../../daemon/src/locations.ts'
import { temporaryFolder } from '../../../support/folder.ts'

const wish: TeamWish = {
  name: 'Acme',
  listen: ['127.0.0.1:3131'],
  heartbeat: '127.0.0.1:5151',
  classic: 'loopback',
  signUp: 'invite',
}

describe('what is kept of a hosted team', () => {
  it('is the same under another name, and can be read again', async () => {
    await using folder = await temporaryFolder()
    const where = ensureHome(join(folder.path, 'team'))
    await writeTeam(where, wish)
    const before = readTeam(where)
    await renameTeam(where, 'Better')
    assert.deepEqual(readTeam(where), { ...before, registry: { ...before.registry, name: 'Better' } })
  })

  it('keeps what a person has written into it', async () => {
    await using folder = await temporaryFolder()
    const where = ensureHome(join(folder.path, 'team'))
    const own = { plugins: ['@parley/storage-sqlite'], registry: { ...wish, classicTimeout: '5m' } }
    writeFileSync(where.config, `\uFEFF${JSON.stringify(own)}`)
    await renameTeam(where, 'Better')
    assert.deepEqual(JSON.parse(readFileSync(where.config, 'utf8')), {
      ...own,
      registry: { ...own.registry, name: 'Better' },
    })
  })
})
