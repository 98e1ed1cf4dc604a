import assert from 'node:assert/strict'
import type { Storage } from '@parley/kit'
import { openMemoryStorage } from '@parley/storage-memory'
import { fromText, type UserId, userId } from '../../../../../daemon/src/protocol/ids.ts'
import { NameRowSchema, UserRowSchema } from '../../../../../daemon/src/protocol/registry_rows_pb.ts'
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

  describe('of users of the team', () => {
    it('are opened by a classic password under their own name', async () => {
      await using registry = await ClassicRegistry.start({ storage: await withUsers(alice) })
      assert.equal(await registry.classic.aliases.set(alice.user, { alias: '', password: 'secret1' }, never), 'alice')
      const client = await registry.client()
      assert.equal((await client.login('Alice', 'secret1')).code, 21)
      assert.deepEqual(
        registry.classic.online().map(({ name, user }) => [name, user]),
        [['alice', alice.user]],
      )
      const out = registry.change('offline', 'alice')
      await registry.classic.aliases.set(alice.user, { alias: '', password: 'secret2' }, never)
      await out
      assert.equal((await client.login('alice', 'secret1')).code, 41)
      assert.equal((await client.login('alice', 'secret2')).code, 21)
    })

    it('have an alias that is taken once, freed when it changes, and kept over restarts', async () => {
      const storage = await withUsers(alice, long)
      {
        await using registry = await ClassicRegistry.start({ storage })
        const { aliases } = registry.classic
        const client = await registry.client()
        await assert.rejects(aliases.set(long.user, { alias: '', password: 'secret1' }, never), { code: 'bad-name' })
        assert.equal(await aliases.set(long.user, { alias: ' Lexa\u0301 ', password: 'secret1' }, never), 'Lex\u00e1')
        assert.equal((await client.register('lex\u00e1', 'secret9')).code, 40)
        const taken = aliases.set(alice.user, { alias: 'LEX\u00c1', password: 'secret1' }, never)
        await assert.rejects(taken, { code: 'name-taken' })
        await assert.rejects(aliases.set(alice.user, { alias: 'alexandra-long', password: 'secret1' }, never), {
          code: 'bad-name',
        })
      }
      await using registry = await ClassicRegistry.start({ storage })
      const { aliases } = registry.classic
      assert.equal(aliases.of(long.user), 'Lex\u00e1')
      assert.equal(aliases.owner('lex\u00e1'), long.user)
      const client = await registry.client()
      assert.equal((await client.login('lex\u00e1', 'secret1')).code, 21)
      assert.equal(await aliases.set(long.user, { alias: 'lexi', password: 'secret2' }, never), 'lexi')
      assert.equal((await client.login('lex\u00e1', 'secret1')).code, 41)
      assert.equal((await client.register('lex\u00e1', 'secret9')).code, 20, 'free again')
      assert.equal(
        await aliases.set(long.user, { alias: '', password: 'secret3' }, never),
        'lexi',
        'stays without a word',
      )
    })

    it('are closed again by an empty password; a name stays its user’s', async () => {
      const storage = await withUsers(alice)
      await using registry = await ClassicRegistry.start({ storage })
      const { aliases } = registry.classic
      await aliases.set(alice.user, { alias: '', password: 'secret1' }, never)
      const client = await registry.client()
      await client.login('alice', 'secret1')
      const out = registry.change('offline', 'alice')
      assert.equal(await aliases.set(alice.user, { alias: '', password: '' }, never), undefined)
      await out
      assert.equal((await client.login('alice', 'secret1')).code, 41)
      assert.equal((await client.register('alice', 'secret1')).code, 40)
      assert.equal(await aliases.set(alice.user, { alias: '', password: '' }, never), undefined, 'again')
    })

    it('open nothing by a password that was changed, or taken away, while it was being checked', async () => {
      const inner = await withUsers(alice)
      const read = Promise.withResolvers<void>()
      const held = Promise.withResolvers<void>()
      let isHeld = false
      const storage: Storage = {
        durable: false,
        list: (prefix, range) => inner.list(prefix, range),
        write: changes => inner.write(changes),
        async get(keys) {
          const rows = await inner.get(keys)
          if (!isHeld || !keys.includes(rowKeys.classic('alice'))) return rows
          isHeld = false
          read.resolve()
          await held.promise
          return rows
        },
      }
      await using registry = await ClassicRegistry.start({ storage })
      const { aliases } = registry.classic
      await aliases.set(alice.user, { alias: '', password: 'secret1' }, never)
      const client = await registry.client()
      isHeld = true
      const login = client.login('alice', 'secret1')
      await read.promise
      await aliases.set(alice.user, { alias: '', password: '' }, never)
      held.resolve()
      assert.equal((await login).code, 41)
      assert.deepEqual(registry.classic.online(), [])
    })

    it('open nothing once the user is disabled', async () => {
      const storage = await withUsers(alice)
      await using registry = await ClassicRegistry.start({ storage })
      await registry.classic.aliases.set(alice.user, { alias: 'al\u00e9', password: 'secret1' }, never)
      await storage.write(rowsOf({ ...alice, disabled: true }).slice(0, 1))
      const client = await registry.client()
      assert.equal((await client.login('al\u00e9', 'secret1')).code, 41)
    })

    it('need a password that fits a classic field and is long enough', async () => {
      await using registry = await ClassicRegistry.start({ storage: await withUsers(alice) })
      for (const password of ['12345', '1234567890123456', 'äääääääö', 'tab\tbed']) {
        const set = registry.classic.aliases.set(alice.user, { alias: '', password }, never)
        await assert.rejects(set, { code: 'bad-password' }, password)
      }
      const nobody = registry.classic.aliases.set(userId(new Uint8Array(16)), { alias: '', password: 'secret1' }, never)
      await assert.rejects(nobody, { code: 'unknown-account' })
    })

    it('have one winner when two users want one alias at the same moment', async () => {
      await using registry = await ClassicRegistry.start({ storage: await withUsers(alice, long) })
      const wish = { alias: 'lexi', password: 'secret1' }
      const both = [alice, long].map(({ user }) => registry.classic.aliases.set(user, wish, never))
      const outcomes = await Promise.allSettled(both)
      assert.deepEqual(outcomes.map(({ status }) => status).sort(), ['fulfilled', 'rejected'])
      const again = registry.classic.aliases.set(alice.user, wish, never)
      await assert.rejects(registry.classic.aliases.set(alice.user, wish, never), { code: 'busy' }, 'one at a time')
      await again.catch(() => {})
    })
  })
})

interface User {
  readonly user: UserId
  readonly name: string
  readonly disabled?: boolean
}

const alice: User = { user: userId(new Uint8Array(16).fill(7)), name: 'alice' }
const long: User = { user: userId(new Uint8Array(16).fill(8)), name: 'alexandra-long' }

async function withUsers(...users: User[]): Promise<Storage> {
  const storage = openMemoryStorage()
  await storage.write(users.flatMap(rowsOf))
  return storage
}

function rowsOf({ user, name, disabled = false }: User) {
  const id = fromText(user)
  return [
    { put: rowKeys.user(user), value: encodeRow(UserRowSchema, { user: id, name, disabled }) },
    { put: rowKeys.name(name), value: encodeRow(NameRowSchema, { user: id }) },
  ]
}
