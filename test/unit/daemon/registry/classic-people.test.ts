import assert from 'node:assert/strict'
import { ClassicClient, classicRows } from '../../../support/classic-client.ts'
import { joined, meet, signOut, signUp } from '../../../support/member.ts'
import { startTestRegistry } from '../../../support/registry.ts'

describe('classic clients and members of one registry', () => {
  it('share a port: a classic list shows members who have a short name and IPv4', async () => {
    await using at = await startTestRegistry({ options: { classic: 'loopback', listen: ['127.0.0.1:0', '[::1]:0'] } })
    await using alice = await joined(at, 'alice', { localAddress: '127.0.0.9' })
    await using long = await joined(at, 'much-too-long')
    const ipv6 = Number(at.registry.listen[1]?.split(':').at(-1))
    await using six = await joined({ ...at, host: '::1', port: ipv6 }, 'six')
    const classic = await ClassicClient.connect({ port: at.port })
    await classic.register('carl', 'secret-1')
    await classic.login('carl', 'secret-1')

    const rows = classicRows((await classic.online('carl')).list)
    assert.deepEqual(rows.sort(), ['alice-127.0.0.9', 'carl-127.0.0.1'])
    assert.deepEqual(await answer(classic.search('carl', 'Alice')), [22, '127.0.0.9'])
    for (const name of ['six', 'much-too-l', 'nobody']) {
      assert.equal((await classic.search('carl', name)).code, 44)
    }
    await signOut(alice)
    assert.equal((await classic.search('carl', 'alice')).code, 44)
    classic.socket.destroy()
    for (const member of [long, six]) member.link.close()
  })

  it('share one namespace of names', async () => {
    await using at = await startTestRegistry({ options: { classic: 'loopback' } })
    await using alice = await joined(at, 'alice')
    const classic = await ClassicClient.connect({ port: at.port })
    assert.equal((await classic.register('Alice', 'secret-1')).code, 40)
    assert.equal((await classic.register('carl', 'secret-1')).code, 20)
    await using carl = await meet(at, { name: 'carl' })
    await assert.rejects(signUp(carl), { code: 'name-taken' })
    await using dora = await meet(at, { name: 'dora' })
    await signUp(dora)
    assert.equal((await classic.login('alice', 'correct horse')).code, 41, 'a member has no classic password')
    classic.socket.destroy()
    alice.link.close()
  })
})

async function answer(asked: ReturnType<ClassicClient['search']>): Promise<[number, string]> {
  const { code, message } = await asked
  return [code, message]
}
