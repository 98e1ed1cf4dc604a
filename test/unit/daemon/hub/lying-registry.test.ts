import assert from 'node:assert/strict'
import { create } from '@bufbuild/protobuf'
import type { MessageInfo } from '../../../../daemon/src/protocol/control.ts'
import { personOf } from '../../../../daemon/src/protocol/conversation-infos.ts'
import { fromText } from '../../../../daemon/src/protocol/ids.ts'
import {
  LookedUpSchema,
  OnlineChangeSchema,
  PeopleChangedSchema,
  PersonSchema,
  type Signed,
} from '../../../../daemon/src/protocol/parley_pb.ts'
import { signRoster } from '../../../../daemon/src/protocol/statements.ts'
import type { RunningHub } from '../../../support/hub.ts'
import { within } from '../../../support/links.ts'
import { listed } from '../../../support/lying-registry.ts'
import { type Scene, startAcquainted, startScene } from '../../../support/scene.ts'
import { makeKey } from '../../../support/statements.ts'
import { until } from '../../../support/wait.ts'

const secret = 'tulips at dawn'
const strange = { code: 'stranger', message: 'This hub does not know you.' }

describe('a registry that lies about people', () => {
  it('cannot have a device written to that it only names, nor one at the place of another', async () => {
    await using scene = await startAcquainted()
    const { registry, ghost } = scene
    const bob = registry.member('bob')
    await lureAlice(scene, () => {
      bob.devices = [fromText(ghost.id), fromText(bob.device)].map(device => ({ device, port: ghost.port }))
    })
    assert.equal(ghost.hellos(), 0)
    await makeUp(scene)
  })

  const signers: Record<string, (scene: Scene) => Promise<Signed>> = {
    "the registry's own key": scene => scene.roster('bob', withGhost(scene), scene.registry.fake.identity.privateKey),
    "somebody else's account key": scene => scene.roster('bob', withGhost(scene), makeKey().privateKey),
    'nobody, but the one before with a device more': async scene => {
      const forged = await scene.roster('bob', withGhost(scene))
      return { ...forged, signature: (await scene.roster('bob', {})).signature }
    },
  }
  for (const [signer, sign] of Object.entries(signers)) {
    it(`cannot slip a device into somebody's roster that is signed by ${signer}`, async () => {
      await using scene = await startAcquainted()
      const { registry, ghost, alice } = scene
      const bob = registry.member('bob')
      const { roster: honest } = bob
      const papers = { registry: registry.fake.id, attestation: registry.attest('bob'), roster: await sign(scene) }
      await lureAlice(scene, () => {
        bob.roster = papers.roster
        bob.devices = [{ device: fromText(ghost.id), port: ghost.port }]
      })
      await assert.rejects(ghost.dial(alice, papers), strange)
      // As if it were bob's hub that answers where bob was.
      ghost.papers = papers
      assert.equal(ghost.hellos(), 0)
      bob.roster = honest
      await makeUp(scene)
    })
  }

  it('cannot make devices with an account key that was given up', async () => {
    await using scene = await startAcquainted()
    const { registry, ghost, alice } = scene
    const bob = registry.member('bob')
    const next = makeKey()
    const second = { accountKey: next.spki, generation: 2 }
    bob.attested = second
    bob.roster = await scene.roster('bob', { generation: 2, version: 1 }, next.privateKey)
    await scene.changed('bob')
    await alice.seen('the new key', () => alice.hub.status().warnings.some(words => /new account key/.test(words)))
    const { digits } = await alice.hub.trust.safetyNumber({ with: 'bob' })
    const { id } = registry.fake
    const byOld = await scene.roster('bob', { ...withGhost(scene), generation: 2 })
    const first = { accountKey: bob.signUp.accountKey, generation: 1 }
    const lies = [
      { attestation: registry.attest('bob'), roster: byOld },
      { attestation: registry.attest('bob', first), roster: await scene.roster('bob', withGhost(scene)) },
      { attestation: registry.attest('bob', { ...first, generation: 2 }), roster: byOld },
    ]
    for (const papers of lies) await assert.rejects(ghost.dial(alice, { registry: id, ...papers }), strange)
    assert.equal((await alice.hub.trust.safetyNumber({ with: 'bob' })).digits, digits)
  })

  it('cannot bring an older roster back, in which a revoked device still counts, not even after a restart', async () => {
    await using scene = await startAcquainted()
    const { registry, ghost } = scene
    const bob = registry.member('bob')
    const stolen = await scene.roster('bob', withGhost(scene))
    const revoked = await scene.roster('bob', { version: 3, revoked: new Set([ghost.id]) })
    bob.roster = stolen
    const papers = () => ({ registry: registry.fake.id, attestation: registry.attest('bob'), roster: stolen })
    await scene.changed('bob')
    const link = await ghost.dial(scene.alice, papers())
    assert.ok(!link.signal.aborted)
    bob.roster = revoked
    await scene.changed('bob')
    await within('the end of the link', link.closed)

    await scene.stop('bob')
    for (const _ of ['at once', 'after a restart']) {
      bob.roster = stolen
      bob.devices = [{ device: fromText(ghost.id), port: ghost.port }]
      await scene.changed('bob')
      await assert.rejects(ghost.dial(scene.alice, papers()), strange)
      await scene.restart('alice')
      await scene.alice.seen('alice online', () => scene.alice.account().state === 'online')
    }
    await lureAlice(scene, () => {})
    assert.equal(ghost.hellos(), 0)
    bob.roster = revoked
    await makeUp(scene)
  })

  it('cannot swap an account key under the same number', async () => {
    await using scene = await startAcquainted()
    const { registry, ghost, alice } = scene
    const { digits } = await alice.hub.trust.safetyNumber({ with: 'bob' })
    const bob = registry.member('bob')
    const { roster: honest } = bob
    await lureAlice(scene, () => swap(scene, 1))
    await assert.rejects(ghost.dial(alice, ghost.papers ?? never()), strange)
    assert.equal(ghost.hellos(), 0)
    assert.equal((await alice.hub.trust.safetyNumber({ with: 'bob' })).digits, digits)
    bob.attested = {}
    bob.roster = honest
    await makeUp(scene)
  })

  it('cannot swap the account key of somebody one has talked to: nothing passes until a person decides', async () => {
    await using scene = await startAcquainted()
    const { registry, ghost, alice, bob } = scene
    const isNoted = ({ hub }: RunningHub) =>
      hub.status().warnings.some(words => /bob has a new account key/.test(words))
    const { digits } = await bob.hub.trust.safetyNumber({ with: 'alice' })
    assert.equal((await alice.hub.trust.safetyNumber({ with: 'bob' })).digits, digits)
    await scene.stop('bob')
    swap(scene, 2)
    await registry.show('bob', 'online')
    await scene.changed('bob')
    await alice.seen('the notice', () => isNoted(alice))
    assert.equal((await alice.say('bob', secret)).state, 'queued')
    const { papers = never() } = ghost
    await ghost.dial(alice, papers)
    assert.notEqual((await alice.hub.trust.safetyNumber({ with: 'bob' })).digits, digits)
    const verify = alice.hub.trust.setVerified({ with: 'bob', digits, verified: true })
    await assert.rejects(verify, { code: 'wrong-key' }, 'what bob reads out is not what alice has')
    const again = await scene.restart('alice')
    assert.ok(isNoted(again), 'a restart does not forget it')
    await again.seen('alice online', () => again.account().state === 'online')
    await ghost.dial(again, papers)
    const looked = registry.count('lookUp')
    await scene.changed('bob')
    await until('bob was looked up', () => registry.count('lookUp') > looked)
    assert.deepEqual([ghost.events.length, ghost.hellos()], [0, 0], 'neither what was written before nor after')
    await again.hub.trust.acceptKey({ with: 'bob' })
    assert.ok(!isNoted(again))
    assert.ok(!isNoted(await scene.restart('alice')), 'nor that somebody has decided')
  })

  it('cannot swap the account key of somebody verified: nothing passes, either way, until a person decides', async () => {
    await using scene = await startAcquainted()
    const { registry, ghost, alice } = scene
    const { digits } = await alice.hub.trust.safetyNumber({ with: 'bob' })
    await alice.hub.trust.setVerified({ with: 'bob', digits, verified: true })
    await scene.stop('bob')
    swap(scene, 2)
    await registry.show('bob', 'online')
    await scene.changed('bob')
    const trust = (hub: typeof alice) => personOf(hub.hub.snapshot().conversations[0])?.trust
    await alice.seen('the change', () => trust(alice) === 'changed')
    const sent = await alice.say('bob', secret)
    assert.equal(sent.state, 'queued')
    const { papers = never() } = ghost
    const link = await ghost.dial(alice, papers)
    const again = await scene.restart('alice')
    assert.equal(trust(again), 'changed', 'nor does a restart forget it')
    await within('the end of the link', link.closed)
    await again.seen('alice online', () => again.account().state === 'online')
    await ghost.dial(again, papers)
    const looked = registry.count('lookUp')
    await scene.changed('bob')
    await until('bob was looked up', () => registry.count('lookUp') > looked)
    assert.deepEqual([ghost.events.length, ghost.hellos()], [0, 0])
    assert.deepEqual(await again.texts('bob'), ['hello', secret])
    assert.ok(!registry.heard(secret))
  })

  it('is found out by whoever compares digits when it names a key of its own at first contact', async () => {
    await using scene = await startScene()
    swap(scene, 1)
    const { digits } = await scene.bob.hub.trust.safetyNumber({ with: 'alice' })
    const shown = await scene.alice.hub.trust.safetyNumber({ with: 'bob' })
    assert.notEqual(shown.digits, digits)
    const verify = scene.alice.hub.trust.setVerified({ with: 'bob', digits, verified: true })
    await assert.rejects(verify, { code: 'wrong-key' })
  })

  it('cannot connect anybody with its own device through its relay', async () => {
    await using scene = await startAcquainted()
    const { registry, ghost } = scene
    const bob = registry.member('bob')
    ghost.papers = { registry: registry.fake.id, attestation: registry.attest('bob'), roster: bob.roster }
    await lureAlice(scene, () => {
      bob.devices = [{ device: fromText(bob.device), port: 0 }]
      registry.relayTo = ghost.port
    })
    await until('it has led her there', () => registry.relayed > 0)
    assert.equal(ghost.hellos(), 0)
    registry.relayTo = 0
    await makeUp(scene)
  })

  it('cannot pass somebody off as another', async () => {
    await using scene = await startScene()
    const { registry, alice } = scene
    registry.lie = is => {
      if (is.case !== 'lookUp') return undefined
      const { roster } = registry.member('alice')
      return { case: 'lookedUp', value: create(LookedUpSchema, { attestation: registry.attest('alice'), roster }) }
    }
    await assert.rejects(alice.say('bob', secret), { code: 'forged' })
    registry.lie = () => undefined
    await alice.hub.waitDelivered({ ...(await alice.say('bob', secret)), timeout: 10_000 })
    assert.deepEqual(await scene.bob.texts('alice'), [secret])
  })
})

