import assert from 'node:assert/strict'
import { create } from '@bufbuild/protobuf'
import { fromText, toText } from '../../../../daemon/src/protocol/ids.ts'
import { AddressSchema, PublishAddressesSchema } from '../../../../daemon/src/protocol/parley_pb.ts'
import { readAttestation, readRoster } from '../../../../daemon/src/protocol/statements.ts'
import { addressesFor, readPublished } from '../../../../daemon/src/registry/published.ts'
import { refusal } from '../../../support/errors.ts'
import { joined, lookUp, publish, search, signOut } from '../../../support/member.ts'
import { startTestRegistry } from '../../../support/registry.ts'

const code = (error: string) => ({ name: 'ParleyError', code: error })
const published = (port: number, addresses: string[], source = '203.0.113.9') =>
  readPublished(create(PublishAddressesSchema, { port, addresses }), source)
const hosts = (asker: string, addresses: string[], source?: string) =>
  addressesFor(asker, published(5858, addresses, source)).map(({ host }) => host)

describe('a look-up', () => {
  it('by name or id gives all that is needed to talk to somebody', async () => {
    await using at = await startTestRegistry()
    await using alice = await joined(at, 'alice')
    await using bob = await joined(at, 'bob')
    await publish(bob, 5858, ['192.0.2.7'])
    for (const who of [{ name: 'Bob' }, { user: fromText(bob.user) }]) {
      const found = await lookUp(alice, who)
      const by = { registryKey: alice.link.peerKey, registry: at.registry.id, now: Date.now() }
      const { user, accountKey, generation } = readAttestation(found.attestation, by)
      assert.equal(user, bob.user)
      const roster = readRoster(found.roster, { accountKey, registry: at.registry.id, user, generation })
      assert.deepEqual(
        roster.devices.map(({ id }) => id),
        [toText(bob.identity.id)],
      )
      assert.equal(found.person?.status, 'online')
      assert.deepEqual(
        found.devices.map(({ device }) => toText(device)),
        [toText(bob.identity.id)],
      )
      assert.deepEqual(
        found.devices[0]?.addresses.map(({ host, port }) => `${host}:${port}`),
        ['127.0.0.1:5858', '192.0.2.7:5858'],
      )
    }
  })

  it('gives no addresses of somebody who is offline or has published none', async () => {
    await using at = await startTestRegistry()
    await using alice = await joined(at, 'alice')
    await using bob = await joined(at, 'bob')
    assert.deepEqual((await lookUp(alice, { name: 'bob' })).devices[0]?.addresses, [])
    await publish(bob, 5858, [])
    await signOut(bob)
    const found = await lookUp(alice, { name: 'bob' })
    assert.deepEqual(found.devices, [])
    assert.equal(found.person?.status, 'offline')
  })

  it('knows nobody whose name no storage could hold', async () => {
    await using at = await startTestRegistry()
    await using alice = await joined(at, 'alice')
    for (const name of ['名'.repeat(64), `${'a'.repeat(63)}😀`]) {
      await assert.rejects(lookUp(alice, { name }), code('unknown-user'))
    }
  })

  it('says when nobody is there', async () => {
    await using at = await startTestRegistry()
    await using alice = await joined(at, 'alice')
    for (const who of [
      { name: 'nobody' },
      { name: '' },
      { name: '\u0000' },
      { name: 'x'.repeat(5000) },
      { user: new Uint8Array(16) },
    ]) {
      await assert.rejects(lookUp(alice, who), code('unknown-user'))
    }
    await assert.rejects(lookUp(alice, { user: new Uint8Array(15) }), code('bad-frame'))
  })

  it('shows a source on loopback to no one elsewhere', () => {
    assert.deepEqual(hosts('198.51.100.4', ['192.0.2.7'], '127.0.0.1'), ['192.0.2.7'])
    assert.deepEqual(hosts('127.0.0.1', ['192.0.2.7'], '127.0.0.1'), ['127.0.0.1', '192.0.2.7'])
  })
})

describe('published addresses', () => {
  it('begin with the source of the link, each once, IPv4-mapped as IPv4', () => {
    const given = ['192.0.2.7', '::ffff:192.0.2.7', '2001:DB8::0:1', '203.0.113.9']
    assert.deepEqual(hosts('198.51.100.4', given, '::ffff:203.0.113.9'), ['203.0.113.9', '192.0.2.7', '2001:db8::1'])
  })

  it('are on loopback alone where the hub listens for its own machine only', () => {
    assert.deepEqual(published(5858, ['127.0.0.1', '::1']).hosts, ['127.0.0.1', '::1'])
    assert.deepEqual(published(5858, ['127.0.0.1'], '127.0.0.1').hosts, ['127.0.0.1'])
    assert.deepEqual(hosts('198.51.100.1', ['127.0.0.1']), [])
  })

  it('are at most eight for whoever asks, counted after what they must not see', () => {
    const given = ['127.0.0.1', '::1', ...Array.from({ length: 10 }, (_, index) => `192.0.2.${index + 1}`)]
    assert.equal(hosts('198.51.100.4', given).length, 8)
    assert.ok(!hosts('198.51.100.4', given).some(host => host === '127.0.0.1' || host === '::1'))
    assert.deepEqual(hosts('::1', given).slice(0, 3), ['203.0.113.9', '127.0.0.1', '::1'])
  })

  for (const bad of [
    '',
    'example.com',
    '1.2.3',
    '1.2.3.4:5',
    'fe80::1%eth0',
    '0.0.0.0',
    '::',
    '224.0.0.1',
    'ff02::1',
    '255.255.255.255',
    '::ffff:0.0.0.0',
  ]) {
    it(`are not ${JSON.stringify(bad)}`, () => {
      refusal(() => published(5858, [bad]), 'bad-address')
    })
  }

  it('have a port and are not endless', () => {
    for (const port of [0, 65_536, 4_294_967_295]) refusal(() => published(port, []), 'bad-address')
    assert.equal(published(65_535, []).port, 65_535)
    refusal(() => published(1, new Array(65).fill('192.0.2.1')), 'bad-address')
  })

  it('are refused whole over the wire', async () => {
    await using at = await startTestRegistry()
    await using alice = await joined(at, 'alice')
    await publish(alice, 5858, ['192.0.2.7'])
    await assert.rejects(publish(alice, 5859, ['192.0.2.8', 'nowhere']), code('bad-address'))
    const { devices } = await lookUp(alice, { name: 'alice' })
    assert.deepEqual(devices[0]?.addresses[1], create(AddressSchema, { host: '192.0.2.7', port: 5858 }))
  })
})

describe('a search', () => {
  it('finds by the start and by any part of either name, with status', async () => {
    await using at = await startTestRegistry()
    await using alice = await joined(at, 'alice')
    await using bob = await joined(at, 'malicious')
    await signOut(bob)
    const { people, more } = await search(alice, 'LIC')
    assert.deepEqual(
      people.map(({ name, status }) => `${name} ${status}`),
      ['alice online', 'malicious offline'],
    )
    assert.equal(more, false)
    assert.equal((await search(alice, 'a', 1)).more, true)
    assert.equal((await search(alice, 'a', 4_000_000_000)).people.length, 2)
  })
})
