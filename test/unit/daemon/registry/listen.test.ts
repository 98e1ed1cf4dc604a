import assert from 'node:assert/strict'
import { createServer, type Server } from 'node:net'
import { ParleyError } from '../../../../daemon/src/errors.ts'
import { joined, meet, signInByKey } from '../../../support/member.ts'
import { startTestRegistry } from '../../../support/registry.ts'

describe('a registry on several addresses', () => {
  it('serves people on each of them, IPv6 too', async () => {
    await using at = await startTestRegistry({ options: { listen: ['127.0.0.1:0', '[::1]:0'] } })
    const [first = '', second = ''] = at.registry.listen
    assert.match(first, /^127\.0\.0\.1:[1-9]\d*$/)
    assert.match(second, /^\[::1\]:[1-9]\d*$/)
    await using alice = await joined(at, 'alice')
    await using again = await meet(
      { ...at, host: '::1', port: Number(second.slice(second.lastIndexOf(':') + 1)) },
      alice,
    )
    await signInByKey(again)
  })

  it('listens on none of them when one is taken, and names that one', async () => {
    const taken = await listening()
    const free = await listening()
    const [one, other] = [portOf(taken), portOf(free)]
    await new Promise(resolve => free.close(resolve))
    const listen = [`127.0.91.1:${other}`, `127.0.91.1:${one}`]
    await assert.rejects(startTestRegistry({ options: { listen } }), (error: unknown) => {
      assert.ok(error instanceof ParleyError)
      assert.equal(error.code, 'port-taken')
      assert.match(error.message, new RegExp(`127\\.0\\.91\\.1:${one} is taken by another program`))
      return true
    })
    await new Promise<void>((resolve, reject) => {
      free.once('error', reject)
      free.listen(other, '127.0.91.1', resolve)
    })
    await Promise.all([taken, free].map(server => new Promise(resolve => server.close(resolve))))
  })

  it('says so when the machine does not have an address', async () => {
    await assert.rejects(startTestRegistry({ options: { listen: ['127.0.0.1:0', '192.0.2.1:0'] } }), {
      code: 'bad-address',
      message: /192\.0\.2\.1 is no address of this machine/,
    })
  })
})

async function listening(): Promise<Server> {
  const server = createServer()
  await new Promise<void>(resolve => server.listen(0, '127.0.91.1', resolve))
  return server
}

function portOf(server: Server): number {
  const address = server.address()
  return typeof address === 'object' && address ? address.port : 0
}
