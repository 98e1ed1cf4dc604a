import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { silentLog } from '../../../../daemon/src/log.ts'
import { userId } from '../../../../daemon/src/protocol/ids.ts'
import { LastSeen } from '../../../../daemon/src/registry/last-seen.ts'
import { openMemoryStorage } from '../../../../plugins/storage-memory/src/index.ts'
import { FaultyStorage } from '../../../support/faulty-storage.ts'

const [alice, bob, carol] = [1, 2, 3].map(() => userId(randomBytes(16)))
assert.ok(alice && bob && carol)

describe('last seen', () => {
  let now = 0
  let storage: FaultyStorage
  const open = () => LastSeen.open({ storage, log: silentLog, now: () => now, every: 1_000_000 })

  beforeEach(() => {
    now = 1000
    storage = new FaultyStorage(openMemoryStorage())
  })

  it('is when somebody left, also after a restart', async () => {
    const seen = await open()
    seen.came(alice)
    seen.left(alice, 5000)
    assert.equal(seen.of(alice), 5000)
    assert.equal(seen.of(bob), 0)
    await seen.close()
    assert.equal((await open()).of(alice), 5000)
  })

  it('is, for those who were here when the registry died, when it was known to live last', async () => {
    const seen = await open()
    seen.came(alice)
    seen.came(bob)
    await seen.flush()
    now = 61_000
    seen.left(bob, 50_000)
    await seen.flush()
    now = 110_000
    seen.left(alice, 110_000) // not written any more: the registry is killed
    const next = await open()
    assert.equal(next.of(alice), 61_000)
    assert.equal(next.of(bob), 50_000)
  })

  it('does not move with later restarts while somebody stays away', async () => {
    const seen = await open()
    seen.came(alice)
    seen.came(bob)
    await seen.close()
    now = 10_000
    const second = await open()
    second.came(bob)
    await second.flush()
    now = 20_000
    await second.flush()
    const third = await open()
    assert.equal(third.of(alice), 1000)
    assert.equal(third.of(bob), 20_000)
  })

  it('costs one write a minute while people stay, and none while nobody is here', async () => {
    const seen = await open()
    await seen.flush()
    assert.equal(storage.writes, 0)
    seen.came(alice)
    await seen.flush()
    const before = storage.writes
    for (let minute = 0; minute < 10; minute++) await seen.flush()
    assert.equal(storage.writes - before, 10)
    seen.left(alice, 5000)
    await seen.flush()
    const after = storage.writes
    await seen.flush()
    assert.equal(storage.writes, after)
  })

  it('writes nothing for those who are back after a restart', async () => {
    const first = await open()
    for (const user of [alice, bob, carol]) first.came(user)
    await first.close()
    const again = await open()
    const rows: number[] = []
    storage.fate = changes => {
      rows.push(changes.length)
      return 'commit'
    }
    for (const user of [alice, bob, carol]) again.came(user)
    await again.flush()
    assert.deepEqual(rows, [1])
  })

  it('writes a row once, however often somebody comes and goes', async () => {
    const seen = await open()
    for (let time = 0; time < 100; time++) {
      seen.came(alice)
      seen.left(alice, 2000 + time)
    }
    await seen.flush()
    assert.equal(storage.writes, 1)
    assert.equal((await open()).of(alice), 2099)
  })

  it('tries again what could not be written, and vouches for nothing meanwhile', async () => {
    const seen = await open()
    seen.came(alice)
    await seen.flush()
    storage.fate = () => 'fail'
    seen.left(alice, 5000)
    now = 90_000
    await seen.flush()
    assert.equal((await open()).of(alice), 1000)
    storage.fate = () => 'commit'
    await seen.flush()
    assert.equal((await open()).of(alice), 5000)
  })

  it('hears who comes back while their leaving is being written', async () => {
    const seen = await open()
    seen.came(alice)
    await seen.flush()
    const gate = Promise.withResolvers<void>()
    storage.fate = () => gate.promise.then(() => 'commit')
    seen.left(alice, 5000)
    const flushed = seen.flush()
    await Promise.resolve()
    seen.came(alice)
    gate.resolve()
    await flushed
    now = 70_000
    await seen.flush()
    assert.equal((await open()).of(alice), 70_000)
  })

  it('holds very many', async () => {
    const everybody = Array.from({ length: 2500 }, () => userId(randomBytes(16)))
    const seen = await open()
    for (const user of everybody) seen.came(user)
    await seen.close()
    const again = await open()
    assert.ok(everybody.every(user => again.of(user) === 1000))
  })
})
