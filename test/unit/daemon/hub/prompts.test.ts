import assert from 'node:assert/strict'
import type { Auth } from '@parley/kit'
import { refuseUnknown } from '../../../../daemon/src/hub/registry/mechanism.ts'
import type { RegistryLink } from '../../../../daemon/src/hub/registry/open.ts'
import { limits } from '../../../../daemon/src/limits.ts'
import { registryId } from '../../../../daemon/src/protocol/ids.ts'
import { hubHome, password, startTestHub } from '../../../support/hub.ts'
import { keepingAuth, person, promptAuth } from '../../../support/prompting.ts'
import { passwordAuth, registryMemory, startTestRegistry } from '../../../support/registry.ts'

const code = (error: string) => ({ name: 'ParleyError', code: error })
const secrets = { alice: 'open sesame' }
const bytes = (text: string) => new TextEncoder().encode(text)

describe('hub: sign-in by what the registry asks', () => {
  it('signs up, out and in by the answers of the person, and by the device key in between', async () => {
    await using at = await startTestRegistry({ auths: [promptAuth(secrets)] })
    await using home = await hubHome()
    await using alice = await startTestHub(home)
    const registry = at.registry.address
    const probed = await alice.hub.probe({ text: registry }, new AbortController().signal)
    assert.deepEqual(probed.is === 'registry' && probed.signsInBy, ['prompts'])
    const wrong = person('open barley')
    const wish = { registry, name: 'alice', displayName: 'Alice' }
    await assert.rejects(alice.hub.signUp(wish, wrong.ask), code('wrong-credentials'))
    const right = person('open sesame')
    const account = await alice.hub.signUp(wish, right.ask)
    assert.equal(account.state, 'online')
    assert.equal(account.signsInBy, 'prompts')
    assert.deepEqual(right.asked, [{ team: 'Acme', kind: 'secret', text: 'Password of alice' }])
    const nobody = person()
    assert.equal((await alice.hub.signIn({}, nobody.ask)).state, 'online')
    assert.deepEqual(nobody.asked, [], 'the device key is enough')
    await alice.hub.signOut()
    await assert.rejects(alice.hub.signIn({}), code('password-needed'))
    await assert.rejects(alice.hub.signIn({ password }), { code: 'unsupported', message: /cannot show/ })
    await assert.rejects(alice.hub.signIn({}, wrong.ask), { message: 'Nobody answers.' })
    assert.equal((await alice.hub.signIn({}, person('open sesame').ask)).state, 'online')
  })

  it('lets a second device wait to be approved, as by password', async () => {
    await using at = await startTestRegistry({ auths: [promptAuth(secrets)] })
    await using one = await hubHome()
    await using two = await hubHome()
    await using first = await startTestHub(one)
    await using second = await startTestHub(two)
    const registry = at.registry.address
    await first.hub.signUp({ registry, name: 'alice' }, person('open sesame').ask)
    const { state, digits } = await second.hub.signIn({ registry, name: 'alice' }, person('open sesame').ask)
    assert.equal(state, 'pending')
    const { devices } = await first.hub.devices.devices()
    const waiting = devices.find(({ isPending }) => isPending)
    assert.equal(waiting?.digits, digits)
    await first.hub.devices.approveDevice({ device: waiting?.device ?? '', digits: digits ?? '' })
    await second.seen('the approval', () => second.account().state === 'online')
  })

  it('makes a new account key on the only device that is left, once the person has answered again', async () => {
    await using at = await startTestRegistry({ auths: [promptAuth(secrets)] })
    await using one = await hubHome()
    await using two = await hubHome()
    const first = await startTestHub(one)
    const registry = at.registry.address
    await first.hub.signUp({ registry, name: 'alice' }, person('open sesame').ask)
    await first.hub.close()
    const before = await startTestHub(two)
    await before.hub.signIn({ registry, name: 'alice' }, person('open sesame').ask)
    await before.hub.close()
    await using second = await startTestHub(two)
    await second.seen('it waits', () => second.account().state === 'pending')
    await assert.rejects(second.hub.devices.newAccountKey(), code('password-needed'))
    const again = person('open sesame')
    await second.hub.signIn({ afresh: true }, again.ask)
    assert.equal(again.asked.length, 1)
    assert.equal((await second.hub.devices.newAccountKey()).state, 'online')
  })

  it('shows people nothing that could mislead them, and no more than fits', async () => {
    let prompt = bytes('{}')
    const auth: Auth = {
      mechanism: 'prompt',
      async signIn({ challenge }) {
        await challenge(prompt)
        return { is: 'deny' }
      },
    }
    await using at = await startTestRegistry({ auths: [auth], options: { name: 'Ac\u202eme' } })
    await using home = await hubHome()
    await using alice = await startTestHub(home)
    const wish = { registry: at.registry.address, name: 'alice' }
    for (const wrong of ['{}', 'x', '{"kind":"link","text":"javascript:alert(1)"}', '{"kind":"page","text":"a"}']) {
      prompt = bytes(wrong)
      const { ask, asked } = person('answer')
      await assert.rejects(alice.hub.signUp(wish, ask), code('bad-frame'))
      assert.deepEqual(asked, [])
    }
    prompt = bytes(JSON.stringify({ kind: 'secret', text: '\u001b[2JYour\u0007 code\u202e:\nnow\u2028here' }))
    const { ask, asked } = person('answer')
    await assert.rejects(alice.hub.signUp(wish, ask), code('wrong-credentials'))
    assert.deepEqual(asked, [{ team: 'Ac me', kind: 'secret', text: '[2JYour  code :\nnow here' }])
  })

  it('ends when the registry asks without end, and when an answer is too long', async () => {
    let count = 0
    const endless: Auth = {
      mechanism: 'prompt',
      async signIn({ challenge }) {
        for (;;) {
          await challenge(bytes('{"kind":"text","text":"More?"}'))
          count++
        }
      },
    }
    await using at = await startTestRegistry({ auths: [endless] })
    await using home = await hubHome()
    await using alice = await startTestHub(home)
    const wish = { registry: at.registry.address, name: 'alice' }
    await assert.rejects(
      alice.hub.signUp(wish, async () => 'yes'),
      { code: 'bad-frame', message: /does not stop/ },
    )
    assert.equal(count, limits.prompts)
    await assert.rejects(
      alice.hub.signUp(wish, async () => 'a'.repeat(5000)),
      { code: 'usage', message: /shorter/ },
    )
  })

  it('never answers another mechanism than the one that has made the account', async () => {
    const memory = registryMemory()
    await using home = await hubHome()
    await using alice = await startTestHub(home)
    {
      await using at = await startTestRegistry({ memory })
      await alice.hub.signUp({ registry: at.registry.address, name: 'alice', password })
      await alice.hub.signOut()
    }
    await using at = await startTestRegistry({ memory, auths: [promptAuth({ alice: password })] })
    const { ask, asked } = person(password)
    const wish = { registry: at.registry.address, afresh: true, password }
    await assert.rejects(alice.hub.signIn(wish, ask), { code: 'unsupported', message: /"opaque".*"prompt"/ })
    await assert.rejects(alice.hub.signIn({}, ask), code('password-needed'))
    assert.deepEqual(asked, [])
  })

  it('answers no registry from afar that nobody has named by its id', () => {
    const registry = registryId(new Uint8Array(32).fill(7))
    const from = (remoteAddress: string) => ({ registry, link: { remoteAddress } }) as RegistryLink
    const place = { host: 'chat.example.com', port: 3131 }
    assert.throws(() => refuseUnknown(from('192.0.2.7'), place), {
      code: 'bad-address',
      message: new RegExp(`Nothing was sent.*parley://chat\\.example\\.com:3131/${registry}`),
    })
    refuseUnknown(from('192.0.2.7'), { ...place, registry })
    refuseUnknown(from('127.0.0.1'), place)
  })

  it('takes the password that the registry never sees where both are offered, unless the person wants otherwise', async () => {
    const memory = registryMemory()
    const auths = [promptAuth(secrets), await passwordAuth(memory)]
    await using at = await startTestRegistry({ memory, auths })
    await using one = await hubHome()
    await using two = await hubHome()
    await using alice = await startTestHub(one)
    await using bob = await startTestHub(two)
    const registry = at.registry.address
    const { ask, asked } = person('open sesame')
    await assert.rejects(alice.hub.signUp({ registry, name: 'bob' }, ask), code('password-needed'))
    assert.deepEqual(asked, [])
    await bob.hub.signUp({ registry, name: 'bob', password }, ask)
    assert.equal(bob.account().signsInBy, undefined)
    await alice.hub.signUp({ registry, name: 'alice', by: 'prompts', password }, ask)
    assert.equal(alice.account().signsInBy, 'prompts')
    assert.equal(asked.length, 1)
  })

  it('keeps to a name and a display name that the mechanism knows better', async () => {
    const knows = promptAuth(secrets, {
      async signIn({ challenge }) {
        await challenge(bytes('{"kind":"secret","text":"Password"}'))
        return { is: 'allow', name: 'Alice', displayName: 'Alice of Acme' }
      },
    })
    await using at = await startTestRegistry({ auths: [knows] })
    await using one = await hubHome()
    await using two = await hubHome()
    await using first = await startTestHub(one)
    await using second = await startTestHub(two)
    const registry = at.registry.address
    const { name, displayName } = await first.hub.signUp({ registry, name: 'ally' }, person('x').ask)
    assert.deepEqual([name, displayName], ['alice', 'Alice of Acme'])
    await second.hub.signIn({ registry, name: 'ally' }, person('x').ask)
    assert.equal(second.account().name, 'alice')
    assert.equal(second.account().state, 'pending')
  })

  it('changes what is kept of a person, and sets it anew with an admin’s code', async () => {
    await using at = await startTestRegistry({ auths: [keepingAuth()] })
    await using home = await hubHome()
    await using alice = await startTestHub(home)
    await alice.hub.signUp({ registry: at.registry.address, name: 'alice' }, person('one').ask)
    const { passwords } = alice.hub
    await assert.rejects(passwords.changePassword({}, person('wrong', 'two').ask), code('wrong-credentials'))
    const changing = person('one', 'two')
    await passwords.changePassword({}, changing.ask)
    assert.deepEqual(
      changing.asked.map(({ text }) => text),
      ['Your secret', 'Choose a secret'],
    )
    await alice.hub.signOut()
    await assert.rejects(alice.hub.signIn({}, person('one').ask), code('wrong-credentials'))
    await alice.hub.signIn({}, person('two').ask)
    await alice.hub.signOut()
    const { code: secret } = await at.registry.users.resetUser({ name: 'alice' })
    const account = await passwords.resetPassword({ name: 'alice', code: secret }, person('three', 'three').ask)
    assert.equal(account.state, 'online')
  })

  it('changes nothing for who has shown that they are somebody else', async () => {
    const kept = keepingAuth()
    const asSomebody: Auth = {
      ...kept,
      signIn: async exchange => ({ ...(await kept.signIn(exchange)), name: 'bob' }) as never,
    }
    let auth = kept
    const swapped: Auth = {
      mechanism: 'prompt',
      enrol: exchange => kept.enrol?.(exchange) ?? Promise.resolve({ is: 'deny' }),
      signIn: exchange => auth.signIn(exchange),
    }
    await using at = await startTestRegistry({ auths: [swapped] })
    await using home = await hubHome()
    await using alice = await startTestHub(home)
    await alice.hub.signUp({ registry: at.registry.address, name: 'alice' }, person('one').ask)
    auth = asSomebody
    const changing = alice.hub.passwords.changePassword({}, person('one', 'two').ask)
    await assert.rejects(changing, code('wrong-credentials'))
    // Nor are they let into an account that is not there.
    await alice.hub.signOut()
    await assert.rejects(alice.hub.signIn({}, person('one').ask), code('wrong-credentials'))
  })

  it('asks guards about the name that the mechanism knows, too', async () => {
    const asked: string[] = []
    const guard = {
      refuses: async (how: string, { name }: { name: string }) => {
        asked.push(`${how} ${name}`)
        return name === 'mallory' ? { plugin: 'guard', why: 'No.' } : undefined
      },
    }
    const knows = promptAuth({}, { signIn: async () => ({ is: 'allow', name: 'mallory' }) })
    const plugged = { guard, telling: { tell: () => {} } } as never
    await using at = await startTestRegistry({ auths: [knows], plugged })
    await using home = await hubHome()
    await using alice = await startTestHub(home)
    const signUp = alice.hub.signUp({ registry: at.registry.address, name: 'alice' }, person().ask)
    await assert.rejects(signUp, code('refused'))
    assert.deepEqual(asked, ['signUp alice', 'signUp mallory'])
  })

  it('tells in words that the team’s own sign-in is away, and counts no guess for it', async () => {
    const away: Auth = {
      mechanism: 'prompt',
      signIn: async () => ({ is: 'unavailable', why: 'the directory is down' }),
    }
    await using at = await startTestRegistry({ auths: [away] })
    await using home = await hubHome()
    await using alice = await startTestHub(home)
    const wish = { registry: at.registry.address, name: 'alice' }
    for (let time = 0; time < 2 * limits.guessesPerAccount; time++) {
      await assert.rejects(alice.hub.signUp(wish, person().ask), {
        code: 'unreachable',
        message: 'Sign-in does not work at the moment: the directory is down. Try again later.',
      })
    }
  })

  it('slows who guesses by signing up, where a sign-up tells whether a secret is right', async () => {
    await using at = await startTestRegistry({ auths: [promptAuth(secrets)] })
    await using home = await hubHome()
    await using alice = await startTestHub(home)
    const wish = { registry: at.registry.address, name: 'alice' }
    const guess = () => alice.hub.signUp(wish, person('wrong').ask)
    for (let time = 0; time < limits.guessesPerAccount; time++) await assert.rejects(guess(), code('wrong-credentials'))
    await assert.rejects(guess(), code('throttled'))
  })
})
