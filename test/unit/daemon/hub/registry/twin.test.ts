import assert from 'node:assert/strict'
import { cp } from 'node:fs/promises'
import { ParleyError } from '../../../../../daemon/src/errors.ts'
import { Twin } from '../../../../../daemon/src/hub/registry/twin.ts'
import { limits } from '../../../../../daemon/src/limits.ts'
import { openMemoryStorage } from '../../../../../plugins/storage-memory/src/index.ts'
import { hubHome, password, startTestHub } from '../../../../support/hub.ts'
import { startTestRegistry } from '../../../../support/registry.ts'

describe('a copy of a home', () => {
  it('is the reason for what comes of it, for a while', () => {
    let now = 0
    const twin = new Twin(() => now)
    const closed = new ParleyError('closed', 'The other side closed the link.')
    assert.equal(twin.explain(closed), closed)
    assert.match(twin.explain(new ParleyError('conflict', 'Over another connection.')).message, /copy of this home/)
    assert.match(twin.explain(closed).message, /copy of this home is running.*Let one copy run alone/)
    const refused = new ParleyError('device-denied', 'No.')
    assert.equal(twin.explain(refused), refused)
    now += limits.twinRemembered
    assert.equal(twin.isThere, false)
    assert.equal(twin.explain(closed), closed)
  })

  it('that runs as well is named by status and by doctor', async () => {
    await using registry = await startTestRegistry()
    await using home = await hubHome()
    await using copied = await hubHome()
    const reconnect = { first: 20, fast: 50, fastFor: 60_000, slow: 60_000 }
    await using alice = await startTestHub(home, { reconnect })
    await alice.hub.signUp({ registry: registry.registry.address, name: 'alice', password })
    await cp(home.path, copied.path, { recursive: true })
    const storage = openMemoryStorage()
    const { rows } = await home.storage.list('', { limit: 1_000 })
    await storage.write(rows.map(([put, value]) => ({ put, value })))
    await using copy = await startTestHub({ ...copied, storage }, { reconnect })
    await copy.seen('the copy is in', () => copy.account().state === 'online')
    await alice.seen('the first is out', () => alice.account().state === 'refused')
    assert.match(alice.account().why ?? '', /copy of this home is running/)
    assert.equal(alice.hub.status().warnings.filter(words => words.includes('copy of this home')).length, 1)
    const checks = await Promise.all(
      alice.hub
        .checks()
        .map(async check => ({ ...(await check.look(AbortSignal.timeout(5_000))), about: check.about })),
    )
    const found = checks.find(({ about }) => about === 'registry')
    assert.equal(found?.state, 'failed')
    assert.match(found?.words ?? '', /copy of this home is running/)
    assert.match(found?.advice ?? '', /Let one copy run alone/)
  })
})
