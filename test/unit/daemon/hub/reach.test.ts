import assert from 'node:assert/strict'
import type { HubOptions } from '../../../../daemon/src/hub/home.ts'
import { ports } from '../../../../daemon/src/protocol/addresses.ts'
import { hubHome, startTestHub } from '../../../support/hub.ts'
import { tcpClient } from '../../../support/links.ts'

describe('hub: whether others may connect', () => {
  /** A hub that listens where its system and its person let it. */
  const free = (platform: NodeJS.Platform): Partial<HubOptions> => ({ options: {}, platform })
  const hosts = (listen: readonly string[]) => listen.map(text => text.replace(/:\d+$/, ''))

  it('depends on the system at first, and then on the person, also after a restart', async () => {
    await using home = await hubHome()
    for (const platform of ['win32', 'darwin'] as const) {
      await using running = await startTestHub(home, free(platform))
      const { isDirect, listen } = running.hub.status()
      assert.deepEqual([isDirect, hosts(listen)], [false, ['127.0.0.1']])
    }
    {
      await using running = await startTestHub(home, free('linux'))
      assert.equal(running.hub.status().isDirect, true)
    }
    await using running = await startTestHub(home, free('darwin'))
    const [before = ''] = running.hub.status().listen
    await running.hub.setDirect({ direct: true })
    const { isDirect, listen } = running.hub.status()
    assert.equal(isDirect, true)
    assert.match(listen[0] ?? '', /^(\[::\]|0\.0\.0\.0):/)
    assert.equal(portOf(listen[0]), portOf(before), 'the number that others know')
    await running.hub.close()
    await using again = await startTestHub(home, free('darwin'))
    assert.equal(again.hub.status().isDirect, true)
    await again.hub.setDirect({ direct: false })
    assert.deepEqual(hosts(again.hub.status().listen), ['127.0.0.1'])
  })

  it('changes without dropping what is open', async () => {
    await using home = await hubHome()
    await using running = await startTestHub(home, free('darwin'))
    const port = portOf(running.hub.status().listen[0])
    assert.ok(port >= ports.peer)
    const socket = await tcpClient({ host: '127.0.0.1', port })
    for (const direct of [true, false, true, true]) await running.hub.setDirect({ direct })
    assert.equal(socket.closed, false)
    socket.destroy()
  })

  it('is what the configuration says where it says something', async () => {
    await using home = await hubHome()
    await using running = await startTestHub(home, { options: { listen: ['127.0.0.1:0'] }, platform: 'linux' })
    assert.equal(running.hub.status().isDirect, false)
    await assert.rejects(running.hub.setDirect({ direct: true }), {
      code: 'usage',
      message: /--listen says: 127\.0\.0\.1:0/,
    })
    await running.hub.setDirect({ direct: false })
  })
})

function portOf(listen = ''): number {
  return Number(/:(\d+)$/.exec(listen)?.[1])
}
