import assert from 'node:assert/strict'
import type { Storage } from '@parley/kit'
import { openMemoryStorage } from '@parley/storage-memory'
import { NameRowSchema } from '../../../../../daemon/src/protocol/registry_rows_pb.ts'
import { encodeRow, rowKeys } from '../../../../../daemon/src/registry/rows.ts'
import { ClassicRegistry } from '../../../../support/classic-registry.ts'

const never = new AbortController().signal
const modern = { put: rowKeys.name('alice'), value: encodeRow(NameRowSchema, { user: new Uint8Array(16).fill(7) }) }

describe('classic accounts', () => {
  it('share the names of modern users', async () => {
    const storage = openMemoryStorage()
    await storage.write([modern])
    await using registry = await ClassicRegistry.start({ storage })
    const client = await registry.client()
    assert.equal((await client.register('Alice', 'secret1')).code, 40)
    assert.equal((await client.register('bob', 'secret1')).code, 20)
    const [bob] = await storage.get([rowKeys.name('bob')])
    assert.ok(bob !== undefined, 'a modern sign-up as bob finds the name taken')
  })

  it('lose the race for a name to a modern sign-up that commits first', async () => {
    const inner = openMemoryStorage()
    const storage: Storage = {
      durable: false,
      get: keys => inner.get(keys),
      list: (prefix, range) => inner.list(prefix, range),
      write: async changes => {
        await inner.write([modern])
        return await inner.write(changes)
      },
    }
    await using registry = await ClassicRegistry.start({ storage })
    const client = await registry.client()
    assert.equal((await client.register('alice', 'secret1')).code, 40)
    assert.equal((await client.login('alice', 'secret1')).code, 41)
  })

  it('outlive a restart', async () => {
    const storage = openMemoryStorage()
    await using before = await ClassicRegistry.start({ storage })
    await before.online('alice')
    await using after = await ClassicRegistry.start({ storage })
    const client = await after.client()
    assert.equal((await client.search('alice', 'alice')).code, 44, 'logins do not')
    assert.equal((await client.login('alice', 'secret1')).code, 21)
  })

  it('answer 50 when storage fails, log why and go on', async () => {
    const inner = openMemoryStorage()
    let isBroken = true
    const fail = () => Promise.reject(new Error('the disk is gone'))
    const storage: Storage = {
      durable: false,
      get: keys => (isBroken ? fail() : inner.get(keys)),
      list: (prefix, range) => inner.list(prefix, range),
      write: changes => (isBroken ? fail() : inner.write(changes)),
    }
    await using registry = await ClassicRegistry.start({ storage })
    const client = await registry.client()
    assert.equal((await client.register('alice', 'secret1')).code, 50)
    assert.equal((await client.login('alice', 'secret1')).code, 50)
    assert.equal(registry.lines.filter(line => line.level === 'error').length, 2)
    isBroken = false
    assert.equal((await client.register('alice', 'secret1')).code, 20)
  })

  describe('of a modern user', () => {
    it('are made by giving them a classic password', async () => {
      const storage = openMemoryStorage()
      await storage.write([modern])
      await using registry = await ClassicRegistry.start({ storage })
      assert.equal(await registry.classic.setPassword('alice', 'secret1', never), 'set')
      const client = await registry.client()
      assert.equal((await client.login('alice', 'secret1')).code, 21)
      assert.equal(await registry.classic.setPassword('alice', 'secret2', never), 'set')
      assert.equal((await client.login('alice', 'secret1')).code, 41)
    })

    it('need a name that fits, and a password that is long enough', async () => {
      const storage = openMemoryStorage()
      const value = modern.value
      await storage.write([modern, { put: rowKeys.name('eleven-byte'), value }])
      await using registry = await ClassicRegistry.start({ storage })
      assert.equal(await registry.classic.setPassword('eleven-byte', 'secret1', never), 'refused')
      assert.equal(await registry.classic.setPassword('alice', '12345', never), 'refused')
      assert.equal(await registry.classic.setPassword('nobody', 'secret1', never), 'refused')
    })
  })
})