describe('a registry that drops, repeats and floods', () => {
  it('keeps a revocation from others no longer than their session lasts', async () => {
    await using scene = await startAcquainted()
    const { registry, ghost, alice } = scene
    const bob = registry.member('bob')
    bob.roster = await scene.roster('bob', withGhost(scene))
    await scene.changed('bob')
    const papers = { registry: registry.fake.id, attestation: registry.attest('bob'), roster: bob.roster }
    const link = await ghost.dial(alice, papers)
    bob.roster = await scene.roster('bob', { version: 3, revoked: new Set([ghost.id]) })
    // PeopleChanged never comes.
    assert.ok(!link.signal.aborted)
    registry.member('alice').link?.close()
    await within('the end of the link', link.closed)
    await assert.rejects(ghost.dial(alice, papers), strange)
  })

  it('changes nothing by old changes of the online list, and is asked again after a gap', async () => {
    await using scene = await startAcquainted()
    const { registry, alice } = scene
    const isOnline = () => alice.hub.people().people.some(({ name, status }) => name === 'bob' && status === 'online')
    await alice.seen('bob online', isOnline)
    const change = (number: bigint, status: string) => {
      const people = [create(PersonSchema, { user: fromText(registry.member('bob').user), name: 'bob', status })]
      return registry.tell('alice', { case: 'onlineChange', value: create(OnlineChangeSchema, { number, people }) })
    }
    for (let turn = 0; turn < 3; turn++) await change(1n, 'offline')
    const watched = registry.count('watchOnline')
    await change(1_000n, 'offline')
    await until('the list is asked for again', () => registry.count('watchOnline') > watched)
    await alice.seen('bob online', isOnline)
    await alice.hub.waitDelivered({ ...(await alice.say('bob', 'still there?')), timeout: 10_000 })
  })

  it('makes nobody ask more than a few times at once by telling of many changes', async () => {
    await using scene = await startAcquainted()
    const { registry, alice } = scene
    const user = fromText(registry.member('bob').user)
    const users = Array.from({ length: 1_000 }, () => user)
    const before = registry.count('lookUp')
    const held = Promise.withResolvers<void>()
    const { answer } = registry.fake
    registry.fake.answer = async (is, link) => {
      if (is.case === 'lookUp') await held.promise
      return answer(is, link)
    }
    const asked = () => registry.count('lookUp') - before
    for (let turn = 0; turn < 20; turn++) {
      await registry.tell('alice', { case: 'peopleChanged', value: create(PeopleChangedSchema, { users }) })
    }
    // Its own account comes behind them all in the same row of events.
    await registry.tellOwn('alice', { role: 'admin' })
    await alice.seen('all was heard', () => alice.account().isAdmin === true)
    assert.ok(asked() <= 1, `asked ${asked()} times while no answer came`)
    held.resolve()
    await until('it has asked once more, for what was told meanwhile', () => asked() === 2)
    await alice.hub.waitDelivered({ ...(await alice.say('bob', 'still there?')), timeout: 10_000 })
    assert.ok(asked() <= 3, `asked ${asked()} times in all`)
  })
})

