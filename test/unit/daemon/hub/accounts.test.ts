import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { AccountStore } from '../../../../daemon/src/hub/accounts.ts'
import { fromText } from '../../../../daemon/src/protocol/ids.ts'
import { openMemoryStorage } from '../../../../plugins/storage-memory/src/index.ts'
import { makePerson, makeRegistry } from '../../../support/statements.ts'

describe('hub: accounts', () => {
  const registry = makeRegistry()
  const alice = makePerson(registry, 'alice', Date.now())
  const draft = {
    registry: fromText(registry.id),
    registryKey: registry.spki,
    user: fromText(alice.user),
    name: 'alice',
    roster: alice.listDevices(),
  }

  it('are drafts until the registry has said yes, and survive a restart', async () => {
    const storage = openMemoryStorage()
    const store = await AccountStore.open(storage)
    await store.save(registry.id, draft)
    assert.equal(store.current, undefined)
    const reopened = await AccountStore.open(storage)
    assert.equal(reopened.draftOf(registry.id)?.user, alice.user)
    await reopened.save(registry.id, { attestation: alice.attest(), host: 'chat.acme.dev', port: 3131 })
    assert.equal(reopened.draftOf(registry.id), undefined)
    const { current } = await AccountStore.open(storage)
    assert.deepEqual([current?.name, current?.host, current?.listed.version], ['alice', 'chat.acme.dev', 1])
  })

  it('keep what a newer version has written into their rows', async () => {
    const storage = openMemoryStorage()
    const store = await AccountStore.open(storage)
    await store.save(registry.id, draft)
    const key = `account/${registry.id}`
    const [row] = await storage.get([key])
    const unknown = Buffer.from([0xf8, 0x07, 0x01]) // field 127, a varint
    await storage.write([{ put: key, value: Buffer.concat([row ?? assert.fail(), unknown]) }])
    await (await AccountStore.open(storage)).save(registry.id, { team: 'Acme' })
    const [after] = await storage.get([key])
    assert.ok(Buffer.from(after ?? []).includes(unknown))
  })

  it('say so when their row is damaged, or not signed by the registry that it names', async () => {
    const storage = openMemoryStorage()
    const key = `account/${registry.id}`
    await storage.write([{ put: key, value: randomBytes(40) }])
    await assert.rejects(AccountStore.open(storage), { code: 'damaged-data' })
    await storage.write([{ remove: key }])
    const store = await AccountStore.open(storage)
    await store.save(registry.id, draft)
    const attestation = alice.attest({}, makeRegistry().privateKey)
    await assert.rejects(store.save(registry.id, { attestation }), { code: 'bad-signature' })
    assert.equal(store.current, undefined)
  })
})
