import assert from 'node:assert/strict'
import { examine } from '../../../../daemon/src/doctor/doctor.ts'
import { fromText } from '../../../../daemon/src/protocol/ids.ts'
import { registryChecks } from '../../../../daemon/src/registry/doctor.ts'
import { startTestRegistry } from '../../../support/registry.ts'

describe('registry: what the doctor looks at', () => {
  it('finds nothing wrong with a team on this computer', async () => {
    await using at = await startTestRegistry()
    const found = await examine(at.registry.checks())
    assert.deepEqual(
      found.filter(({ state }) => state === 'failed'),
      [],
    )
    assert.match(found.find(({ about }) => about === 'address')?.words ?? '', /Only this computer can reach it/)
  })

  it('dials the address of invites and looks whose key is shown there', async () => {
    await using at = await startTestRegistry()
    await using other = await startTestRegistry()
    const look = async (port: number) => {
      // An address of this machine that does not look like loopback.
      const status = { ...at.registry.status(), address: `parley://0.0.0.0:${port}/?v=1`, listen: ['[::]:3131'] }
      const checks = registryChecks({ status: () => status, keyId: () => fromText(at.registry.id) })
      return (await examine(checks)).find(({ about }) => about === 'address')
    }
    assert.equal((await look(at.port))?.words, `0.0.0.0:${at.port} leads here.`)
    const wrong = await look(other.port)
    assert.equal(wrong?.state, 'failed')
    assert.match(wrong.words, /does not lead here\. .*not the one expected/)
    const nowhere = { ...at.registry.status(), listen: ['[::]:3131'] }
    const [first] = await examine(registryChecks({ status: () => nowhere, keyId: () => new Uint8Array(32) }))
    assert.equal(first?.state, 'warning', 'others cannot reach it')
  })

  it('warns of doors that stand open', async () => {
    await using at = await startTestRegistry()
    const look = async (changes: object) => {
      const status = { ...at.registry.status(), listen: ['[::]:3131'], ...changes }
      const checks = registryChecks({ status: () => status, keyId: () => new Uint8Array(32) })
      return (await examine(checks)).find(({ about }) => about === 'sign-up')
    }
    assert.match((await look({ signUp: 'open' }))?.words ?? '', /Whoever reaches/)
    assert.match((await look({ signUp: 'invite', classic: 'on' }))?.words ?? '', /not encrypted/)
    assert.equal((await look({ signUp: 'invite', classic: 'off' }))?.state, 'ok')
  })
})
