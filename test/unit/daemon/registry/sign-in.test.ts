import assert from 'node:assert/strict'
import { create } from '@bufbuild/protobuf'
import type { Auth, Storage } from '@parley/kit'
import { limits } from '../../../../daemon/src/limits.ts'
import { createIdentity } from '../../../../daemon/src/net/identity.ts'
import { fromText } from '../../../../daemon/src/protocol/ids.ts'
import { SignInSchema } from '../../../../daemon/src/protocol/parley_pb.ts'
import { encodeOpaqueFinish, signInBinding, signInMac } from '../../../../daemon/src/protocol/sign-in-binding.ts'
import { readAttestation } from '../../../../daemon/src/protocol/statements.ts'
import { openMemoryStorage } from '../../../../plugins/storage-memory/src/index.ts'
import {
  bindingOf,
  continueWith,
  joined,
  type Member,
  meet,
  password,
  renew,
  search,
  signIn,
  signInByKey,
  signOut,
  signUp,
  signUpRequest,
  startSignIn,
} from '../../../support/member.ts'
import { passwordAuth, registryMemory, startTestRegistry } from '../../../support/registry.ts'

const code = (error: string) => ({ name: 'ParleyError', code: error })
const day = 24 * 3600_000

describe('sign-in by device key', () => {
  it('needs nothing but the key that TLS has shown', async () => {
    await using at = await startTestRegistry()
    await using alice = await joined(at, 'alice')
    await alice.dial()
    const answer = await signInByKey(alice)
    const by = { registryKey: alice.link.peerKey, registry: at.registry.id, now: Date.now() }
    assert.equal(readAttestation(answer.attestation, by).user, alice.user)
    assert.equal(answer.beatInterval, 15_000)
  })

  it('is there again after the registry was started anew over the same storage and secrets', async () => {
    const memory = registryMemory()
    const first = await startTestRegistry({ memory })
    const alice = await joined(first, 'alice')
    alice.link.close()
    await first.registry.close()
    await using again = await startTestRegistry({ memory })
    assert.equal(again.registry.id, first.registry.id)
    assert.equal(again.registry.status().users, 1)
    await using back = await meet(again, { identity: alice.identity })
    await signInByKey(back)
    await back.dial()
    assert.ok(await signIn(back))
  })

  it('is refused to a device that nobody knows', async () => {
    await using at = await startTestRegistry()
    await using stranger = await meet(at)
    await assert.rejects(signInByKey(stranger), code('unknown-account'))
  })

  it('ends the session that the device had: it is told, its link closed', async () => {
    await using at = await startTestRegistry()
    await using alice = await joined(at, 'alice')
    const closed = alice.link.closed
    await using elsewhere = await meet(at, { identity: alice.identity })
    await signInByKey(elsewhere)
    await closed
    assert.equal(alice.events.at(-1)?.case, 'sessionEnded')
    assert.equal((await search(elsewhere, 'alice')).people[0]?.status, 'online')
    assert.equal(at.registry.status().online, 1)
  })

  it('asks for the password after 90 days in which nobody saw the device', async () => {
    let now = Date.now()
    await using at = await startTestRegistry({ now: () => now })
    await using alice = await joined(at, 'alice')
    now += 80 * day
    await alice.dial()
    await signInByKey(alice)
    now += 80 * day
    await alice.dial()
    await signInByKey(alice)
    now += 91 * day
    await alice.dial()
    await assert.rejects(signInByKey(alice), code('password-needed'))
    await signIn(alice)
    await alice.dial()
    await signInByKey(alice)
  })
})

describe('sign-out', () => {
  it('keeps the keys; the next sign-in needs the password, and then none again', async () => {
    await using at = await startTestRegistry()
    await using alice = await joined(at, 'alice')
    await signOut(alice)
    await assert.rejects(search(alice, 'alice'), code('signed-out'))
    await assert.rejects(signInByKey(alice), code('password-needed'))
    await alice.dial()
    await assert.rejects(signInByKey(alice), code('password-needed'))
    assert.ok(await signIn(alice))
    await alice.dial()
    await signInByKey(alice)
  })

  it('is not undone by a renewal that comes before its answer', async () => {
    const storage = openMemoryStorage()
    const [committed, answered] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
    let isHeld = false
    const slow: Storage = {
      durable: false,
      get: keys => storage.get(keys),
      list: (prefix, range) => storage.list(prefix, range),
      write: async changes => {
        const outcome = await storage.write(changes)
        if (!isHeld) return outcome
        isHeld = false
        committed.resolve()
        await answered.promise
        return outcome
      },
    }
    await using at = await startTestRegistry({ memory: registryMemory(slow) })
    await using alice = await joined(at, 'alice')
    isHeld = true
    const out = signOut(alice)
    await committed.promise
    await renew(alice)
    answered.resolve()
    await out
    await alice.dial()
    await assert.rejects(signInByKey(alice), code('password-needed'))
  })

  it('lets the same link sign in again', async () => {
    await using at = await startTestRegistry()
    await using alice = await joined(at, 'alice')
    await signOut(alice)
    assert.ok(await signIn(alice))
    assert.equal((await search(alice, 'al')).people.length, 1)
  })
})

