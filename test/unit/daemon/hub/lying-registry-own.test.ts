import assert from 'node:assert/strict'
import type { KeyObject } from 'node:crypto'
import { create, type MessageInitShape, toBinary } from '@bufbuild/protobuf'
import { fromText } from '../../../../daemon/src/protocol/ids.ts'
import {
  ChallengeSchema,
  DoneSchema,
  InviteSchema,
  NoticeGivenSchema,
  NoticeSchema,
  RegistryWelcomeSchema,
  RelayOfferedSchema,
  type Reply,
  type Signed,
} from '../../../../daemon/src/protocol/parley_pb.ts'
import { sign } from '../../../../daemon/src/protocol/signed.ts'
import { password, type RunningHub } from '../../../support/hub.ts'
import { listed } from '../../../support/lying-registry.ts'
import { type Scene, startAcquainted, startScene } from '../../../support/scene.ts'
import { makeKey } from '../../../support/statements.ts'
import { until } from '../../../support/wait.ts'

const secret = 'tulips at dawn'
const newPassword = 'another horse battery'

describe('a registry that lies about the own account', () => {
  it('cannot bring an older roster of its own back, not even after a restart', async () => {
    await using scene = await startAcquainted()
    const { registry } = scene
    const alice = registry.member('alice')
    const phone = makeKey()
    const devices = [listed(alice.deviceKey, 'laptop'), listed(phone.spki, 'phone')]
    const { id } = listed(phone.spki)
    const older = await scene.roster('alice', { devices })
    const newer = await scene.roster('alice', { version: 3, revoked: new Set([id]) })
    const names = async (hub: RunningHub) => (await hub.hub.devices.devices()).devices.map(({ name }) => name)
    await registry.tellOwn('alice', { roster: older })
    await until('two devices', async () => (await names(scene.alice)).length === 2)
    await registry.tellOwn('alice', { roster: newer })
    await until('one device', async () => (await names(scene.alice)).length === 1)

    const published = registry.count('publishRoster')
    await registry.tellOwn('alice', { roster: older })
    await until('it is told the newer one', () => registry.count('publishRoster') > published)
    assert.deepEqual(await names(scene.alice), ['laptop'])
    alice.roster = older
    const again = await scene.restart('alice')
    await again.seen('alice online', () => again.account().state === 'online')
    assert.deepEqual(await names(again), ['laptop'])
    assert.ok(Buffer.from(registry.member('alice').roster.payload).equals(newer.payload), 'it was told again')
    await goesOn(scene)
  })

  const ghosts: Record<string, (scene: Scene) => Promise<{ attestation?: Signed; roster: Signed }>> = {
    "a roster of its own key's": async scene => {
      const { privateKey } = scene.registry.fake.identity
      return { roster: await scene.roster('alice', withGhost(scene), privateKey) }
    },
    "a roster of somebody else's": async ({ registry }) => ({ roster: registry.member('bob').roster }),
    'an account key of its own, and its roster': async scene => {
      const key = makeKey()
      const roster = await scene.roster('alice', { ...withGhost(scene), version: 1 }, key.privateKey)
      return { attestation: scene.registry.attest('alice', { accountKey: key.spki }), roster }
    },
    'the next account key, and its roster': async scene => {
      const key = makeKey()
      const changes = { ...withGhost(scene), generation: 2, version: 1 }
      const roster = await scene.roster('alice', changes, key.privateKey)
      return { attestation: scene.registry.attest('alice', { accountKey: key.spki, generation: 2 }), roster }
    },
  }
  for (const [what, lie] of Object.entries(ghosts)) {
    it(`cannot make a ghost one of the own devices by ${what}`, async () => {
      await using scene = await startAcquainted()
      const { registry, ghost } = scene
      const said = await lie(scene)
      const { digits } = await scene.alice.hub.trust.safetyNumber({ with: 'bob' })
      await registry.tellOwn('alice', said)
      await scene.alice.seen('the refusal', () => scene.alice.account().state === 'refused')
      const papers = { registry: registry.fake.id, attestation: registry.attest('alice'), ...said }
      await assert.rejects(ghost.dial(scene.alice, papers), { code: 'stranger' })
      assert.equal(ghost.hellos(), 0)
      // It goes on with a registry that is honest again.
      await scene.alice.hub.signIn({})
      assert.equal(scene.alice.account().state, 'online')
      assert.equal((await scene.alice.hub.trust.safetyNumber({ with: 'bob' })).digits, digits)
      await goesOn(scene)
    })
  }

  it('shuts its member out by denying their device, and takes nothing from them', async () => {
    await using scene = await startAcquainted()
    const { registry } = scene
    const alice = registry.member('alice')
    await registry.tellOwn('alice', { attestation: registry.attest('alice', { denied: new Set([alice.device]) }) })
    await scene.alice.seen('the end', () => scene.alice.account().state === 'signed-out')
    const again = await scene.restart('alice')
    assert.deepEqual(await again.texts('bob'), ['hello'])
    assert.equal(again.account().state, 'signed-out')
  })

  it('gains nothing by telling somebody that they are an admin', async () => {
    await using scene = await startAcquainted()
    const { registry, alice } = scene
    await registry.tellOwn('alice', { role: 'admin' })
    await alice.seen('the role', () => alice.account().isAdmin === true)
    const link = `parley://127.0.0.1:1/${'a'.repeat(52)}?v=1`
    registry.lie = is =>
      is.case === 'createInvite' ? { case: 'invite', value: create(InviteSchema, { id: 'x', link }) } : undefined
    await assert.rejects(alice.hub.invites.invite({}))
    await registry.tellOwn('alice', { role: 'owner of all' })
    await alice.seen('no role', () => alice.account().isAdmin !== true)
    await goesOn(scene)
  })

  it('leads nobody elsewhere by notices that its key, or the one after it, has not signed', async () => {
    await using scene = await startAcquainted()
    const { registry, alice, ghost } = scene
    const { identity } = registry.fake
    const address = `127.0.0.1:${ghost.port}`
    const give = async (notice: Signed) =>
      registry.tell('alice', { case: 'noticeGiven', value: create(NoticeGivenSchema, { notice }) })
    const stranger = makeKey()
    for (let number = 1n; number <= 50n; number++) {
      await give(notice(scene, { number, address }, stranger.privateKey))
      await give(notice(scene, { number, successor: ghost.identity.spki }, stranger.privateKey))
    }
    await until('the refusals', () => refusals(alice) >= 100)
    // One that is true, then another one of the same number: the first one stays.
    await give(notice(scene, { number: 1n, address: 'localhost:1' }, identity.privateKey))
    await until('the notice', () => alice.log.lines.some(({ text }) => /has announced/.test(text)))
    await give(notice(scene, { number: 1n, successor: ghost.identity.spki }, identity.privateKey))
    await give(notice(scene, { number: 1n, address }, identity.privateKey))
    await until('two more', () => refusals(alice) >= 102)
    await goesOn(scene)
    registry.member('alice').link?.close()
    await alice.seen('alice is back', () => registry.count('signIn') > 0 && alice.account().state === 'online')
    assert.equal(ghost.came(), 0)
  })

  it('cannot spoil the order of messages for ever by a time that is far off', async () => {
    await using scene = await startAcquainted()
    const { registry } = scene
    const honest = registry.fake.now
    for (const apart of [400 * 24 * 3600_000, -25 * 3600_000]) {
      registry.fake.now = () => Date.now() + apart
      const again = await scene.restart('alice')
      await again.seen('the refusal', () => again.account().state === 'refused')
      assert.match(again.account().why ?? '', apart > 0 ? /9600 hours ahead/ : /25 hours behind/)
      const { written } = await again.say('bob', 'when is it?')
      assert.ok(Math.abs(written - Date.now()) < 60_000)
    }
    registry.fake.now = honest
    await scene.alice.hub.signIn({})
    await goesOn(scene)
    const { messages } = await scene.bob.hub.history({ with: 'alice', limit: 10 })
    assert.ok(messages.every(({ written }) => Math.abs(written - Date.now()) < 60_000))
  })

  it('makes nobody busy by telling of them again and again, and old news are none', async () => {
    await using scene = await startAcquainted()
    const { registry, alice } = scene
    const held = Promise.withResolvers<void>()
    const { answer } = registry.fake
    registry.fake.answer = async (is, link) => {
      if (is.case === 'devices') await held.promise
      return answer(is, link)
    }
    const before = registry.count('devices')
    const old = registry.attest('alice', { issued: Date.now() - 1_800_000, name: 'alicia' })
    for (let turn = 0; turn < 100; turn++) await registry.tellOwn('alice', turn % 2 === 0 ? {} : { attestation: old })
    await registry.tellOwn('alice', { role: 'admin' })
    await alice.seen('all was heard', () => alice.account().isAdmin === true)
    assert.ok(registry.count('devices') - before <= 1)
    assert.equal(alice.account().name, 'alice')
    held.resolve()
    await goesOn(scene)
  })

  it('makes nobody busy by offering connections through its relay', async () => {
    await using scene = await startAcquainted()
    const { registry, alice } = scene
    for (let turn = 0; turn < 300; turn++) {
      const device = Buffer.alloc(32, turn % 256).fill(turn % 7, 0, 1)
      const offer = create(RelayOfferedSchema, { ticket: new Uint8Array(16), user: new Uint8Array(16), device })
      await registry.tell('alice', { case: 'relayOffered', value: offer })
    }
    await until('a limit', () => alice.log.lines.some(({ text }) => /too many relayed connections/.test(text)))
    await goesOn(scene)
  })
})

