import assert from 'node:assert/strict'
import { create, fromBinary } from '@bufbuild/protobuf'
import * as opaque from '@serenity-kit/opaque'
import { ParleyError } from '../../../../daemon/src/errors.ts'
import { twinAdvice, twinWords } from '../../../../daemon/src/hub/registry/twin.ts'
import { ensureHome } from '../../../../daemon/src/locations.ts'
import { createIdentity, loadOrCreateIdentity } from '../../../../daemon/src/net/identity.ts'
import { registryId, userId } from '../../../../daemon/src/protocol/ids.ts'
import { OpaqueFinishSchema } from '../../../../daemon/src/protocol/opaque_pb.ts'
import {
  ChallengeSchema,
  DeviceListSchema,
  OnlineChangeSchema,
  RegistryWelcomeSchema,
  SessionEndedSchema,
  type Signed,
} from '../../../../daemon/src/protocol/parley_pb.ts'
import { readRoster, signRoster } from '../../../../daemon/src/protocol/statements.ts'
import { deviceOf, type FakeRegistry, startFakeRegistry } from '../../../support/fake-registry.ts'
import { hubHome, password, startTestHub } from '../../../support/hub.ts'
import { openPort, within } from '../../../support/links.ts'

const quick = { first: 20, fast: 50, fastFor: 60_000, slow: 50 }

