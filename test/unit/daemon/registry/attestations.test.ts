import assert from 'node:assert/strict'
import { limits } from '../../../../daemon/src/limits.ts'
import type { DeviceId } from '../../../../daemon/src/protocol/ids.ts'
import { readAttestation } from '../../../../daemon/src/protocol/statements.ts'
import { Attestations } from '../../../../daemon/src/registry/attestations.ts'
import { makePerson, makeRegistry } from '../../../support/statements.ts'

describe('attestations', () => {
  const registry = makeRegistry()
  const { user, name, account } = makePerson(registry, 'alice', 0)
  const accountKey = account.spki
  const denied: ReadonlySet<DeviceId> = new Set()
  const standing = { denied, role: 'member', isDisabled: false } as const
  const alice = { user, name, displayName: 'Alice', mechanism: 'opaque', accountKey, generation: 1, ...standing }
  let now = 1_790_000_000_000
  const issue = () => new Attestations({ registry: registry.id, privateKey: registry.privateKey, now: () => now })
  const read = (signed: ReturnType<Attestations['current']>) =>
    readAttestation(signed, { registryKey: registry.spki, registry: registry.id, now })

  it('are handed out again for an hour, then made anew', () => {
    const attestations = issue()
    const first = attestations.current(alice)
    now += limits.attestationReuse - 1
    assert.equal(attestations.current(alice), first)
    now += 1
    const second = attestations.current(alice)
    assert.ok(read(second).issued > read(first).issued)
  })

  it('are made anew when the clock was set back, as nobody takes one from the future', () => {
    const attestations = issue()
    attestations.current(alice)
    now -= 24 * 3600_000
    assert.equal(read(attestations.current(alice)).issued, now)
  })

  it('are made anew for another account key, and when asked', () => {
    const attestations = issue()
    const first = attestations.current(alice)
    assert.equal(read(attestations.current({ ...alice, generation: 2 })).generation, 2)
    const renewed = attestations.renew(alice)
    assert.notEqual(renewed, first)
    assert.equal(attestations.current(alice), renewed)
  })

  it('are made anew for another set of denied devices, and count before those of the same moment', () => {
    const attestations = issue()
    const { device } = makePerson(registry, 'bob', 0)
    const before = read(attestations.current(alice))
    const denying = attestations.current({ ...alice, denied: new Set([device.id]) })
    assert.ok(read(denying).denied.has(device.id))
    assert.ok(read(denying).issued > before.issued)
    assert.ok(read(attestations.current(alice)).issued > read(denying).issued)
  })

  it('live seven days', () => {
    const { issued, expires } = read(issue().current(alice))
    assert.equal(expires - issued, 7 * 24 * 3600_000)
  })
})
