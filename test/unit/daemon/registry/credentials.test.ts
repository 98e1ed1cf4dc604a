import assert from 'node:assert/strict'
import { create } from '@bufbuild/protobuf'
import type { Auth } from '@parley/kit'
import { limits } from '../../../../daemon/src/limits.ts'
import { fromText } from '../../../../daemon/src/protocol/ids.ts'
import { ChangePasswordSchema, ResetPasswordSchema } from '../../../../daemon/src/protocol/parley_pb.ts'
import { encodeOpaqueFinish } from '../../../../daemon/src/protocol/sign-in-binding.ts'
import {
  changePassword,
  continueWith,
  joined,
  meet,
  password,
  prove,
  resetPassword,
  search,
  signIn,
  signInByKey,
  signOut,
  signUpRequest,
  startSignIn,
} from '../../../support/member.ts'
import { type RunningRegistry, startTestRegistry } from '../../../support/registry.ts'

const code = (error: string) => ({ name: 'ParleyError', code: error })
const next = 'another horse'

async function resetCode({ registry }: RunningRegistry, name = 'alice'): Promise<Uint8Array> {
  return fromText((await registry.users.resetUser({ name })).code)
}

describe('a change of the password', () => {
  it('makes the next one right and the one of before wrong, and leaves the session as it is', async () => {
    await using at = await startTestRegistry()
    await using alice = await joined(at, 'alice')
    assert.ok(await changePassword(alice, next))
    assert.equal((await search(alice, 'alice')).people.length, 1)
    await alice.dial()
    assert.equal(await signIn(alice), undefined)
    assert.ok(await signIn(alice, next))
    const [made, changed] = at.memory.audited
    assert.equal(made?.what, 'user-made')
    assert.deepEqual(changed, { what: 'password', by: alice.user, user: alice.user, name: 'alice' })
  })

  it('needs the present one', async () => {
    await using at = await startTestRegistry()
    await using alice = await joined(at, 'alice')
    assert.equal(await changePassword(alice, next, 'wrong password'), undefined)
    const finish = encodeOpaqueFinish(new Uint8Array(64), new Uint8Array(32))
    await assert.rejects(alice.ask(continueWith(finish), 'challenge'), code('wrong-credentials'))
    await alice.dial()
    assert.ok(await signIn(alice))
  })

  it('is slowed when the present one is guessed, which slows no sign-in', async () => {
    let now = Date.now()
    await using at = await startTestRegistry({ now: () => now })
    await using alice = await joined(at, 'alice')
    for (let guess = 0; guess < limits.guessesPerAccount; guess++) {
      assert.equal(await changePassword(alice, next, 'wrong password'), undefined)
    }
    await assert.rejects(changePassword(alice, next), { code: 'throttled', retryAfter: limits.guessWait })
    await using elsewhere = await meet(at, { name: 'alice' })
    assert.ok(await signIn(elsewhere))
    now += limits.guessWait
    assert.ok(await changePassword(alice, next))
  })

  it('sends away whoever waits to be approved: they have shown the one of before', async () => {
    await using at = await startTestRegistry()
    await using alice = await joined(at, 'alice')
    await using thief = await meet(at, { name: 'alice' })
    assert.equal((await signIn(thief))?.pending, true)
    const closed = thief.link.closed
    assert.ok(await changePassword(alice, next))
    await closed
    assert.equal(thief.events.at(-1)?.case, 'sessionEnded')
    await thief.dial()
    await assert.rejects(signInByKey(thief), code('unknown-account'))
    assert.equal(await signIn(thief), undefined)
  })

  it('ends the sign-ins that were begun with the one of before', async () => {
    await using at = await startTestRegistry()
    await using alice = await joined(at, 'alice')
    await using thief = await meet(at, { name: 'alice' })
    const { finished } = await startSignIn(thief, password)
    assert.ok(finished)
    assert.ok(await changePassword(alice, next))
    await prove(thief, finished)
    await assert.rejects(thief.ask(continueWith(new Uint8Array(0)), 'signedIn'), code('wrong-credentials'))
    assert.deepEqual((await at.memory.storage.list('pending/', { limit: 1 })).rows, [])
  })

  it('is for nobody who has not signed in', async () => {
    await using at = await startTestRegistry()
    await using alice = await joined(at, 'alice')
    await alice.dial()
    await assert.rejects(changePassword(alice, next), code('signed-out'))
  })

  it('begun in a session ends with it', async () => {
    await using at = await startTestRegistry()
    await using alice = await joined(at, 'alice')
    assert.equal(await changePassword(alice, next, 'wrong password'), undefined)
    await signOut(alice)
    await assert.rejects(alice.ask(continueWith(new Uint8Array(1)), 'challenge'), code('usage'))
  })

  it('at the same moment as another one is made by one of them, and the other one is told', async () => {
    await using at = await startTestRegistry()
    await using alice = await joined(at, 'alice')
    await using owner = await meet(at, { identity: alice.identity, name: 'alice', user: alice.user })
    // The code is issued first: two ways to another password at once.
    const secret = await resetCode(at)
    const outcomes = await Promise.allSettled([
      changePassword(alice, 'one of the two'),
      resetPassword(owner, secret, 'the other one'),
    ])
    const done = outcomes.filter(({ status }) => status === 'fulfilled').length
    assert.ok(done >= 1, 'one of them is made')
    await alice.dial()
    const right = [await signIn(alice, 'one of the two'), await signIn(alice, 'the other one').catch(() => undefined)]
    assert.equal(right.filter(Boolean).length, 1, 'and one password holds')
  })

  it('is not to be had of a mechanism that keeps nothing here', async () => {
    const auth: Auth = { mechanism: 'single', signIn: async () => ({ is: 'allow' }) }
    await using at = await startTestRegistry({ auths: [auth] })
    await using alice = await meet(at, { name: 'alice' })
    await alice.ask({ case: 'signUp', value: signUpRequest(alice, { mechanism: 'single' }) }, 'signedIn')
    const value = create(ChangePasswordSchema, { first: new Uint8Array(1) })
    await assert.rejects(alice.ask({ case: 'changePassword', value }, 'challenge'), code('unsupported'))
    await assert.rejects(at.registry.users.resetUser({ name: 'alice' }), code('unsupported'))
  })

  it('asks for the present one even of a mechanism whose enrolment does not', async () => {
    let isRight = false
    const auth: Auth = {
      mechanism: 'careless',
      enrol: async () => ({ is: 'allow', credential: new Uint8Array([1]) }),
      signIn: async () => (isRight ? { is: 'allow' } : { is: 'deny' }),
    }
    await using at = await startTestRegistry({ auths: [auth] })
    await using alice = await meet(at, { name: 'alice' })
    await alice.ask({ case: 'signUp', value: signUpRequest(alice, { mechanism: 'careless' }) }, 'signedIn')
    const asked = { case: 'changePassword', value: create(ChangePasswordSchema) } as const
    await assert.rejects(alice.ask(asked, 'challenge'), code('wrong-credentials'))
    isRight = true
    await alice.ask(asked, 'challenge')
    await alice.ask(continueWith(new Uint8Array(1)), 'done')
  })
})

