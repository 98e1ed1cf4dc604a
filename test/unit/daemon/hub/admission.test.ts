import assert from 'node:assert/strict'
import { create } from '@bufbuild/protobuf'
import { Admission } from '../../../../daemon/src/hub/admission.ts'
import type { LinkedDevice } from '../../../../daemon/src/hub/peers.ts'
import type { Person } from '../../../../daemon/src/hub/people.ts'
import { deviceId, fromText, type UserId } from '../../../../daemon/src/protocol/ids.ts'
import { type PeerHello, PeerHelloSchema } from '../../../../daemon/src/protocol/parley_pb.ts'
import { userNamed } from '../../../support/acts.ts'

/** The device by which somebody is linked, and another one. */
const [phone, laptop] = [deviceId(new Uint8Array(32).fill(1)), deviceId(new Uint8Array(32).fill(2))]

/** A hub that keeps two links, and with whom something was said when. */
function hub(said: Record<string, number>, ...links: string[]) {
  const linked = new Set<UserId>(links.map(userNamed))
  const gone: { user: UserId; code: string | undefined }[] = []
  const times = new Map(Object.entries(said).map(([name, time]) => [userNamed(name), time]))
  const admission = new Admission({
    people: { judge: () => assert.fail('nobody dials') },
    freshness: () => ({ check: async () => undefined }),
    peers: () => ({
      linked,
      get count() {
        return linked.size
      },
      devicesOf: user => [...linked].filter(one => one === user).map(() => ({ device: phone }) as LinkedDevice),
      cut: (user, _message, code) => {
        linked.delete(user)
        gone.push({ user, code })
      },
    }),
    isBlocked: user => user === userNamed('blocked'),
    lastSaid: user => times.get(user) ?? 0,
    most: 2,
  })
  const hello: PeerHello = create(PeerHelloSchema)
  const admit = (name: string, device = laptop) => {
    return admission.admit(
      { user: userNamed(name), name } as Person,
      { outbound: true, peerId: fromText(device) },
      hello,
    )
  }
  return { admit, gone }
}

describe('who may have a link', () => {
  it('is anybody who is not blocked while there are few', async () => {
    const { admit, gone } = hub({}, 'ann')
    assert.equal((await admit('bob')).name, 'bob')
    await assert.rejects(admit('blocked'), { code: 'stranger' })
    assert.deepEqual(gone, [])
  })

  it('is, once there are enough, whoever something was said with later, in the place of the least', async () => {
    const { admit, gone } = hub({ ann: 20, bob: 10, cas: 15 }, 'ann', 'bob')
    await admit('cas')
    assert.deepEqual(gone, [{ user: userNamed('bob'), code: 'busy' }])
  })

  it('is, once there are enough, nobody with whom less was said; they are told why', async () => {
    const { admit, gone } = hub({ ann: 20, bob: 10, cas: 10 }, 'ann', 'bob')
    await assert.rejects(admit('cas'), { code: 'busy', message: /as many links as it keeps/ })
    await assert.rejects(admit('dan'), { code: 'busy' })
    assert.deepEqual(gone, [])
  })

  it('is another device of whoever is linked already', async () => {
    const { admit, gone } = hub({}, 'ann', 'bob')
    await admit('ann')
    assert.deepEqual(gone, [])
  })
})
