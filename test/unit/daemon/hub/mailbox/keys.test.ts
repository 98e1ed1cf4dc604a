import assert from 'node:assert/strict'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import type { Storage } from '@parley/kit'
import { MailboxKeys, type MailboxKeysOptions } from '../../../../../daemon/src/hub/mailbox/keys.ts'
import { limits } from '../../../../../daemon/src/limits.ts'
import { createIdentity } from '../../../../../daemon/src/net/identity.ts'
import { SecretBox } from '../../../../../daemon/src/plugins/secrets.ts'
import { deviceId, registryId } from '../../../../../daemon/src/protocol/ids.ts'
import { readMailboxKey } from '../../../../../daemon/src/protocol/mailbox.ts'
import type { Signed } from '../../../../../daemon/src/protocol/parley_pb.ts'
import { openMemoryStorage } from '../../../../../plugins/storage-memory/src/index.ts'
import { temporaryFolder } from '../../../../support/folder.ts'
import { testLog } from '../../../../support/links.ts'

const day = 24 * 3600_000
const registry = registryId(new Uint8Array(32).fill(9))

/** A home whose clock stands still until it is moved. */
async function home(folder: string) {
  const identity = await createIdentity()
  const storage = openMemoryStorage()
  const log = testLog()
  const clock = { now: 1_800_000_000_000 }
  const options = (): MailboxKeysOptions => ({
    storage,
    box: SecretBox.open(join(folder, 'hub.key'), {}),
    registry,
    identity,
    now: () => clock.now,
    log,
  })
  const by = { device: deviceId(identity.id), deviceKey: identity.spki }
  const idOf = (signed: Signed) => readMailboxKey(signed, by).id
  return { storage, log, clock, idOf, open: () => MailboxKeys.open(options()) }
}

const rowsOf = async (storage: Storage) => (await storage.list('mailbox-key/', { limit: 100 })).rows

describe('the mailbox keys of a home', () => {
  it('are made once, and are there again after a restart', async () => {
    await using folder = await temporaryFolder()
    const { open, idOf } = await home(folder.path)
    const keys = await open()
    const [one, other] = await Promise.all([keys.current(), keys.current()])
    assert.equal(one, other)
    const again = await open()
    assert.deepEqual(await again.current(), one)
    assert.deepEqual(again.pair(idOf(one)), keys.pair(idOf(one)))
    assert.equal(again.pair(new Uint8Array(8)), undefined)
  })

  it('are new each week; the former ones open what comes late, and go when nothing can', async () => {
    await using folder = await temporaryFolder()
    const { open, idOf, clock, storage } = await home(folder.path)
    const keys = await open()
    const first = idOf(await keys.current())
    clock.now += limits.mailboxKeyRotation - 1
    assert.deepEqual(idOf(await keys.current()), first)
    clock.now += 1
    const second = idOf(await keys.current())
    assert.notDeepEqual(second, first)
    clock.now += limits.mailboxKeyKept
    await keys.prune()
    assert.ok(keys.pair(first), 'kept for the age of mail and a week')
    clock.now += 1
    await keys.prune()
    assert.equal(keys.pair(first), undefined)
    assert.ok(keys.pair(second), 'the newest stays however old it is')
    assert.equal((await rowsOf(storage)).length, 1)
    assert.ok((await open()).pair(second))
  })

  it('of a device that was away for long are replaced, and still open what waited', async () => {
    await using folder = await temporaryFolder()
    const { open, idOf, clock } = await home(folder.path)
    const first = idOf(await (await open()).current())
    clock.now += 60 * day
    const keys = await open()
    const next = await keys.current()
    await keys.prune()
    assert.notDeepEqual(idOf(next), first)
    assert.ok(keys.pair(first))
  })

  it('do not stand in storage as they are', async () => {
    await using folder = await temporaryFolder()
    const { open, idOf, storage } = await home(folder.path)
    const keys = await open()
    const secret = keys.pair(idOf(await keys.current()))?.privateKey
    assert.equal(secret?.length, 32)
    for (const [, value] of await rowsOf(storage)) assert.ok(!Buffer.from(value).includes(Buffer.from(secret ?? '')))
  })

  it('that cannot be opened any more are left alone, and a new one is made', async () => {
    await using folder = await temporaryFolder()
    const { open, idOf, log } = await home(folder.path)
    const first = idOf(await (await open()).current())
    rmSync(join(folder.path, 'hub.key'))
    const keys = await open()
    assert.equal(keys.pair(first), undefined)
    const next = idOf(await keys.current())
    assert.ok((await open()).pair(next))
    assert.ok(log.lines.some(({ text }) => text.includes('cannot be opened')))
  })
})