/** Bob is gone; the registry lies, and alice has something for him that she tries to deliver at least twice. */
async function lureAlice(scene: Scene, lie: () => void): Promise<MessageInfo> {
  const { registry, ghost } = scene
  await scene.stop('bob')
  await until('bob is gone', () => registry.member('bob').link === undefined)
  lie()
  const heard = ghost.events.length
  const before = registry.count('lookUp')
  await registry.show('bob', 'online')
  const sent = await scene.alice.say('bob', secret)
  await until('alice has tried twice', () => registry.count('lookUp') >= before + 2)
  assert.ok(!ghost.heard(secret) && !registry.heard(secret))
  assert.equal(ghost.events.length, heard)
  return sent
}

/** The registry is honest again and bob comes back: all goes on, and nobody else has heard it. */
async function makeUp(scene: Scene): Promise<void> {
  const { registry, ghost, alice } = scene
  const bob = await scene.restart('bob')
  await bob.seen('the message', () => bob.hub.snapshot().conversations[0]?.lastLine === secret)
  await alice.hub.waitDelivered({ ...(await alice.say('bob', 'the end')), timeout: 10_000 })
  assert.deepEqual(await bob.texts('alice'), ['hello', secret, 'the end'])
  assert.ok(!ghost.heard(secret) && !registry.heard(secret))
}

/** The registry has a key of its own in place of bob's, and the ghost as his only device. */
function swap({ registry, ghost }: Scene, generation: number): void {
  const key = makeKey()
  const bob = registry.member('bob')
  bob.attested = { accountKey: key.spki, generation }
  const fields = { registry: registry.fake.id, user: bob.user, generation, version: 1 }
  bob.roster = signRoster({ ...fields, devices: [listed(ghost.identity.spki)], revoked: new Set() }, key.privateKey)
  bob.devices = [{ device: fromText(ghost.id), port: ghost.port }]
  ghost.papers = { registry: registry.fake.id, attestation: registry.attest('bob'), roster: bob.roster }
}

const withGhost = ({ registry, ghost }: Scene) => ({
  devices: [listed(registry.member('bob').deviceKey, 'laptop'), listed(ghost.identity.spki)],
})

function never(): never {
  throw new Error('The ghost has no papers.')
}
