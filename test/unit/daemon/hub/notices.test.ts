import assert from 'node:assert/strict'
import { create } from '@bufbuild/protobuf'
import { createIdentity } from '../../../../daemon/src/net/identity.ts'
import { fromText } from '../../../../daemon/src/protocol/ids.ts'
import { firstChain, signNotice } from '../../../../daemon/src/protocol/notices.ts'
import { RegistryWelcomeSchema } from '../../../../daemon/src/protocol/parley_pb.ts'
import { startFakeRegistry } from '../../../support/fake-registry.ts'
import { hubHome, password, startTestHub } from '../../../support/hub.ts'
import { registryMemory, startTestRegistry } from '../../../support/registry.ts'

const quick = { first: 20, fast: 50, fastFor: 60_000, slow: 50 }

describe('hub: notices of its registry', () => {
  it('lead it to a new address', async () => {
    const memory = registryMemory()
    await using home = await hubHome()
    await using alice = await startTestHub(home, { reconnect: quick })
    await using next = await startTestRegistry()
    const { port } = next
    await next.registry.close()
    {
      await using at = await startTestRegistry({ memory })
      await alice.hub.signUp({ registry: at.registry.address, name: 'alice', password })
      await at.registry.announce({ address: `localhost:${port}` })
      await alice.seen('the notice', () => alice.log.lines.some(line => /has announced/.test(line.text)))
    }
    await using at = await startTestRegistry({ memory, options: { listen: [`127.0.0.1:${port}`] } })
    await alice.seen('the new place', () => alice.account().state === 'online')
    assert.match(alice.account().address, new RegExp(`localhost:${port}/${at.registry.id}`))
  })

  it('lead it to a new key, though it was away when that was made, and over restarts of its own', async () => {
    const memory = registryMemory()
    await using home = await hubHome()
    await using at = await startTestRegistry({ memory })
    {
      await using alice = await startTestHub(home, { reconnect: quick })
      await alice.hub.signUp({ registry: at.registry.address, name: 'alice', password })
    }
    await at.registry.announce({ newKey: true })
    await at.registry.announce({ newKey: true })
    for (const _start of [1, 2]) {
      await using alice = await startTestHub(home, { reconnect: quick })
      await alice.seen('the registry', () => alice.account().state === 'online')
      assert.equal(alice.account().registry, at.registry.id)
      await alice.hub.who({})
    }
  })

  it('lead newcomers with an old invite to the new key', async () => {
    await using at = await startTestRegistry()
    const { address } = at.registry
    await at.registry.announce({ newKey: true })
    await using home = await hubHome()
    await using bob = await startTestHub(home, { reconnect: quick })
    const found = await bob.hub.probe({ text: address })
    assert.equal(found.is === 'registry' && found.registry, at.registry.id)
    await bob.hub.signUp({ registry: address, name: 'bob', password })
    assert.equal(bob.account().registry, at.registry.id)
    await using other = await hubHome()
    await using carol = await startTestHub(other, { reconnect: quick })
    await carol.hub.signUp({ registry: `${at.host}:${at.port}`, name: 'carol', password })
    assert.equal(carol.account().registry, at.registry.id, 'who pins what is there pins the id, not the key')
    assert.equal((await carol.say('bob', 'hello')).state, 'queued')
    await bob.seen('the message', () => bob.hub.snapshot().conversations.some(({ lastLine }) => lastLine === 'hello'))
  })

  it('come from peers, too, of whom one knows it by the old key only', async () => {
    const memory = registryMemory()
    await using aliceHome = await hubHome()
    await using bobHome = await hubHome()
    await using alice = await startTestHub(aliceHome, { reconnect: quick })
    const listen = { options: { listen: ['127.0.0.1:0'] } }
    {
      await using at = await startTestRegistry({ memory })
      await alice.hub.signUp({ registry: at.registry.address, name: 'alice', password })
      await using bob = await startTestHub(bobHome, { reconnect: quick, ...listen })
      await bob.hub.signUp({ registry: at.registry.address, name: 'bob', password })
      await alice.say('bob', 'one')
      await bob.seen('the link', () => bob.hub.status().links === 1)
      const place = bob.hub.status().listen[0]
      await bob.hub.close()
      await at.registry.announce({ newKey: true })
      await at.registry.announce({ address: 'localhost:1' })
      await alice.seen(
        'both notices',
        () => alice.log.lines.filter(line => /has announced/.test(line.text)).length === 2,
      )
      await alice.hub.signIn({}) // its own statements are of the new key from now on
      listen.options.listen = [place ?? '']
    }
    // No registry any more: bob learns of key and address from alice, and they talk.
    await using bob = await startTestHub(bobHome, { reconnect: quick, ...listen })
    await alice.say('bob', 'two')
    await bob.seen('the notices', () => bob.log.lines.some(line => /has announced/.test(line.text)))
    await bob.seen('the message', () => bob.hub.snapshot().conversations.some(({ lastLine }) => lastLine === 'two'))
  })

  it('are refused from whoever has not the pinned key: nothing but hello was said', async () => {
    await using home = await hubHome()
    await using first = await startFakeRegistry()
    await using alice = await startTestHub(home, { reconnect: quick })
    await alice.hub.signUp({ registry: first.address, name: 'alice', password })
    const { port, identity } = first
    await first[Symbol.asyncDispose]()
    // It speaks of the right registry, but hands over from a key of its own.
    const thief = await createIdentity()
    const next = await createIdentity()
    const stolen = signNotice(firstChain(thief.spki), { successor: next.spki }, { ...thief, now: Date.now() })
    await using impostor = await startFakeRegistry({ port, identity: next })
    impostor.answer = is => {
      if (is.case !== 'registryHello') return undefined
      const registry = fromText(first.id)
      const welcome = { version: 1, time: BigInt(Date.now()), mechanisms: ['opaque'], registry }
      return {
        case: 'registryWelcome',
        value: create(RegistryWelcomeSchema, { ...welcome, notices: [...stolen.notices] }),
      }
    }
    await alice.seen('the refusal', () => alice.account().state === 'refused')
    assert.deepEqual(new Set(impostor.asked), new Set(['registryHello']))
    await impostor[Symbol.asyncDispose]()
    await using back = await startFakeRegistry({ port, identity })
    back.signUp = first.signUp
    back.roster = first.roster
    await alice.hub.signIn({})
    assert.equal(alice.account().state, 'online')
  })
})
