import assert from 'node:assert/strict'
import path from 'node:path'
import type { Storage } from '@parley/kit'
import { SecretBox } from '../../../../daemon/src/plugins/secrets.ts'
import { openMemoryStorage } from '../../../../plugins/storage-memory/src/index.ts'
import { temporaryFolder } from '../../../support/folder.ts'
import { joined, meet, password, signIn, signInByKey } from '../../../support/member.ts'
import { type RegistryMemory, startTestRegistry } from '../../../support/registry.ts'

describe('the secrets of a registry', () => {
  it('are in storage sealed only; storage and the sealing key make the registry', async () => {
    await using folder = await temporaryFolder()
    const storage = openMemoryStorage()
    const file = path.join(folder.path, 'registry.key')
    const first = await startTestRegistry({ memory: sealed(storage, file) })
    const alice = await joined(first, 'alice')
    alice.link.close()
    await first.registry.close()

    const again = sealed(storage, file)
    await using at = await startTestRegistry({ memory: again })
    assert.equal(at.registry.id, first.registry.id)
    await using back = await meet(at, { identity: alice.identity })
    assert.ok(await signIn(back))
    await back.dial()
    await signInByKey(back)

    const stored = await contentOf(storage)
    assert.deepEqual([...again.made.keys()].sort(), ['auth-password/opaque-setup', 'registry/key'])
    for (const secret of again.made.values()) assert.ok(!stored.includes(Buffer.from(secret)))
    assert.ok(!stored.includes(password))
    assert.ok(stored.includes('alice'), 'the search works')
  })

  it('do not open with another key', async () => {
    await using folder = await temporaryFolder()
    const storage = openMemoryStorage()
    const { registry } = await startTestRegistry({ memory: sealed(storage, path.join(folder.path, 'one.key')) })
    await registry.close()
    await assert.rejects(startTestRegistry({ memory: sealed(storage, path.join(folder.path, 'two.key')) }), {
      name: 'ParleyError',
    })
  })
})

/** The real box over `storage`; notes what it gave, so that it can be searched for. */
function sealed(storage: Storage, file: string): RegistryMemory {
  const box = SecretBox.open(file, {})
  const made = new Map<string, Uint8Array>()
  return {
    storage,
    made,
    audited: [],
    secrets: {
      async getOrCreate(name, make) {
        const secret = await box.getOrCreate(storage, name, make)
        made.set(name, secret)
        return secret
      },
    },
  }
}

async function contentOf(storage: Storage): Promise<Buffer> {
  const { rows } = await storage.list('', { limit: 1000 })
  return Buffer.concat(rows.flatMap(([key, value]) => [Buffer.from(key), value]))
}