describe('a one-use code', () => {
  it('sets a new password, once, and is known to storage by its hash alone', async () => {
    await using at = await startTestRegistry()
    await using alice = await joined(at, 'alice')
    const secret = await resetCode(at)
    assert.equal(secret.length, 16)
    const { rows } = await at.memory.storage.list('reset/', { limit: 10 })
    assert.ok(rows.every(([key, value]) => !Buffer.concat([Buffer.from(key), value]).includes(Buffer.from(secret))))
    await using elsewhere = await meet(at, { name: 'alice' })
    assert.ok(await resetPassword(elsewhere, secret, next))
    assert.ok(await signIn(elsewhere, next))
    await alice.dial()
    assert.equal(await signIn(alice, password), undefined)
    await using again = await meet(at, { name: 'alice' })
    await assert.rejects(resetPassword(again, secret, 'a third horse'), code('wrong-credentials'))
    assert.deepEqual(
      at.memory.audited.map(({ what, by, detail }) => [what, by, detail]),
      [
        ['user-made', alice.user, undefined],
        ['reset', 'operator', undefined],
        ['password', alice.user, 'reset'],
      ],
    )
  })

  it('is spent only once the new password is stored', async () => {
    await using at = await startTestRegistry()
    await using alice = await joined(at, 'alice')
    const secret = await resetCode(at)
    await alice.dial()
    const value = create(ResetPasswordSchema, {
      name: 'alice',
      code: secret,
      mechanism: 'opaque',
      first: new Uint8Array(32),
    })
    await assert.rejects(alice.ask({ case: 'resetPassword', value }, 'challenge'), code('wrong-credentials'))
    assert.ok(await resetPassword(alice, secret, next))
  })

  it('holds for a day, and only the latest one', async () => {
    let now = Date.now()
    await using at = await startTestRegistry({ now: () => now })
    await using alice = await joined(at, 'alice')
    const [first, second] = [await resetCode(at), await resetCode(at)]
    await alice.dial()
    await assert.rejects(resetPassword(alice, first, next), code('wrong-credentials'))
    now += limits.resetExpires
    await assert.rejects(resetPassword(alice, second, next), code('wrong-credentials'))
    now -= 1
    assert.ok(await resetPassword(alice, second, next))
  })

  it('of somebody else is as wrong as one that never was, for a name that nobody has as well', async () => {
    await using at = await startTestRegistry()
    await using alice = await joined(at, 'alice')
    await using bob = await joined(at, 'bob')
    const secret = await resetCode(at)
    await bob.dial()
    const messages = new Set<string>()
    for (const [name, given] of [
      ['bob', secret],
      ['nobody', secret],
      ['alice', new Uint8Array(16)],
      ['alice', new Uint8Array(0)],
      ['alice', new Uint8Array(17)],
    ] as const) {
      await assert.rejects(resetPassword(bob, given, next, name), error => {
        assert.ok(error instanceof Error)
        messages.add(error.message)
        return true
      })
    }
    assert.equal(messages.size, 1)
    assert.ok(await resetPassword(bob, secret, next, 'alice'), 'who has it may be anywhere')
    alice.link.close()
  })

  it('is slowed for an address that tries codes, which cannot keep the right one out', async () => {
    await using at = await startTestRegistry()
    await using alice = await joined(at, 'alice')
    await using mallory = await meet(at, { localAddress: '127.0.0.66' })
    for (let guess = 0; guess < limits.guessesPerAddress; guess++) {
      await assert.rejects(resetPassword(mallory, new Uint8Array(16), next, 'alice'), code('wrong-credentials'))
    }
    await assert.rejects(resetPassword(mallory, new Uint8Array(16), next, 'alice'), code('throttled'))
    await using owner = await meet(at, { name: 'alice', localAddress: '127.0.0.66' })
    assert.ok(await resetPassword(owner, await resetCode(at), next))
    alice.link.close()
  })

  it('gives a device that was away for long its password back', async () => {
    let now = Date.now()
    await using at = await startTestRegistry({ now: () => now })
    await using alice = await joined(at, 'alice')
    now += limits.idleDevice + 1
    await alice.dial()
    await assert.rejects(signInByKey(alice), code('password-needed'))
    assert.ok(await resetPassword(alice, await resetCode(at), next))
    assert.ok(await signIn(alice, next))
    await alice.dial()
    await signInByKey(alice)
  })
})
