import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { Freshness } from '../../../../daemon/src/hub/freshness.ts'
import type { People } from '../../../../daemon/src/hub/people.ts'
import type { RegistrySession } from '../../../../daemon/src/hub/registry/session.ts'
import { limits } from '../../../../daemon/src/limits.ts'
import { type UserId, userId } from '../../../../daemon/src/protocol/ids.ts'
import { testLog } from '../../../support/links.ts'
import { until } from '../../../support/wait.ts'

describe('hub: what is known of people', () => {
  it('is asked for again when it runs out; whom nobody vouches for any more is cut, and nobody else', async () => {
    const [expired, renewed, valid] = [someone(), someone(), someone()] as const
    const now = 1e12
    const over = now - limits.clockSkew - 1
    const expires = new Map([
      [expired, over],
      [renewed, over],
      [valid, over + 1],
    ])
    const asked: UserId[] = []
    const cut: UserId[] = []
    const session = {
      lookUp: async ({ user }: { user: UserId }) => {
        asked.push(user)
        if (user === renewed) expires.set(renewed, now + 1)
      },
    } as unknown as RegistrySession
    const freshness = new Freshness({
      people: { get: (user: UserId) => ({ attested: { expires: expires.get(user) } }) } as unknown as People,
      peers: () => ({
        linked: new Set([...expires.keys()].filter(user => !cut.includes(user))),
        isLinked: () => true,
        cut: user => cut.push(user),
      }),
      isPartner: () => true,
      session: () => session,
      now: () => now,
      expiryCheck: 5,
      log: testLog(),
    })
    try {
      await until('somebody is cut', () => cut.length > 0)
      assert.deepEqual([cut, [...new Set(asked)]], [[expired], [expired, renewed]])
    } finally {
      freshness.close()
    }
  })
})

const someone = () => userId(randomBytes(16))