describe('sign-in by password', () => {
  it('proves both sides to each other', async () => {
    await using at = await startTestRegistry()
    await using alice = await joined(at, 'alice')
    await alice.dial()
    assert.ok(await signIn(alice))
    assert.equal((await search(alice, 'alice')).people[0]?.name, 'alice')
  })

  it('takes the name in any case', async () => {
    await using at = await startTestRegistry()
    await using alice = await joined(at, 'alice')
    await alice.dial()
    // The identifier of OPAQUE is the name as it is kept; clients send that.
    assert.ok(await signIn(alice, password, 'ALICE'))
  })

  it('refuses a wrong password, however the client goes on', async () => {
    await using at = await startTestRegistry()
    await using alice = await joined(at, 'alice')
    await alice.dial()
    const { finished } = await startSignIn(alice, 'wrong password')
    assert.equal(finished, undefined)
    const finish = encodeOpaqueFinish(new Uint8Array(64), new Uint8Array(32))
    await assert.rejects(alice.ask(continueWith(finish), 'challenge'), code('wrong-credentials'))
    assert.ok(await signIn(alice), 'the link is not spoilt by it')
  })

  it('takes the same steps for a name that nobody has', async () => {
    await using at = await startTestRegistry()
    await using alice = await joined(at, 'alice')
    await using mallory = await meet(at)
    const known = await startSignIn(mallory, 'wrong password', 'alice')
    const unknown = await startSignIn(mallory, 'wrong password', 'nobody')
    assert.equal(unknown.challenge.length, known.challenge.length)
    assert.equal(unknown.finished, undefined)
    const finish = encodeOpaqueFinish(new Uint8Array(64), new Uint8Array(32))
    await assert.rejects(mallory.ask(continueWith(finish), 'challenge'), code('wrong-credentials'))
    alice.link.close()
  })

  it('lets a second device wait, only with the right password', async () => {
    await using at = await startTestRegistry()
    await using alice = await joined(at, 'alice')
    await using second = await meet(at)
    assert.equal(await signIn(second, 'wrong password'), undefined)
    assert.equal((await signIn(second))?.pending, true)
    assert.equal(at.registry.status().online, 1)
    alice.link.close()
  })

  it('refuses mauled bytes at every step, and answers on', async () => {
    await using at = await startTestRegistry()
    await using alice = await joined(at, 'alice')
    await alice.dial()
    for (const first of [new Uint8Array(0), new Uint8Array(96), new Uint8Array(96).fill(255), new Uint8Array(95)]) {
      const value = create(SignInSchema, { name: 'alice', mechanism: 'opaque', first })
      await assert.rejects(alice.ask({ case: 'signIn', value }, 'challenge'), code('wrong-credentials'))
    }
    for (const data of [new Uint8Array(0), new Uint8Array(300).fill(10), Uint8Array.of(10, 200, 1)]) {
      await startSignIn(alice, password)
      await assert.rejects(alice.ask(continueWith(data), 'challenge'), code('wrong-credentials'))
    }
    await assert.rejects(alice.ask(continueWith(new Uint8Array(1)), 'challenge'), code('usage'))
    await startSignIn(alice, password)
    await assert.rejects(alice.ask(continueWith(new Uint8Array(20_000)), 'challenge'), code('bad-frame'))
    assert.ok(await signIn(alice))
  })

  it('is not for an account of another mechanism', async () => {
    const memory = registryMemory()
    const trusting: Auth = {
      mechanism: 'trusting',
      signIn: async ({ credential }) => (credential ? { is: 'allow' } : { is: 'deny' }),
    }
    await using at = await startTestRegistry({ memory, auths: [await passwordAuth(memory), trusting] })
    await using alice = await joined(at, 'alice')
    await alice.dial()
    const value = create(SignInSchema, { name: 'alice', mechanism: 'trusting' })
    await assert.rejects(alice.ask({ case: 'signIn', value }, 'signedIn'), code('wrong-credentials'))
  })
})