describe('hub: registry client', () => {
  describe('refuses, at sign-up,', () => {
    const refused = async (code: string, lie: (registry: FakeRegistry) => void) => {
      await using registry = await startFakeRegistry()
      lie(registry)
      await using home = await hubHome()
      await using alice = await startTestHub(home)
      const signUp = alice.hub.signUp({ registry: registry.address, name: 'alice', password })
      await assert.rejects(signUp, { name: 'ParleyError', code })
      assert.deepEqual(alice.hub.snapshot().accounts, [], 'nothing half-done')
    }

    it('an attestation that another key signed', async () => {
      const { privateKey } = await createIdentity()
      await refused('bad-signature', registry => {
        registry.signer = privateKey
      })
    })
    it('an attestation that has expired', () =>
      refused('attestation-expired', registry => {
        const now = Date.now()
        registry.attested = { issued: now - 7200_000, expires: now - 3600_000 }
      }))
    it('an attestation from the future', () =>
      refused('clock', registry => {
        const now = Date.now()
        registry.attested = { issued: now + 3600_000, expires: now + 7200_000 }
      }))
    it('an account key that is not its own', async () => {
      const { spki } = await createIdentity()
      await refused('wrong-key', registry => {
        registry.attested = { accountKey: spki }
      })
    })
    it('a registry that denies this device', () =>
      refused('device-denied', registry => {
        registry.answer = (is, link) => {
          if (is.case === 'signUp') registry.attested = { denied: new Set([deviceOf(link)]) }
          return undefined
        }
      }))
    it('a registry that offers no mechanism of this hub, before anything is sent', async () => {
      await using registry = await startFakeRegistry()
      registry.answer = is => {
        if (is.case !== 'registryHello') return undefined
        const time = BigInt(Date.now())
        return {
          case: 'registryWelcome',
          value: create(RegistryWelcomeSchema, { version: 1, time, mechanisms: ['prompt'] }),
        }
      }
      await using home = await hubHome()
      await using alice = await startTestHub(home)
      const signUp = alice.hub.signUp({ registry: registry.address, name: 'alice', password })
      await assert.rejects(signUp, { code: 'unsupported' })
      assert.deepEqual(registry.asked, ['registryHello'])
    })
    it('a registry with another key than the link says, before anything is sent', async () => {
      await using registry = await startFakeRegistry()
      await using home = await hubHome()
      await using alice = await startTestHub(home)
      const other = registryId((await createIdentity()).id)
      const link = registry.address.replace(registry.id, other)
      await assert.rejects(alice.hub.signUp({ registry: link, name: 'alice', password }), { code: 'wrong-key' })
      assert.deepEqual(registry.asked, ['registryHello'], 'only whether it can show how it came to this key')
    })
    it('a device that poses as a registry', async () => {
      const device = await createIdentity()
      await using port = await openPort(() => {}, { identity: device })
      await using home = await hubHome()
      await using alice = await startTestHub(home)
      const registry = `parley://127.0.0.1:${port.at.port}/${registryId(device.id)}?v=1`
      const words = { code: 'unreachable', message: /answers, but is no Parley registry\. Check the address/ }
      for (const place of [registry, `127.0.0.1:${port.at.port}`]) {
        await assert.rejects(alice.hub.signUp({ registry: place, name: 'alice', password }), words)
      }
    })
    it('a common or short password, a bad name and a bad invite, before anything is sent', async () => {
      await using registry = await startFakeRegistry()
      await using home = await hubHome()
      await using alice = await startTestHub(home)
      const wish = { registry: registry.address, name: 'alice', password }
      await assert.rejects(alice.hub.signUp({ ...wish, password: 'short' }), { code: 'bad-password' })
      await assert.rejects(alice.hub.signUp({ ...wish, password: 'password' }), { code: 'bad-password' })
      await assert.rejects(alice.hub.signUp({ ...wish, name: 'a b' }), { code: 'bad-name' })
      await assert.rejects(alice.hub.signUp({ ...wish, invite: 'abc' }), { code: 'bad-invite' })
      await assert.rejects(alice.hub.signUp({ ...wish, registry: 'not an address' }), { code: 'bad-address' })
      assert.deepEqual(registry.asked, [])
    })
    it('a second account in one home', async () => {
      await using registry = await startFakeRegistry()
      await using home = await hubHome()
      await using alice = await startTestHub(home)
      await alice.hub.signUp({ registry: registry.address, name: 'alice', password })
      const again = alice.hub.signUp({ registry: registry.address, name: 'alicia', password })
      await assert.rejects(again, { code: 'already-signed-up' })
    })
  })

  it('pins what TLS shows when the address has no id, and then takes no other', async () => {
    const home = await hubHome()
    await using _home = home
    await using first = await startFakeRegistry()
    await using alice = await startTestHub(home, { reconnect: quick })
    const account = await alice.hub.signUp({ registry: `127.0.0.1:${first.port}`, name: 'alice', password })
    assert.equal(account.registry, first.id)
    assert.ok(account.address.includes(first.id))
    const { port } = first
    await first[Symbol.asyncDispose]()
    await using _impostor = await startFakeRegistry({ port })
    await alice.seen('the refusal', () => alice.account().state === 'refused')
    assert.match(alice.account().why ?? '', /is not the one expected/)
  })

  it('asks again for the same account when the answer to a sign-up was lost', async () => {
    await using registry = await startFakeRegistry()
    await using home = await hubHome()
    const asked: string[] = []
    registry.answer = (is, link) => {
      if (is.case !== 'signUp') return undefined
      asked.push(
        Buffer.from(is.value.user).toString('hex'),
        Buffer.from(is.value.roster?.payload ?? []).toString('hex'),
      )
      registry.signUp = is.value
      if (asked.length === 2) link.close()
      return undefined
    }
    {
      await using alice = await startTestHub(home)
      await assert.rejects(alice.hub.signUp({ registry: registry.address, name: 'alice', password }), {
        code: 'closed',
      })
    }
    await using alice = await startTestHub(home)
    await alice.hub.signUp({ registry: registry.address, name: 'alice', password })
    assert.deepEqual(asked.slice(0, 2), asked.slice(2))
  })

  it('tells a registry that knows an older roster the newer one, and never goes back itself', async () => {
    await using registry = await startFakeRegistry()
    await using home = await hubHome()
    let old: Signed | undefined
    {
      await using alice = await startTestHub(home)
      await alice.hub.signUp({ registry: registry.address, name: 'alice', password })
      old = registry.roster
      registry.roster = await nextRoster(home.path, registry)
      await alice.hub.close()
      await using again = await startTestHub(home)
      await again.seen('online', () => again.account().state === 'online')
    }
    const newer = registry.roster
    registry.roster = old
    const published: (Signed | undefined)[] = []
    registry.answer = is => {
      if (is.case === 'publishRoster') published.push(is.value.roster)
      return undefined
    }
    await using alice = await startTestHub(home)
    await alice.seen('online', () => alice.account().state === 'online')
    assert.deepEqual(
      published.map(roster => roster?.payload),
      [newer?.payload],
    )
  })

  it('renews its attestation while in use', async () => {
    await using registry = await startFakeRegistry()
    const issued = Date.now()
    registry.attested = { issued, expires: issued + 1_000 }
    await using home = await hubHome()
    await using alice = await startTestHub(home)
    await alice.hub.signUp({ registry: registry.address, name: 'alice', password })
    registry.attested = {}
    await alice.seen('the renewal', () => registry.asked.includes('renew'))
    assert.equal(alice.account().state, 'online')
  })

  it('is not asked out by a registry that is away, and comes back by the device key', async () => {
    await using home = await hubHome()
    const first = await startFakeRegistry()
    await using _first = first
    await using alice = await startTestHub(home, { reconnect: quick })
    await alice.hub.signUp({ registry: first.address, name: 'alice', password })
    const { identity, port, signUp, roster } = first
    await first[Symbol.asyncDispose]()
    await alice.seen('unreachable', () => alice.account().state === 'unreachable')
    assert.ok(alice.account().why)
    await using second = await startFakeRegistry({ identity, port })
    Object.assign(second, { signUp, roster })
    await alice.seen('online', () => alice.account().state === 'online')
    assert.ok(second.asked.includes('signIn'))
    assert.equal(alice.account().why, undefined)
  })

  it('neither gives up nor hammers a registry that refuses it', async () => {
    await using registry = await startFakeRegistry()
    await using home = await hubHome()
    await using alice = await startTestHub(home, {
      reconnect: { first: 20, fast: 50, fastFor: 60_000, slow: 3_600_000 },
    })
    await alice.hub.signUp({ registry: registry.address, name: 'alice', password })
    registry.answer = is => {
      if (is.case === 'signIn') throw new ParleyError('unknown-account', 'This device has no account here.')
      return undefined
    }
    const signIns = () => registry.asked.filter(name => name === 'signIn').length
    for (const link of registry.links) link.close()
    await alice.seen('the refusal', () => alice.account().state === 'refused')
    assert.match(alice.account().why ?? '', /no account here/)
    assert.equal(signIns(), 1)
    await assert.rejects(alice.hub.who({}), { code: 'unknown-account' })
    assert.equal(signIns(), 2, 'a person who asks is not kept waiting')
  })

  it('pauses when another copy of the home takes over its session', async () => {
    await using registry = await startFakeRegistry()
    await using home = await hubHome()
    await using alice = await startTestHub(home)
    await alice.hub.signUp({ registry: registry.address, name: 'alice', password })
    const ended = create(SessionEndedSchema, { code: 'conflict', message: 'This device has signed in elsewhere.' })
    for (const link of registry.links) await link.send({ case: 'sessionEnded', value: ended })
    await alice.seen('the end', () => alice.account().state === 'refused')
    assert.equal(alice.account().why, `This device has signed in elsewhere. ${twinWords} ${twinAdvice}`)
  })

  it('is signed out when the registry asks for the password, and says so', async () => {
    await using registry = await startFakeRegistry()
    await using home = await hubHome()
    await using alice = await startTestHub(home, { reconnect: quick })
    await alice.hub.signUp({ registry: registry.address, name: 'alice', password })
    registry.answer = is => {
      if (is.case === 'signIn') throw new ParleyError('password-needed', 'Sign in to "alice" with its password.')
      return undefined
    }
    for (const link of registry.links) link.close()
    await alice.seen('signed out', () => alice.account().state === 'signed-out')
    assert.equal(alice.account().why, 'Sign in to "alice" with its password.')
    await assert.rejects(alice.hub.signIn({}), { code: 'password-needed' })
    await assert.rejects(alice.say('bob', 'hello'), { code: 'signed-out' })
  })

  it('tells that no device waits any more when it is signed out', async () => {
    await using registry = await startFakeRegistry()
    const { spki: key } = await createIdentity()
    const devices = [{ key, pending: true, name: 'laptop' }]
    registry.answer = is =>
      is.case === 'devices' ? { case: 'deviceList', value: create(DeviceListSchema, { devices }) } : undefined
    await using home = await hubHome()
    await using alice = await startTestHub(home, { reconnect: quick })
    await alice.hub.signUp({ registry: registry.address, name: 'alice', password })
    await alice.seen('the one that waits', () => alice.hub.snapshot().pendingDevices.length === 1)
    const told = alice.news.length
    await alice.hub.signOut()
    assert.deepEqual(alice.hub.snapshot().pendingDevices, [])
    assert.ok(alice.news.slice(told).some(({ pendingDevices }) => pendingDevices))
  })

  it('stops at once, whatever waits for the registry in turn', async () => {
    await using registry = await startFakeRegistry()
    await using home = await hubHome()
    await using alice = await startTestHub(home, { reconnect: quick })
    await alice.hub.signUp({ registry: registry.address, name: 'alice', password })
    registry.answer = is => (is.case === 'signIn' ? new Promise(() => {}) : undefined)
    for (const link of registry.links) link.close()
    await alice.seen('the loss', () => alice.account().state === 'unreachable')
    const wish = { password, newPassword: `${password}!` }
    const waiting = Promise.allSettled([1, 2, 3].map(() => alice.hub.passwords.changePassword(wish)))
    await within('the stop', alice.hub.close(), 3_000)
    for (const { status } of await waiting) assert.equal(status, 'rejected')
  })

  it('answers no other mechanism than the one that made the account', async () => {
    await using registry = await startFakeRegistry()
    await using home = await hubHome()
    await using alice = await startTestHub(home)
    await alice.hub.signUp({ registry: registry.address, name: 'alice', password })
    await alice.hub.signOut()
    registry.asked.length = 0
    registry.answer = is => {
      if (is.case !== 'registryHello') return undefined
      const time = BigInt(Date.now())
      return {
        case: 'registryWelcome',
        value: create(RegistryWelcomeSchema, { version: 1, time, mechanisms: ['prompt', 'plain'] }),
      }
    }
    await assert.rejects(alice.hub.signIn({ password }), { code: 'unsupported', message: /"prompt", "plain"/ })
    assert.deepEqual(registry.asked, ['registryHello'])
  })

  it('refuses a sign-in whose other end does not prove that it holds the session key', async () => {
    await using registry = await startFakeRegistry()
    await using home = await hubHome()
    await using alice = await startTestHub(home)
    await alice.hub.signUp({ registry: registry.address, name: 'alice', password })
    await alice.hub.signOut()
    registry.answer = await opaqueServer(async mac => mac)
    await assert.rejects(alice.hub.signIn({ password }), { code: 'forged' })
    assert.equal(alice.account().state, 'signed-out')
    await assert.rejects(alice.hub.signIn({ password: 'not this one' }), { code: 'wrong-credentials' })
  })

  it('asks for the online list again when it missed a change', async () => {
    await using registry = await startFakeRegistry()
    await using home = await hubHome()
    await using alice = await startTestHub(home)
    await alice.hub.signUp({ registry: registry.address, name: 'alice', password })
    const watched = () => registry.asked.filter(name => name === 'watchOnline').length
    assert.equal(watched(), 1)
    const again = Promise.withResolvers<void>()
    registry.answer = is => {
      if (is.case === 'watchOnline') again.resolve()
      return undefined
    }
    const change = create(OnlineChangeSchema, { number: 9n })
    for (const link of registry.links) await link.send({ case: 'onlineChange', value: change })
    await within('the second question', again.promise)
    assert.equal(watched(), 2)
  })

  it('follows its registry to a new address, and takes only that registry there', async () => {
    await using home = await hubHome()
    const first = await startFakeRegistry()
    await using _first = first
    await using alice = await startTestHub(home, { reconnect: { ...quick, first: 60_000, fast: 60_000 } })
    await alice.hub.signUp({ registry: first.address, name: 'alice', password })
    const { identity, signUp, roster } = first
    await first[Symbol.asyncDispose]()
    await using other = await startFakeRegistry()
    await assert.rejects(alice.hub.signIn({ registry: `127.0.0.1:${other.port}` }), { code: 'wrong-key' })
    await assert.rejects(alice.hub.signIn({ registry: other.address }), { code: 'already-signed-up' })
    await using moved = await startFakeRegistry({ identity })
    Object.assign(moved, { signUp, roster })
    const account = await alice.hub.signIn({ registry: `127.0.0.1:${moved.port}` })
    assert.deepEqual([account.state, account.address], ['online', moved.address])
  })

  it('makes the words of a registry harmless', async () => {
    await using registry = await startFakeRegistry()
    await using home = await hubHome()
    await using alice = await startTestHub(home)
    registry.answer = is => {
      if (is.case === 'signUp') throw new ParleyError('name-taken', 'Taken.\u001b[2J\nDone: signed up.')
      return undefined
    }
    const signUp = alice.hub.signUp({ registry: registry.address, name: 'alice', password })
    await assert.rejects(signUp, { code: 'name-taken', message: 'Taken. [2J Done: signed up.' })
  })

  it('warns when this clock and the registry’s are far apart, and goes by the registry’s', async () => {
    await using registry = await startFakeRegistry()
    const hour = 3600_000
    registry.now = () => Date.now() + hour
    await using home = await hubHome()
    await using alice = await startTestHub(home)
    await alice.hub.signUp({ registry: registry.address, name: 'alice', password })
    assert.deepEqual(alice.hub.status().warnings, [
      "This computer's clock is 60 minutes behind the team's. Set it right.",
    ])
  })
})

