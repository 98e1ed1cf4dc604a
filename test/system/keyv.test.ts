import assert from 'node:assert/strict'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { temporaryFolder } from '../support/folder.ts'
import { Redis, redisLack } from '../support/redis.ts'
import { skip } from '../support/skip.ts'
import { Person, portOf, startRegistry } from '../support/team.ts'

const plugin = join(import.meta.dirname, '..', '..', 'plugins', 'storage-keyv', 'src', 'index.ts')
const password = 'correct horse battery'

describe('a registry on a Redis', () => {
  it('knows who has signed up after it was killed', async function () {
    this.timeout(120_000)
    const lack = redisLack()
    if (lack) skip(this, lack)
    await using folder = await temporaryFolder()
    await using redis = await Redis.start(join(folder.path, 'redis'))
    const home = join(folder.path, 'registry')
    await mkdir(home, { mode: 0o700 })
    const storage = { use: plugin, options: { adapter: '@keyv/redis', options: { env: 'TEST_REDIS' } } }
    await writeFile(join(home, 'parley.json'), JSON.stringify({ plugins: [storage, '@parley/auth-password'] }))
    const env = { TEST_REDIS: redis.url }

    const first = await startRegistry(home, { env })
    await using ann = await new Person('ann', join(folder.path, 'ann')).start()
    await ann.signUp(first.ready.address, password)
    await first.kill()
    await using again = await startRegistry(home, {
      env,
      args: ['--listen', `127.0.0.1:${portOf(first.ready.listen)}`, '--heartbeat', '127.0.0.1:0'],
    })
    assert.equal(again.ready.registryId, first.ready.registryId)
    await using other = await new Person('ann', join(folder.path, 'other')).start()
    const account = await other.client.request('signIn', { registry: again.ready.address, name: 'ann', password })
    assert.equal(account.name, 'ann')
    await using bob = await new Person('bob', join(folder.path, 'bob')).start()
    await assert.rejects(
      bob.client.request('signIn', { registry: again.ready.address, name: 'ann', password: 'wrong' }),
    )
  })
})
