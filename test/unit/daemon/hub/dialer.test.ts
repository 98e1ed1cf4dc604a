import assert from 'node:assert/strict'
import { create } from '@bufbuild/protobuf'
import { usable } from '../../../../daemon/src/hub/dialer.ts'
import { AddressSchema, DeviceAddressesSchema } from '../../../../daemon/src/protocol/parley_pb.ts'

describe('hub: addresses to dial', () => {
  const device = (...hosts: [string, number][]) =>
    create(DeviceAddressesSchema, {
      device: new Uint8Array(32),
      addresses: hosts.map(([host, port]) => create(AddressSchema, { host, port })),
    })
  const hosts = (given: ReturnType<typeof device>[], isLoopbackAllowed: boolean) =>
    usable(given, isLoopbackAllowed).flatMap(({ addresses }) => addresses.map(({ host }) => host))

  it('are IP addresses with a port, a few of each device', () => {
    const odd = device(['evil.example', 5858], ['10.0.0.1', 0], ['10.0.0.2', 70_000], ['10.0.0.3', 5858])
    assert.deepEqual(hosts([odd], true), ['10.0.0.3'])
    const many = Array.from({ length: 50 }, (_, index): [string, number] => [`10.0.1.${index}`, 5858])
    assert.equal(hosts([device(...many)], true).length, 8)
  })

  it('are on this machine only if the registry is', () => {
    const given = [device(['127.0.0.1', 5858], ['::1', 5858], ['::ffff:127.0.0.1', 5858], ['10.0.0.1', 5858])]
    assert.deepEqual(hosts(given, false), ['10.0.0.1'])
    assert.equal(hosts(given, true).length, 4)
  })

  it('are not written so as to mean this machine by another name', () => {
    const names = ['::ffff:7f00:1', '::ffff:127.1.2.3', '0:0:0:0:0:0:0:1', '0.0.0.0', '::', '::ffff:0:0', '::1%lo']
    assert.deepEqual(hosts([device(...names.map((host): [string, number] => [host, 22]))], false), [])
  })
})