describe('a relayed sign-in', () => {
  /** Alice's client holds the password and `binding`; what it says reaches the registry over the link of `by`. */
  async function relayed(by: Member, binding: Uint8Array) {
    const { finished } = await startSignIn(by, password, 'alice')
    assert.ok(finished)
    const mac = signInMac(Buffer.from(finished.sessionKey, 'base64url'), 'client', binding)
    const finish = encodeOpaqueFinish(Buffer.from(finished.finishLoginRequest, 'base64url'), mac)
    return by.ask(continueWith(finish), 'challenge')
  }

  it('is refused: the connection of the man in the middle is another one', async () => {
    await using at = await startTestRegistry()
    await using alice = await joined(at, 'alice')
    await using mallory = await meet(at)
    await assert.rejects(relayed(mallory, bindingOf(alice)), code('wrong-credentials'))
  })

  it('is refused even to the same device over another connection', async () => {
    await using at = await startTestRegistry()
    await using alice = await joined(at, 'alice')
    await using second = await meet(at, { identity: alice.identity })
    await assert.rejects(relayed(second, bindingOf(alice)), code('wrong-credentials'))
    assert.ok(await relayed(second, bindingOf(second)), 'its own binding is right')
  })

  it('is refused when only the device or only the registry differs', async () => {
    await using at = await startTestRegistry()
    await using alice = await joined(at, 'alice')
    await alice.dial()
    const exporter = bindingOf(alice).subarray(0, 32)
    const other = (await createIdentity()).id
    await assert.rejects(
      relayed(alice, signInBinding(exporter, other, fromText(at.registry.id))),
      code('wrong-credentials'),
    )
    await assert.rejects(relayed(alice, signInBinding(exporter, alice.identity.id, other)), code('wrong-credentials'))
  })

  it('is refused when the MAC of the server is sent back as that of the client', async () => {
    await using at = await startTestRegistry()
    await using alice = await joined(at, 'alice')
    await alice.dial()
    const { finished } = await startSignIn(alice, password)
    assert.ok(finished)
    const mac = signInMac(Buffer.from(finished.sessionKey, 'base64url'), 'server', bindingOf(alice))
    const finish = encodeOpaqueFinish(Buffer.from(finished.finishLoginRequest, 'base64url'), mac)
    await assert.rejects(alice.ask(continueWith(finish), 'challenge'), code('wrong-credentials'))
  })
})

describe('guessing', () => {
  it('is slowed for an account, with the time to wait, and never locks it', async () => {
    let now = Date.now()
    await using at = await startTestRegistry({ now: () => now })
    await using alice = await joined(at, 'alice')
    await using mallory = await meet(at)
    for (let guess = 0; guess < limits.guessesPerAccount; guess++) await startSignIn(mallory, 'a guess', 'alice')
    await assert.rejects(startSignIn(mallory, 'a guess', 'alice'), { code: 'throttled', retryAfter: limits.guessWait })
    now += limits.guessWait
    await startSignIn(mallory, 'a guess', 'alice')
    await assert.rejects(startSignIn(mallory, 'a guess', 'alice'), {
      code: 'throttled',
      retryAfter: 2 * limits.guessWait,
    })
    now += limits.guessWaitLongest
    assert.equal((await signIn(mallory, password, 'alice'))?.pending, true)
    alice.link.close()
  })

  it('is slowed for a name that nobody has just as much', async () => {
    await using at = await startTestRegistry()
    await using mallory = await meet(at)
    for (let guess = 0; guess < limits.guessesPerAccount; guess++) await startSignIn(mallory, 'a guess', 'nobody')
    await assert.rejects(startSignIn(mallory, 'a guess', 'nobody'), code('throttled'))
  })

  it('is slowed for an address, whatever names it tries', async () => {
    await using at = await startTestRegistry()
    await using mallory = await meet(at, { localAddress: '127.0.0.66' })
    for (let guess = 0; guess < limits.guessesPerAddress; guess++) await startSignIn(mallory, 'a guess', `name${guess}`)
    await assert.rejects(startSignIn(mallory, 'a guess', 'another'), code('throttled'))
    await using other = await meet(at, { localAddress: '127.0.0.67' })
    await startSignIn(other, 'a guess', 'another')
  })

  it('by others does not slow a device of the account itself', async () => {
    await using at = await startTestRegistry()
    await using alice = await joined(at, 'alice')
    await using mallory = await meet(at)
    for (let guess = 0; guess < limits.guessesPerAccount; guess++) await startSignIn(mallory, 'a guess', 'alice')
    await assert.rejects(startSignIn(mallory, 'a guess', 'alice'), code('throttled'))
    await alice.dial()
    for (let guess = 0; guess < 2 * limits.guessesPerAccount; guess++) await startSignIn(alice, 'a guess')
    assert.ok(await signIn(alice))
  })

  it('is not what a right password is: it takes its guess back', async () => {
    await using at = await startTestRegistry()
    await using alice = await joined(at, 'alice')
    await using second = await meet(at)
    for (let time = 0; time < 3 * limits.guessesPerAccount; time++) {
      assert.ok(await signIn(second))
      await second.dial()
    }
    alice.link.close()
  })
})

