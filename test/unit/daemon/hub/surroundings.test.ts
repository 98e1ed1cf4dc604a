import assert from 'node:assert/strict'
import net from 'node:net'
import { bestAddress, hasSlept, ownAddresses, watchSurroundings } from '../../../../daemon/src/hub/surroundings.ts'
import { within } from '../../../support/links.ts'

describe('hub: surroundings', () => {
  it('tells a sleep from a busy moment, whichever clock stood still', () => {
    const every = 5_000
    assert.equal(hasSlept({ wall: 5_100, steady: 5_100, every }), false)
    assert.equal(hasSlept({ wall: 9_000, steady: 9_000, every }), false)
    assert.equal(hasSlept({ wall: 3_600_000, steady: 5_000, every }), true)
    assert.equal(hasSlept({ wall: 3_600_000, steady: 3_600_000, every }), true)
    assert.equal(hasSlept({ wall: -3_600_000, steady: 5_000, every }), false)
  })

  it('tells that the machine slept', async () => {
    const told = Promise.withResolvers<string>()
    const clock = { wall: 0 }
    const stop = watchSurroundings(told.resolve, { every: 5, now: () => clock.wall, monotonic: () => 0 })
    const keepAlive = setInterval(() => {}, 1_000)
    clock.wall = 3_600_000
    assert.equal(await within('the wake', told.promise), 'slept')
    clearInterval(keepAlive)
    stop()
  })

  it('publishes what it listens on: the address itself, or all of them when it is any', () => {
    assert.deepEqual(ownAddresses(['127.0.0.1']), ['127.0.0.1'])
    const all = ownAddresses(['::'])
    assert.ok(all.includes('127.0.0.1') && all.length <= 8)
    for (const address of all) assert.notEqual(net.isIP(address), 0, address)
    assert.equal(
      all.some(address => address.startsWith('fe80')),
      false,
    )
  })

  it('puts real networks before those of containers and tunnels, and IPv4 before IPv6', () => {
    const one = (address: string, internal = false) => ({
      address,
      internal,
      family: address.includes(':') ? ('IPv6' as const) : ('IPv4' as const),
      netmask: '',
      mac: '',
      cidr: null,
      scopeid: 0,
    })
    const interfaces = {
      lo: [one('127.0.0.1', true)],
      docker0: [one('172.17.0.1')],
      utun3: [one('10.8.0.2')],
      eth0: [one('fe80::1'), one('2001:db8::5'), one('192.168.1.5')],
      eth1: [one('169.254.7.7')],
    }
    const best = ['192.168.1.5', '2001:db8::5', '172.17.0.1', '10.8.0.2', '127.0.0.1']
    assert.deepEqual(ownAddresses(['::'], interfaces), best)
    assert.equal(bestAddress(interfaces), '192.168.1.5')
    assert.equal(bestAddress({ lo: [one('127.0.0.1', true)] }), undefined)
  })
})
