import assert from 'node:assert/strict'
import { once } from 'node:events'
import { classicRequests as packets } from '../../../../support/classic-client.ts'
import { ClassicRegistry } from '../../../../support/classic-registry.ts'

describe('classic connections', () => {
  const since = (start: number) => performance.now() - start

  it('may be silent before their first byte, and are then served', async () => {
    await using registry = await ClassicRegistry.start({ limits: { handshake: 50 } })
    const silent = await registry.client()
    const other = await registry.online('bob')
    // A connection that says nothing and may not be classic would be gone after 50 ms.
    const gone = registry.change('offline', 'bob')
    setTimeout(() => void other.logout('bob'), 200)
    await gone
    assert.equal((await silent.register('alice', 'secret1')).code, 20)
  })

  it('are closed when silent for too long, unless a login from their address lives', async () => {
    await using registry = await ClassicRegistry.start({ waits: { idle: 150 } })
    await registry.online('alice')
    const start = performance.now()
    const stranger = await registry.client({ from: '127.0.0.2' })
    assert.equal((await stranger.search('nobody', 'alice')).code, 44)
    const guest = await registry.client()
    assert.equal((await guest.search('alice', 'alice')).code, 22)
    await stranger.closed()
    assert.ok(since(start) >= 140)
    assert.equal((await guest.search('alice', 'alice')).code, 22)
    await guest.logout('alice')
    await guest.closed()
  })

  it('are closed when a packet that has begun does not end in time, however it drips', async () => {
    await using registry = await ClassicRegistry.start({ waits: { packet: 300 } })
    const other = await registry.online('alice')
    const client = await registry.client()
    const start = performance.now()
    const packet = packets.search('alice', 'alice')
    let sent = 0
    const drip = setInterval(() => client.socket.write(packet.subarray(sent, ++sent)), 50)
    await client.closed().finally(() => clearInterval(drip))
    assert.ok(since(start) >= 290 && since(start) < 1_200, `closed after ${since(start)} ms`)
    assert.match(registry.lines.find(line => line.level === 'warn')?.text ?? '', /once begun/)
    assert.equal((await other.search('alice', 'alice')).code, 22)
  })

  it('stay when each packet ends in time, though all of them together take longer', async () => {
    await using registry = await ClassicRegistry.start({ waits: { packet: 300 } })
    const client = await registry.online('alice')
    const packet = packets.search('alice', 'alice')
    const start = performance.now()
    for (let turn = 0; turn < 4; turn += 1) {
      client.socket.write(packet.subarray(0, 13))
      await new Promise(resolve => setTimeout(resolve, 100)) // a slow writer
      assert.equal((await client.ask(packet.subarray(13))).code, 22)
    }
    assert.ok(since(start) > 300)
  })

  it('are cut when they do not take their answers, holding no more than a little', async () => {
    const online = Array.from({ length: 2_000 }, (_, n) => ({ name: `user${n}`, ipv4: '10.0.0.1' }))
    const people = { find: () => undefined, online: () => online }
    await using registry = await ClassicRegistry.start({ waits: { packet: 300 }, people })
    const client = await registry.online('alice')
    const other = await registry.client()
    client.socket.pause()
    const before = process.memoryUsage().rss
    for (let n = 0; n < 200; n += 1) client.socket.write(Buffer.concat(Array(27).fill(packets.online('alice'))))
    const cut = new Promise<void>(resolve => client.socket.once('close', () => resolve()))
    const warned = async () => {
      while (!registry.lines.some(line => line.level === 'warn')) {
        assert.equal((await other.search('alice', 'alice')).code, 22)
      }
    }
    await warned()
    assert.ok(process.memoryUsage().rss - before < 150 * 1024 * 1024, '5,400 lists are 270 MB')
    client.socket.resume()
    await cut
    assert.equal((await other.search('alice', 'alice')).code, 22)
  })

  it('that ask for one list after the other leave others their turn', async () => {
    // Names that are too long to appear: each list costs much time and few bytes, so no full buffer slows the asker.
    const online = Array.from({ length: 5_000 }, (_, n) => ({ name: `a-long-name-${n}`, ipv4: '10.0.0.1' }))
    const people = { find: () => undefined, online: () => online }
    await using registry = await ClassicRegistry.start({ people })
    const greedy = await registry.online('alice')
    const other = await registry.client()
    const lists = greedy.askAll([...Array(1_000).fill(packets.online('alice')), packets.search('alice', 'alice')])
    let turns = 0
    let isDone = false
    const done = lists.finally(() => {
      isDone = true
    })
    while (!isDone) {
      await other.search('alice', 'alice')
      turns += 1
    }
    await done
    assert.ok(turns > 20, `${turns} turns of others during 1,000 lists`)
  })

  it('are refused beyond the most that one address may have', async () => {
    await using registry = await ClassicRegistry.start({ limits: { connectionsPerAddress: 5_000 } })
    const clients = await Promise.all(Array.from({ length: 1_024 }, () => registry.client()))
    const answers = await Promise.all(clients.map(client => client.search('nobody', 'nobody')))
    assert.ok(answers.every(({ code }) => code === 44))
    const oneTooMany = await registry.client()
    oneTooMany.socket.write(packets.search('nobody', 'nobody'))
    await oneTooMany.closed()
    const elsewhere = await registry.client({ from: '127.0.0.2' })
    assert.equal((await elsewhere.search('nobody', 'nobody')).code, 44)
    clients[0]?.close()
    const again = async () => {
      const client = await registry.client()
      return await client.search('nobody', 'nobody').catch(() => undefined)
    }
    let answer = await again()
    while (!answer) answer = await again()
    assert.equal(answer.code, 44)
  })

  it('that break leave no trace', async () => {
    await using registry = await ClassicRegistry.start()
    const other = await registry.online('alice')
    for (let n = 0; n < 20; n += 1) {
      const client = await registry.client()
      client.socket.write(packets.login('alice', 'secret1').subarray(0, n))
      client.socket.resetAndDestroy()
    }
    assert.equal((await other.search('alice', 'alice')).code, 22)
    assert.deepEqual(
      registry.lines.filter(line => line.level !== 'debug'),
      [],
    )
  })

  describe('by the setting', () => {
    const addresses = [
      '127.0.0.1',
      '127.9.9.9',
      '::1',
      '::ffff:127.0.0.1',
      '10.0.0.1',
      '::ffff:10.0.0.1',
      '2001:db8::1',
    ]
    for (const [mode, allowed] of [
      ['off', []],
      ['loopback', addresses.slice(0, 4)],
      ['on', addresses],
    ] as const) {
      it(`${mode}: allows ${allowed.length === 0 ? 'nobody' : allowed.join(', ')}`, async () => {
        await using registry = await ClassicRegistry.start({ mode })
        assert.deepEqual(
          addresses.filter(address => registry.classic.gate.allows(address)),
          allowed,
        )
      })
    }

    it('off: a packet closes the connection unanswered', async () => {
      await using registry = await ClassicRegistry.start({ mode: 'off' })
      const client = await registry.client()
      client.socket.write(packets.register('alice', 'secret1'))
      await client.closed()
      await assert.rejects(client.answer(), /closed|ECONNRESET/)
    })
  })

  it('all end when the registry does', async () => {
    const registry = await ClassicRegistry.start()
    const clients = [await registry.online('alice'), await registry.client()]
    const closed = clients.map(client => once(client.socket, 'close'))
    await registry[Symbol.asyncDispose]()
    await Promise.all(closed)
  })
})
