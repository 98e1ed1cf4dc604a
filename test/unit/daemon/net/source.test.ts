import assert from 'node:assert/strict'
import net from 'node:net'
import fc from 'fast-check'
import { plainAddress, sourceOf } from '../../../../daemon/src/net/source.ts'

describe('the source of a connection', () => {
  it('is written without mapping and zone', () => {
    assert.equal(plainAddress('::ffff:192.0.2.7'), '192.0.2.7')
    assert.equal(plainAddress('::FFFF:192.0.2.7'), '192.0.2.7')
    assert.equal(plainAddress('fe80::1%eth0'), 'fe80::1')
    assert.equal(plainAddress('192.0.2.7'), '192.0.2.7')
    assert.equal(plainAddress(undefined), '')
  })

  it('is one IPv4 address', () => {
    assert.equal(sourceOf('192.0.2.7'), '192.0.2.7')
  })

  it('is one IPv6 /64, however it is written', () => {
    assert.equal(sourceOf('2001:db8:0:7::1'), '2001:db8:0:7::/64')
    assert.equal(sourceOf('2001:0db8::7:1:2:3:4'), '2001:db8:0:7::/64')
    assert.equal(sourceOf('::1'), '0:0:0:0::/64')
    assert.equal(sourceOf('64:ff9b::192.0.2.7'), '64:ff9b:0:0::/64')
    assert.equal(sourceOf('1:2:3:4:5:6:192.0.2.7'), '1:2:3:4::/64')
  })

  it('depends on the first 64 bits and on nothing else', () => {
    const group = fc.integer({ min: 0, max: 0xffff })
    const four = fc.array(group, { minLength: 4, maxLength: 4 })
    fc.assert(
      fc.property(four, four, four, (network, host, other) => {
        const written = (groups: number[]) => groups.map(value => value.toString(16)).join(':')
        const canonical = (groups: number[]) => new URL(`http://[${written(groups)}]`).hostname.slice(1, -1)
        const source = sourceOf(canonical([...network, ...host]))
        assert.ok(net.isIPv6(source.slice(0, -3)))
        assert.equal(source, sourceOf(canonical([...network, ...other])))
        assert.equal(source, `${written(network)}::/64`)
      }),
    )
  })
})