/** Version 2 of the roster, signed by the account key in that home. */
async function nextRoster(home: string, registry: FakeRegistry) {
  const { spki, privateKey } = await loadOrCreateIdentity(ensureHome(home).accountKey(registry.id))
  const { user } = registry.signUp ?? assert.fail('no sign-up')
  const by = { accountKey: spki, registry: registry.id, user: userId(user), generation: 1 }
  return signRoster({ ...readRoster(registry.roster, by), version: 2 }, privateKey)
}

/** Answers sign-ins of {@link password} as OPAQUE's server half does, but proves itself by `prove` of the client's MAC. */
async function opaqueServer(prove: (mac: Uint8Array) => Promise<Uint8Array>): Promise<FakeRegistry['answer']> {
  await opaque.ready
  const base = { serverSetup: opaque.server.createSetup(), userIdentifier: 'alice' }
  const { clientRegistrationState, registrationRequest } = opaque.client.startRegistration({ password })
  const { registrationResponse } = opaque.server.createRegistrationResponse({ ...base, registrationRequest })
  const finished = opaque.client.finishRegistration({ password, clientRegistrationState, registrationResponse })
  return async is => {
    if (is.case === 'signIn') {
      const startLoginRequest = Buffer.from(is.value.first).toString('base64url')
      const { registrationRecord } = finished
      const { loginResponse } = opaque.server.startLogin({ ...base, registrationRecord, startLoginRequest })
      return { case: 'challenge', value: create(ChallengeSchema, { data: Buffer.from(loginResponse, 'base64url') }) }
    }
    if (is.case !== 'continue' || is.value.data.length === 0) return undefined
    const { mac } = fromBinary(OpaqueFinishSchema, is.value.data)
    return { case: 'challenge', value: create(ChallengeSchema, { data: await prove(mac) }) }
  }
}
