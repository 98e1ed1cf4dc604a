import assert from 'node:assert/strict'
import { once } from 'node:events'
import { stat } from 'node:fs/promises'
import { createServer, connect as dial, type Socket } from 'node:net'
import path from 'node:path'
import { connect } from '../../../../daemon/src/client/connect.ts'
import { proveToDaemon } from '../../../../daemon/src/client/proof.ts'
import { publishDaemonFile, readDaemonFile } from '../../../../daemon/src/client/published.ts'
import { type ControlOptions, startControl } from '../../../../daemon/src/control/server.ts'
import { limits } from '../../../../daemon/src/limits.ts'
import { locations } from '../../../../daemon/src/locations.ts'
import { silentLog } from '../../../../daemon/src/log.ts'
import { encodeControl } from '../../../../daemon/src/protocol/control-framing.ts'
import { fakeHub } from '../../../support/fake-hub.ts'
import { temporaryFolder } from '../../../support/folder.ts'
import { until } from '../../../support/wait.ts'

const isUnix = process.platform !== 'win32'

async function start(options: Partial<ControlOptions> = {}) {
  const folder = await temporaryFolder()
  const home = folder.path
  const { daemonFile } = locations(home)
  const hub = fakeHub()
  const control = await startControl({
    home,
    daemonFile,
    roles: ['hub'],
    hub,
    log: silentLog,
    stop: () => {},
    ...options,
  })
  const published = await readDaemonFile(daemonFile)
  assert.ok(published)
  return {
    home,
    hub,
    control,
    daemonFile,
    published,
    connect: () => connect({ home, client: 'test' }),
    /** A bare connection, its proof done. */
    async proven(): Promise<Socket> {
      const socket = dial(published.socket)
      await proveToDaemon(socket, published.token, AbortSignal.timeout(2000))
      socket.resume()
      return socket
    },
    async [Symbol.asyncDispose]() {
      await control.close()
      await folder[Symbol.asyncDispose]()
    },
  }
}