describe('a registry that is after passwords', function () {
  this.timeout(30_000)

  it('gets none by offering another way to sign in, to change it, or to set it anew', async () => {
    await using scene = await startScene()
    const { registry, alice } = scene
    const { answer } = registry.fake
    let mechanisms = ['opaque']
    registry.fake.answer = (is, link) => {
      if (is.case !== 'registryHello') return answer(is, link)
      link.established()
      const value = create(RegistryWelcomeSchema, { version: 1, time: BigInt(Date.now()), mechanisms })
      return { case: 'registryWelcome', value }
    }
    for (mechanisms of [['prompt'], ['plain', 'prompt'], ['opaque-2'], []]) {
      const { link } = registry.member('alice')
      link?.close()
      await until('another link', () => ![link, undefined].includes(registry.member('alice').link))
      await alice.seen('alice is back', () => alice.account().state === 'online')
      const before = registry.fake.asked.length
      const { passwords } = alice.hub
      const code = 'a'.repeat(26)
      const refused = { code: 'unsupported', message: /Nothing was sent/ }
      await assert.rejects(alice.hub.signIn({ password }), refused)
      await assert.rejects(passwords.changePassword({ password, newPassword }), refused)
      await assert.rejects(passwords.resetPassword({ name: 'alice', code, newPassword }), refused)
      const asked = new Set(registry.fake.asked.slice(before))
      for (const what of ['signIn', 'changePassword', 'resetPassword', 'continue']) assert.ok(!asked.has(what), what)
    }
    mechanisms = ['opaque']
    await nothingHeard(scene)
  })

  it('gets none by answers of its own to the exchange that it has offered', async () => {
    await using scene = await startScene()
    const { registry, alice } = scene
    const { passwords } = alice.hub
    const answers: Reply['is'][] = [
      { case: 'done', value: create(DoneSchema) },
      { case: 'challenge', value: create(ChallengeSchema) },
      { case: 'challenge', value: create(ChallengeSchema, { data: new Uint8Array(320).fill(7) }) },
    ]
    for (const reply of answers) {
      registry.lie = is => {
        const isExchange =
          is.case === 'changePassword' || is.case === 'continue' || (is.case === 'signIn' && is.value.mechanism !== '')
        return isExchange ? reply : undefined
      }
      await assert.rejects(alice.hub.signIn({ password }), { name: 'ParleyError' })
      await assert.rejects(passwords.changePassword({ password, newPassword }), { name: 'ParleyError' })
    }
    registry.lie = () => undefined
    await nothingHeard(scene)
  })
})

