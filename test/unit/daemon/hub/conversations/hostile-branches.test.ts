import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { limits } from '../../../../../daemon/src/limits.ts'
import { messageId } from '../../../../../daemon/src/protocol/ids.ts'
import { encodeAct } from '../../../../../daemon/src/protocol/membership-bodies.ts'
import { BarePeer, type Sealed, seal } from '../../../../support/bare-peer.ts'
import { Home, person, withDevice } from '../../../../support/conversations.ts'
import { CountedStorage } from '../../../../support/counted-storage.ts'

const entries = 200

describe('a log with branches, in one frame', () => {
  it('is not looked through for each entry that names a branch which is not here', async () => {
    await using scene = await begin()
    const { alice, peer, trunk, storage } = scene
    const last = trunk.at(-1)
    assert.ok(last)
    const behind = () => seal(alice, peer.conversation, 'behind', last, { prev: [last.hash, randomBytes(32)] })
    const before = storage.rows
    await peer.entries(...Array.from({ length: 100 }, () => behind().entry))
    assert.ok(storage.rows - before < 2 * entries, `${storage.rows - before} rows were read`)
  })

  it('is not looked through for whoever has not written it', async () => {
    await using scene = await begin()
    const { alice, peer, trunk, storage } = scene
    const last = trunk.at(-1)
    assert.ok(last)
    const mallory = { ...alice, account: { ...alice.account, privateKey: person('mallory').account.privateKey } }
    const { entry } = seal(mallory, peer.conversation, 'forged', last, { prev: [last.hash, randomBytes(32)] })
    const before = storage.rows
    await peer.entries(entry)
    assert.ok(storage.rows - before < entries, `${storage.rows - before} rows were read`)
  })

  it('is not looked through for branches, where nothing was ever said of members', async () => {
    await using scene = await begin()
    const before = scene.storage.rows
    await scene.forks()
    assert.ok(scene.storage.rows - before < entries, `${scene.storage.rows - before} rows were read`)
  })

  it('is not looked through for branches that are too many', async () => {
    await using scene = await begin()
    await scene.revokes()
    const before = scene.storage.rows
    await scene.forks()
    const most = limits.branches * (entries + 16)
    assert.ok(scene.storage.rows - before < most, `${scene.storage.rows - before} rows were read`)
  })
})

/** A bob who has a log of alice that has forked at its beginning, and alice as a peer that says what she likes. */
async function begin() {
  const storage = new CountedStorage()
  const home = await Home.open(person('bob'), storage.counted)
  const alice = person('alice')
  const peer = new BarePeer(alice, home)
  await peer.have()
  await peer.hear('ack')
  const trunk: Sealed[] = []
  for (let number = 0; number < entries; number++)
    trunk.push(seal(alice, peer.conversation, `text ${number}`, trunk.at(-1)))
  await peer.entries(...trunk.map(({ entry }) => entry))
  const fork = seal(alice, peer.conversation, 'another', trunk[0])
  await peer.entries(fork.entry)
  await home.until('all is here', async () => (await home.messages(alice)).length === entries + 1)
  return {
    ...{ home, alice, peer, trunk, storage },
    /** Alice revokes a device of hers. */
    async revokes() {
      const { device, spki: key } = withDevice(alice).account
      const body = encodeAct({ is: 'revocation', device, key, cut: [] }, messageId(randomBytes(16)), Date.now())
      await peer.entries(seal(alice, peer.conversation, '', fork, { kind: 39, body }).entry)
    },
    /** Alice's log forks a hundred times near its end. */
    async forks() {
      const forks = Array.from({ length: 100 }, () => seal(alice, peer.conversation, 'fork', trunk.at(-2)))
      await peer.entries(...forks.map(({ entry }) => entry))
    },
    async [Symbol.asyncDispose]() {
      peer[Symbol.dispose]()
      await home.stop()
    },
  }
}
