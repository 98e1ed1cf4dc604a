import assert from 'node:assert/strict'
import { create } from '@bufbuild/protobuf'
import { dialLink } from '../../../../daemon/src/net/dial.ts'
import { createIdentity } from '../../../../daemon/src/net/identity.ts'
import { fromText, registryId } from '../../../../daemon/src/protocol/ids.ts'
import { extendChain, firstChain } from '../../../../daemon/src/protocol/notices.ts'
import { RegistryHelloSchema } from '../../../../daemon/src/protocol/parley_pb.ts'
import { readAttestation } from '../../../../daemon/src/protocol/statements.ts'
import { joined, type RegistryPlace, renew } from '../../../support/member.ts'
import { type RegistryMemory, registryMemory, startTestRegistry } from '../../../support/registry.ts'
import { until } from '../../../support/wait.ts'

describe('registry: notices', () => {
  /** What a stranger is shown: the key of TLS, and the welcome. */
  async function look(at: RegistryPlace) {
    const identity = await createIdentity()
    const link = await dialLink({ host: at.host, port: at.port, alpn: 'parley-registry/1', identity })
    const hello = create(RegistryHelloSchema, { versions: [1] })
    const reply = await link.request({ case: 'registryHello', value: hello })
    link.close()
    assert.ok(reply.case === 'registryWelcome')
    return { key: link.peerKey, welcome: reply.value }
  }

  it('of an address are stored, given to everybody who says hello, and told to who is signed in', async () => {
    await using at = await startTestRegistry()
    await using alice = await joined(at, 'alice')
    assert.deepEqual(await at.registry.announce({ address: 'chat.example:4000' }), { number: 1 })
    await until('the event', () => alice.events.some(is => is.case === 'noticeGiven'))
    const { key, welcome } = await look(at)
    assert.equal(registryId(welcome.registry), at.registry.id)
    const chain = extendChain(firstChain(key), welcome.notices)
    assert.deepEqual(chain.addresses, [{ host: 'chat.example', port: 4000 }])
    await assert.rejects(at.registry.announce({ address: 'not an address' }), { code: 'bad-address' })
  })

  it('of a new key let it speak at once, for the same id, and after a restart', async () => {
    const memory = registryMemory()
    let first: Uint8Array
    let alice: Awaited<ReturnType<typeof joined>>
    {
      await using at = await startTestRegistry({ memory })
      first = (await look(at)).key
      alice = await joined(at, 'alice')
      await at.registry.announce({ newKey: true })
      const { key, welcome } = await look(at)
      assert.notDeepEqual(key, first)
      const chain = extendChain(firstChain(first), welcome.notices)
      assert.deepEqual(chain.key, key)
      const { attestation } = await renew(alice)
      const by = { registryKey: chain, registry: at.registry.id, now: Date.now() }
      assert.equal(readAttestation(attestation, by).user, alice.user)
      assert.throws(() => readAttestation(attestation, { ...by, registryKey: first }), { code: 'bad-signature' })
      await at.registry.announce({ newKey: true })
      await at.registry.announce({ address: 'chat.example:4000' })
    }
    await using again = await startTestRegistry({ memory })
    const { key, welcome } = await look(again)
    assert.equal(welcome.notices.length, 3)
    assert.deepEqual(extendChain(firstChain(first), welcome.notices).key, key)
    assert.deepEqual(fromText(again.registry.id), welcome.registry)
  })

  it('do not go on without the key that they have announced', async () => {
    const memory = registryMemory()
    {
      await using at = await startTestRegistry({ memory })
      await at.registry.announce({ newKey: true })
    }
    memory.made.delete('registry/key/1')
    const secrets: RegistryMemory['secrets'] = {
      async getOrCreate(name, make) {
        return memory.made.get(name) ?? make()
      },
    }
    await assert.rejects(startTestRegistry({ memory: { ...memory, secrets } }), { code: 'damaged-data' })
  })

  it('keep the latest addresses only, however many are announced at once', async () => {
    const memory = registryMemory()
    await using at = await startTestRegistry({ memory })
    const wishes = Array.from({ length: 9 }, (_, index) => at.registry.announce({ address: `host${index}.example` }))
    assert.deepEqual(
      (await Promise.all(wishes)).map(({ number }) => number),
      [1, 2, 3, 4, 5, 6, 7, 8, 9],
    )
    const { rows } = await memory.storage.list('notice/', { limit: 100 })
    assert.deepEqual(
      rows.map(([key]) => Number(key.slice('notice/'.length))),
      [6, 7, 8, 9],
    )
  })
})