/** A notice of the registry, true or not. */
function notice({ registry }: Scene, fields: MessageInitShape<typeof NoticeSchema>, by: KeyObject): Signed {
  const { id, identity } = registry.fake
  const whole = { registry: fromText(id), issued: BigInt(Date.now()), key: identity.spki, ...fields }
  return sign('notice', toBinary(NoticeSchema, create(NoticeSchema, whole)), by)
}

async function nothingHeard(scene: Scene): Promise<void> {
  const { registry, alice } = scene
  for (const words of [password, newPassword]) assert.ok(!registry.heard(words))
  await alice.hub.waitDelivered({ ...(await alice.say('bob', secret)), timeout: 10_000 })
}

function refusals({ log }: RunningHub): number {
  return log.lines.filter(({ text }) => /notice of the registry was not accepted/.test(text)).length
}

const withGhost = ({ registry, ghost }: Scene) => ({
  devices: [listed(registry.member('alice').deviceKey, 'laptop'), listed(ghost.identity.spki)],
})

/** A message passes, and no ghost has heard of it. */
async function goesOn({ alice, bob, registry, ghost }: Scene): Promise<void> {
  await alice.hub.waitDelivered({ ...(await alice.say('bob', secret)), timeout: 10_000 })
  assert.equal((await bob.texts('alice')).at(-1), secret)
  assert.ok(!ghost.heard(secret) && !registry.heard(secret))
}
