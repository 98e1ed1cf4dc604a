import assert from 'node:assert/strict'
import { classicRequest, classicRows, classicRequests as packets } from '../../../../support/classic-client.ts'
import { ClassicRegistry } from '../../../../support/classic-registry.ts'

describe('classic requests', () => {
  let registry: ClassicRegistry

  beforeEach(async () => {
    registry = await ClassicRegistry.start()
  })

  afterEach(() => registry[Symbol.asyncDispose]())

  it('registers, logs in, finds, lists and logs out', async () => {
    const client = await registry.client()
    assert.deepEqual(await client.register('alice', 'secret1'), { type: 0, code: 20, message: '', list: '' })
    assert.deepEqual(await client.login('alice', 'secret1'), { type: 1, code: 21, message: '', list: '' })
    assert.deepEqual(await client.search('alice', 'alice'), { type: 2, code: 22, message: '127.0.0.1', list: '' })
    assert.deepEqual(await client.online('alice'), { type: 4, code: 24, message: '', list: 'alice-127.0.0.1 \t\n ' })
    assert.deepEqual(await client.logout('alice'), { type: 3, code: 25, message: '', list: '' })
  })

  for (const signUp of ['invite', 'closed'] as const) {
    it(`registers nobody while sign-up is ${signUp}: the protocol carries no invite`, async () => {
      await using other = await ClassicRegistry.start({ signUp })
      const client = await other.client()
      assert.equal((await client.register('alice', 'secret1')).code, 50)
      assert.equal((await client.login('alice', 'secret1')).code, 41)
    })
  }

  describe('on one connection', () => {
    const talk = [
      packets.register('alice', 'secret1'),
      packets.register('alice', 'secret2'),
      packets.login('alice', 'wrong-one'),
      packets.search('alice', 'alice'),
      packets.login('alice', 'secret1'),
      packets.search('alice', 'alice'),
      packets.search('alice', 'nobody'),
      packets.online('alice'),
      packets.logout('alice'),
      packets.logout('alice'),
    ]
    const answers = ['0/20', '0/40', '1/41', '2/44', '1/21', '2/22', '2/44', '4/24', '3/25', '3/45']

    for (const size of [1, 2, 26, 27, 28, 53, 270]) {
      it(`answers ten requests in order when they come in pieces of ${size} bytes`, async () => {
        const client = await registry.client()
        const got = await client.askAll(talk, size)
        assert.deepEqual(
          got.map(({ type, code }) => `${type}/${code}`),
          answers,
        )
      })
    }

    it('answers a request split in two at every byte', async () => {
      const client = await registry.online('alice')
      for (let at = 1; at < 27; at += 1) {
        const { code } = (await client.askAll([packets.search('alice', 'alice')], at))[0] ?? {}
        assert.equal(code, 22, `split at byte ${at}`)
      }
    })

    it('answers ten thousand joined requests in order', async () => {
      const client = await registry.online('alice')
      const asked = Array.from({ length: 10_000 }, (_, n) => (n % 3 === 0 ? 'alice' : 'nobody'))
      const got = await client.askAll(asked.map(name => packets.search('alice', name)))
      assert.ok(got.every(({ code }, n) => code === (asked[n] === 'alice' ? 22 : 44)))
    })

    it('answers what came before the client ended its side', async () => {
      const client = await registry.client()
      client.socket.end(Buffer.concat([packets.register('alice', 'secret1'), packets.login('alice', 'secret1')]))
      assert.equal((await client.answer()).code, 20)
      assert.equal((await client.answer()).code, 21)
      await client.closed()
    })

    it('sends a response and its list as one write', async () => {
      const client = await registry.online('alice')
      for (const name of ['bob', 'carol']) await registry.online(name)
      const chunks: Buffer[] = []
      const arrived = new Promise<void>(resolve => {
        client.socket.on('data', chunk => {
          chunks.push(chunk)
          resolve()
        })
      })
      client.socket.write(packets.online('alice'))
      await arrived
      const all = 18 + 'alice-127.0.0.1 \t\n bob-127.0.0.1 \t\n carol-127.0.0.1 \t\n '.length
      assert.deepEqual(
        chunks.map(chunk => chunk.length),
        [all],
      )
    })
  })

  describe('names and passwords', () => {
    const register = async (name: string | Uint8Array, password: string | Uint8Array) => {
      const client = await registry.client()
      return (await client.register(name, password)).code
    }

    it('takes a name of 10 bytes and a password of 15, both without a NUL', async () => {
      const client = await registry.client()
      assert.equal((await client.register('0123456789', 'abcdefghijklmno')).code, 20)
      assert.equal((await client.login('0123456789', 'abcdefghijklmnX')).code, 41)
      assert.equal((await client.login('0123456789', 'abcdefghijklmno')).code, 21)
      assert.deepEqual(classicRows((await client.online('0123456789')).list), ['0123456789-127.0.0.1'])
    })

    it('takes a name of 3 bytes, refuses 2', async () => {
      assert.equal(await register('abc', 'secret1'), 20)
      assert.equal(await register('ab', 'secret1'), 50)
      assert.equal(await register('', 'secret1'), 50)
    })

    it('takes letters of any script', async () => {
      const client = await registry.online('日本語')
      assert.deepEqual(classicRows((await client.online('日本語')).list), ['日本語-127.0.0.1'])
    })

    it('refuses a name cut inside a character, in every request', async () => {
      const cut = Buffer.from('abcdefgh日').subarray(0, 10)
      const client = await registry.client()
      assert.equal((await client.register(cut, 'secret1')).code, 50)
      assert.equal((await client.login(cut, 'secret1')).code, 41)
      assert.equal((await client.search(cut, 'alice')).code, 44)
      assert.equal((await client.logout(cut)).code, 45)
      assert.equal((await client.online(cut)).code, 46)
    })

    for (const [what, name] of [
      ['a line break', 'ab\ncd'],
      ['a tab', 'ab\tcd'],
      ['an escape', 'ab\x1bcd'],
      ['DEL', 'ab\x7fcd'],
      ['a C1 control', 'ab\x85cd'],
      ['a turn of direction', 'ab\u202ec'],
      ['a zero-width space', 'ab\u200bc'],
      ['a line separator', 'ab\u2028c'],
    ]) {
      it(`refuses a name with ${what}`, async () => assert.equal(await register(String(name), 'secret1'), 50))
    }

    it('refuses reserved names', async () => {
      for (const name of ['all', 'here', 'registry', 'System']) assert.equal(await register(name, 'secret1'), 50)
    })

    it('refuses a password of 5 characters, takes 6', async () => {
      assert.equal(await register('alice', '12345'), 50)
      assert.equal(await register('alice', 'äöüäö'), 50)
      assert.equal(await register('alice', ''), 50)
      assert.equal(await register('alice', 'äöüäöü'), 20)
    })

    it('refuses a password cut inside a character', async () => {
      assert.equal(await register('alice', Buffer.from('0123456789abcd日').subarray(0, 15)), 50)
    })

    it('compares names lower-cased and composed', async () => {
      const client = await registry.online('Zo\u00eb')
      assert.equal((await client.register('zo\u00eb', 'secret1')).code, 40)
      assert.equal((await client.register('ZOE\u0308', 'secret1')).code, 40)
      assert.equal((await client.login('zoe\u0308', 'secret1')).code, 21)
      assert.equal((await client.search('ZO\u00cb', 'zo\u00eb')).code, 22)
      assert.deepEqual(classicRows((await client.online('zo\u00eb')).list), ['Zo\u00eb-127.0.0.1'])
    })

    it('lets exactly one of many simultaneous registrations of a name win', async () => {
      const clients = await Promise.all(Array.from({ length: 30 }, () => registry.client()))
      const codes = await Promise.all(
        clients.map(async (client, n) => (await client.register('alice', `secret${n}`)).code),
      )
      assert.equal(codes.filter(code => code === 20).length, 1)
      assert.equal(codes.filter(code => code === 40).length, 29)
    })
  })

  describe('of wrong shape', () => {
    const good = packets.search('alice', 'alice')
    const altered = (at: number, byte: number) => {
      const copy = Buffer.from(good)
      copy[at] = byte
      return copy
    }
    const wrong: [string, Uint8Array][] = [
      ['an unknown type', altered(0, 9)],
      ['a heartbeat over TCP', altered(0, 5)],
      ['a key that is not 15', altered(26, 16)],
      ['a logout without LOGOUT', classicRequest(3, 'alice', 'GOODBYE')],
      ['a logout in small letters', classicRequest(3, 'alice', 'logout')],
      ['a list request without All', classicRequest(4, 'alice', 'all')],
      ['text behind the padding', altered(25, 0x61)],
    ]
    for (const [what, bytes] of wrong) {
      it(`closes that connection alone, with a line in the log, for ${what}`, async () => {
        const other = await registry.online('alice')
        const client = await registry.client()
        // Behind a good request: that one is answered first.
        client.socket.write(Buffer.concat([good, bytes, good]))
        assert.equal((await client.answer()).code, 22)
        await client.closed()
        await assert.rejects(client.answer(), /closed|ECONNRESET/)
        const warnings = registry.lines.filter(line => line.level === 'warn')
        assert.equal(warnings.length, 1)
        assert.match(warnings[0]?.text ?? '', /classic connection was closed: .*was expected|carries|goes on/)
        assert.equal((await other.search('alice', 'alice')).code, 22)
      })
    }
  })
})
