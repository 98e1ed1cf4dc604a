import assert from 'node:assert/strict'
import { create } from '@bufbuild/protobuf'
import { Supervisor, usable } from '../../../../daemon/src/hub/dialer.ts'
import type { People } from '../../../../daemon/src/hub/people.ts'
import { limits } from '../../../../daemon/src/limits.ts'
import { silentLog } from '../../../../daemon/src/log.ts'
import { toText, type UserId } from '../../../../daemon/src/protocol/ids.ts'
import { AddressSchema, DeviceAddressesSchema } from '../../../../daemon/src/protocol/parley_pb.ts'
import { until } from '../../../support/wait.ts'

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

  it('are none of a device that is listed for its mailbox alone', () => {
    const away = { ...device(['10.0.0.1', 5858]), offline: true }
    assert.deepEqual(usable([away, device()], true).length, 1)
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

describe('hub: dials that all hang', () => {
  const people = Array.from({ length: 100 }, (_, number) => {
    const id = Buffer.alloc(32, number)
    const place = create(AddressSchema, { host: '10.0.0.1', port: 1 + number })
    const devices = [create(DeviceAddressesSchema, { device: id, addresses: [place] })]
    return { user: `user ${number}` as UserId, keys: new Map([[toText(id), id]]), devices }
  })
  /** A supervisor that dials them, and the numbers of those whom it has dialled. */
  function supervisor() {
    const dialled: number[] = []
    const made = new Supervisor({
      dialer: {
        dial({ expect, signal }) {
          dialled.push(expect?.[0] ?? -1)
          return new Promise((_, reject) => signal?.addEventListener('abort', () => reject(signal.reason)))
        },
      },
      peers: { linkTo: () => undefined, isLinked: () => false, greet: () => assert.fail('nobody answers') },
      people: { get: (user: UserId) => people.find(person => person.user === user) } as unknown as People,
      session: () => undefined,
      lacking: () => true,
      isActive: () => true,
      log: silentLog,
    })
    return { dialled, made }
  }
  const user = (number: number) => people[number]?.user as UserId

  it('are no more than a few at once, and keep nobody waiting who was just written to', async () => {
    const { dialled, made } = supervisor()
    for (let number = 0; number < 50; number++) made.reach(user(number))
    await until('the first', () => dialled.length === limits.dialsAtOnce)
    made.reachFirst(user(40))
    made.reachFirst(user(60))
    await until('those two', () => dialled.length > limits.dialsAtOnce + 1)
    assert.deepEqual(dialled.slice(limits.dialsAtOnce), [40, 60])
    for (let number = 70; number < 90; number++) made.reachFirst(user(number))
    await until('some more', () => dialled.length === limits.dialsAtOnce + limits.dialsToWritten)
    await made.close()
    assert.equal(dialled.length, limits.dialsAtOnce + limits.dialsToWritten, 'even those are not all at once')
  })
})
