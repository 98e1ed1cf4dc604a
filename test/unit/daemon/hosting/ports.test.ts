import assert from 'node:assert/strict'
import { ParleyError } from '../../../../daemon/src/errors.ts'
import { type Places, withPlaces } from '../../../../daemon/src/hosting/ports.ts'

const wanted = { listen: ['[::]:3131'], heartbeat: '[::]:5151' }

/** Opens where `fault` finds none; gives what was tried. */
async function tried(fault: (places: Places) => string | undefined): Promise<string[]> {
  const tries: string[] = []
  await withPlaces(wanted, async places => {
    tries.push(`${places.listen} ${places.heartbeat}`)
    const code = fault(places)
    if (code === 'port-taken' || code === 'bad-address' || code === 'storage') throw new ParleyError(code, code)
  }).catch(error => tries.push(error.code))
  return tries
}

describe('the ports of a hosted team', () => {
  it('are the usual ones where they are free', async () => {
    assert.deepEqual(await tried(() => undefined), ['[::]:3131 [::]:5151'])
  })

  it('are others where they are taken, the heartbeats’ first', async () => {
    const udp = await tried(({ heartbeat }) => (heartbeat.endsWith('5151') ? 'port-taken' : undefined))
    assert.equal(udp.at(-1), '[::]:3131 [::]:0')
    const tcp = await tried(({ listen }) => (listen[0]?.endsWith('3131') ? 'port-taken' : undefined))
    assert.equal(tcp.at(-1), '[::]:0 [::]:5151')
    const both = await tried(({ listen, heartbeat }) =>
      /3131|5151/.test(`${listen}${heartbeat}`) ? 'port-taken' : undefined,
    )
    assert.equal(both.at(-1), '[::]:0 [::]:0')
  })

  it('are on IPv4 where there is no IPv6', async () => {
    const tries = await tried(({ listen }) => (listen[0]?.startsWith('[::]') ? 'bad-address' : undefined))
    assert.equal(tries.at(-1), '0.0.0.0:3131 0.0.0.0:5151')
  })

  it('are not looked for any longer when something else is wrong', async () => {
    assert.deepEqual(await tried(() => 'storage'), ['[::]:3131 [::]:5151', 'storage'])
    assert.equal((await tried(() => 'port-taken')).at(-1), 'port-taken')
  })
})