describe('an exchange', () => {
  const stuck: Auth = { mechanism: 'opaque', signIn: () => new Promise(() => {}) }
  const first = create(SignInSchema, { name: 'alice', mechanism: 'opaque', first: new Uint8Array(1) })

  it('goes one at a time on a link', async () => {
    await using at = await startTestRegistry({ auths: [stuck] })
    await using alice = await meet(at)
    const waiting = alice.ask({ case: 'signIn', value: first }, 'challenge')
    await assert.rejects(alice.ask({ case: 'signIn', value: first }, 'challenge'), code('busy'))
    alice.link.close()
    await assert.rejects(waiting, code('closed'))
  })

  it('gives way to a new one when its client has given up', async () => {
    const aborted: string[] = []
    const asks: Auth = {
      mechanism: 'opaque',
      async signIn({ challenge, signal, name }) {
        signal.addEventListener('abort', () => aborted.push(name))
        await challenge(new Uint8Array(1))
        return { is: 'deny' }
      },
    }
    await using at = await startTestRegistry({ auths: [asks] })
    await using alice = await meet(at)
    await alice.ask({ case: 'signIn', value: first }, 'challenge')
    await alice.ask({ case: 'signIn', value: { ...first, name: 'bob' } }, 'challenge')
    assert.deepEqual(aborted, ['alice'])
  })

  it('is no allow when the mechanism throws or cannot tell', async () => {
    let verdict: () => Awaited<ReturnType<Auth['signIn']>> = () => {
      throw new Error('the plugin has a fault')
    }
    await using at = await startTestRegistry({ auths: [{ mechanism: 'opaque', signIn: async () => verdict() }] })
    await using alice = await meet(at)
    await assert.rejects(alice.ask({ case: 'signIn', value: first }, 'signedIn'), code('wrong-credentials'))
    verdict = () => ({ is: 'unavailable', why: 'the directory server is down' })
    for (let time = 0; time < 2 * limits.guessesPerAccount; time++) {
      const asked = alice.ask({ case: 'signIn', value: first }, 'signedIn')
      await assert.rejects(asked, { code: 'unreachable', message: /directory server is down/ })
    }
    verdict = () => ({ is: 'allow' })
    // Who has shown who they are may know that there is no such account.
    await assert.rejects(alice.ask({ case: 'signIn', value: first }, 'signedIn'), code('unknown-user'))
  })

  it('makes the account at its first sign-in where a mechanism has no enrolment', async () => {
    const auth: Auth = { mechanism: 'single', signIn: async () => ({ is: 'allow', displayName: 'Alice of Acme' }) }
    await using at = await startTestRegistry({ auths: [auth] })
    await using alice = await meet(at)
    await alice.ask({ case: 'signUp', value: signUpRequest(alice, { mechanism: 'single' }) }, 'signedIn')
    assert.equal((await search(alice, 'acme')).people[0]?.name, 'alice')
  })
})

describe('renewal', () => {
  it('gives a later attestation of at most seven days', async () => {
    let now = Date.now()
    await using at = await startTestRegistry({ now: () => now })
    await using alice = await meet(at)
    const { attestation: first } = await signUp(alice)
    now += 1000
    const { attestation: second } = await renew(alice)
    const by = { registryKey: alice.link.peerKey, registry: at.registry.id, now }
    const [before, after] = [readAttestation(first, by), readAttestation(second, by)]
    assert.ok(after.issued > before.issued)
    assert.equal(after.expires - after.issued, 7 * day)
  })
})