describe('control socket', () => {
  it('answers a front end that has proved the token', async () => {
    await using daemon = await start()
    const client = await daemon.connect()
    const status = await client.request('status', {})
    assert.equal(status.pid, process.pid)
    assert.deepEqual(status.roles, ['hub'])
    assert.equal(status.hub?.device, 'd'.repeat(52))
    client.close()
  })

  if (isUnix) {
    it('is its owner’s alone, in a folder of its owner’s alone, under a short random name', async () => {
      await using one = await start()
      await using two = await start()
      const { socket } = one.published
      assert.notEqual(path.dirname(socket), path.dirname(two.published.socket))
      assert.ok(Buffer.byteLength(socket) < 100)
      assert.equal((await stat(socket)).mode & 0o777, 0o600)
      assert.equal((await stat(path.dirname(socket))).mode & 0o777, 0o700)
      assert.equal((await stat(one.daemonFile)).mode & 0o777, 0o600)
    })

    it('takes its folder and daemon.json away when it closes', async () => {
      const daemon = await start()
      await daemon.control.close()
      await assert.rejects(stat(path.dirname(daemon.published.socket)), { code: 'ENOENT' })
      await assert.rejects(stat(daemon.daemonFile), { code: 'ENOENT' })
      await daemon[Symbol.asyncDispose]()
    })
  }

  it('proves itself before the front end says anything but its challenge', async () => {
    await using daemon = await start()
    const socket = dial(daemon.published.socket)
    socket.write(Buffer.alloc(32, 7))
    const [answer] = await once(socket, 'data')
    assert.equal(answer.length, 64)
    socket.destroy()
  })

  it('turns away whoever does not know the token, without a word', async () => {
    await using daemon = await start()
    const socket = dial(daemon.published.socket)
    await assert.rejects(proveToDaemon(socket, Buffer.alloc(32), AbortSignal.timeout(2000)), { code: 'forged' })
    socket.destroy()

    const guess = dial(daemon.published.socket)
    guess.write(Buffer.alloc(32))
    const [answer] = await once(guess, 'data')
    // Not even the daemon's own proof, played back, opens the door.
    guess.write(answer.subarray(32))
    const more = once(guess, 'data').then(() => 'answered')
    assert.equal(await Promise.race([more, once(guess, 'close').then(() => 'closed')]), 'closed')
  })

  it('lets a front end notice a squatter, before it has told it anything', async () => {
    await using folder = await temporaryFolder()
    const heard: Buffer[] = []
    const squatter = createServer(socket => {
      socket.on('error', () => {})
      socket.on('data', chunk => {
        heard.push(chunk)
        socket.write(Buffer.alloc(64, 1))
      })
    })
    const socket = path.join(folder.path, 's')
    await new Promise<void>(resolve => squatter.listen(socket, resolve))
    const { daemonFile } = locations(folder.path)
    const token = Buffer.alloc(32, 9)
    await publishDaemonFile(daemonFile, { pid: 1, socket, version: '1', protocol: { lowest: 1, highest: 1 }, token })
    await assert.rejects(connect({ home: folder.path, client: 'test' }), { code: 'forged' })
    assert.equal(Buffer.concat(heard).length, 32, 'only the challenge was said')
    await new Promise(resolve => squatter.close(resolve))
  })

  it('closes a connection that drips its proof', async () => {
    await using daemon = await start({ proofTimeout: 50 })
    const socket = dial(daemon.published.socket)
    socket.write('drip')
    await once(socket.resume(), 'close')
  })

  it('closes a connection that proves the token and then never says hello', async () => {
    await using daemon = await start({ proofTimeout: 100 })
    const socket = await daemon.proven()
    await once(socket, 'close')
  })

  it('closes on a message over the limit, and serves others on', async () => {
    await using daemon = await start()
    const other = await daemon.connect()
    const socket = await daemon.proven()
    socket.write(`Content-Length: ${limits.controlMessage + 1}\r\n\r\n`)
    await once(socket, 'close')
    assert.equal((await other.request('status', {})).pid, process.pid)
    other.close()
  })

  it('wants hello first', async () => {
    await using daemon = await start()
    const socket = await daemon.proven()
    socket.write(encodeControl({ jsonrpc: '2.0', id: 1, method: 'status', params: {} }))
    const [reply] = await once(socket, 'data')
    assert.match(String(reply), /must be hello/)
    socket.destroy()
  })

  it('lets requests under way be many, not endless', async () => {
    await using daemon = await start()
    const client = await daemon.connect()
    const { conversation, message } = await client.request('send', { to: 'bob', text: 'hi', message: 'm' })
    const wait = () => client.request('waitDelivered', { conversation, message, timeout: 5_000 })
    const waiting = Array.from({ length: limits.controlInFlight }, wait)
    await assert.rejects(wait(), { code: 'busy' })
    daemon.hub.deliver(message)
    await Promise.all(waiting)
    client.close()
  })

  describe('versions', () => {
    it('tells a front end that is too old to update', async () => {
      await using daemon = await start()
      const old = connect({ home: daemon.home, client: 'test', versions: { lowest: 0, highest: 0 } })
      await assert.rejects(old, { code: 'too-old', message: /update Parley in this editor/ })
    })

    it('tells a newer front end that the daemon is older', async () => {
      await using daemon = await start()
      const newer = connect({ home: daemon.home, client: 'test', versions: { lowest: 7, highest: 9 } })
      await assert.rejects(newer, { code: 'too-old', message: /The running daemon is older/ })
    })

    it('settles on the highest that both speak', async () => {
      await using daemon = await start()
      const client = await connect({ home: daemon.home, client: 'test', versions: { lowest: 0, highest: 9 } })
      assert.equal(client.daemon.version, 1)
      client.close()
    })
  })

  describe('requests', () => {
    it('carries refusals with code and words', async () => {
      await using daemon = await start()
      const client = await daemon.connect()
      const lost = client.request('send', { to: 'nobody', text: 'hi', message: 'm' })
      await assert.rejects(lost, { name: 'ParleyError', code: 'unknown-user', message: /called nobody/ })
      client.close()
    })

    it('names the parameter that is wrong', async () => {
      await using daemon = await start()
      const client = await daemon.connect()
      const wrong = client.request('history', { with: 'bob', limit: 0 })
      await assert.rejects(wrong, { code: 'usage', message: /limit must be >= 1/ })
      await assert.rejects(client.request('who', { query: 'x'.repeat(10_000) }), { code: 'usage' })
      client.close()
    })

    it('keeps what front ends ask it to keep, and takes attention only from one with a person before it', async () => {
      await using daemon = await start()
      const script = await daemon.connect()
      const scroll = { position: 'p', offset: 1.5 }
      const { conversation } = (await script.request('openChat', { with: 'bob' })).conversation
      await script.request('saveChat', { conversation, draft: 'so far', scroll })
      assert.deepEqual((await script.request('openChat', { with: 'bob' })).scroll, scroll)
      await script.request('saveChat', { conversation, scroll: null })
      const { draft, scroll: none } = await script.request('openChat', { with: 'bob' })
      assert.deepEqual([draft, none], ['so far', undefined])
      await assert.rejects(script.request('attend', { isFocused: true, visible: [] }), { code: 'usage' })
      assert.deepEqual(daemon.hub.attended, [])

      const window = await connect({ home: daemon.home, client: 'test', attached: true })
      const visible = Array.from({ length: limits.controlWatches + 1 }, () => conversation)
      await assert.rejects(window.request('attend', { isFocused: true, visible }), { code: 'usage' })
      await window.request('attend', { isFocused: true, visible: [] })
      const told = new Promise<string>(resolve => window.on('notice', ({ message }) => resolve(message.text)))
      daemon.hub.receive('bob', 'hi')
      assert.equal(await told, 'hi')
      for (const client of [script, window]) client.close()
      await until('it has gone', () => daemon.hub.attended.at(-1) === false)
    })

    it('says what a registry’s home cannot do', async () => {
      await using daemon = await start({ roles: ['registry'], hub: undefined })
      const client = await daemon.connect()
      await assert.rejects(client.request('who', {}), { code: 'unsupported', message: /another home with --home/ })
      await assert.rejects(client.request('subscribe', {}), { code: 'unsupported' })
      await assert.rejects(client.request('invite', {}), { code: 'unsupported', message: /home of a registry/ })
      client.close()
    })

    it('answers stop, then asks the daemon to', async () => {
      const stopped = Promise.withResolvers<void>()
      await using daemon = await start({ stop: stopped.resolve })
      const client = await daemon.connect()
      assert.deepEqual(await client.request('stop', {}), {})
      await stopped.promise
      client.close()
    })

    it('tells who still waits that the daemon has stopped', async () => {
      const daemon = await start()
      const client = await daemon.connect()
      const { conversation, message } = await client.request('send', { to: 'bob', text: 'hi', message: 'm' })
      const waiting = assert.rejects(client.request('waitDelivered', { conversation, message, timeout: 1_000 }), {
        code: 'closed',
      })
      await daemon[Symbol.asyncDispose]()
      await waiting
      await client.closed
    })

    it('tells who asks a daemon that has stopped, or a connection of their own that they closed', async () => {
      const daemon = await start()
      const [client, other] = await Promise.all([daemon.connect(), daemon.connect()])
      other.close()
      await other.closed
      await daemon[Symbol.asyncDispose]()
      await client.closed
      for (const late of [client, other]) await assert.rejects(late.request('status', {}), { code: 'closed' })
    })
  })

  describe('linger', () => {
    it('stops some time after the last front end, not before', async () => {
      const stopped = Promise.withResolvers<string>()
      await using daemon = await start({ linger: 200, stop: () => stopped.resolve('stopped') })
      const [one, two] = await Promise.all([daemon.connect(), daemon.connect()])
      one.close()
      await one.closed
      const early = two.request('status', {}).then(() => 'running')
      assert.equal(await Promise.race([stopped.promise, early]), 'running')
      two.close()
      assert.equal(await stopped.promise, 'stopped')
    })
  })
})
