import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { create } from '@bufbuild/protobuf'
import { ParleyError } from '../../../../../daemon/src/errors.ts'
import { OnlineList } from '../../../../../daemon/src/hub/registry/online-list.ts'
import type { RegistryLink } from '../../../../../daemon/src/hub/registry/open.ts'
import { RegistrySession } from '../../../../../daemon/src/hub/registry/session.ts'
import { limits } from '../../../../../daemon/src/limits.ts'
import { type UserId, userId } from '../../../../../daemon/src/protocol/ids.ts'
import {
  DoneSchema,
  LookedUpSchema,
  OnlineSnapshotSchema,
  PersonSchema,
  type Reply,
  type Request,
} from '../../../../../daemon/src/protocol/parley_pb.ts'
import { testLog } from '../../../../support/links.ts'

const bob = create(PersonSchema, {
  user: randomBytes(16),
  name: 'bob',
  displayName: 'Bob',
  status: 'offline',
  since: 7n,
})

/** A session over a link whose other end is `answer`. */
function session(answer: (is: Request['is']) => Reply['is'], also: readonly UserId[] = []) {
  const asked: Request['is'][] = []
  const told: UserId[] = []
  const log = testLog()
  const online = new OnlineList()
  const link = {
    signal: new AbortController().signal,
    allowLargeFrames() {},
    handle() {},
    async request(is: Request['is']) {
      asked.push(is)
      return answer(is)
    },
  }
  const registry = { link, time: () => 0 } as unknown as RegistryLink
  const events = {
    online: (users: ReadonlySet<UserId>) => void told.push(...users),
    also: () => also,
    renewed: async () => ({ expires: 0 }),
    notice: async () => {},
    people: () => {},
    own: async () => {},
  }
  return { session: new RegistrySession(registry, online, 'online', events, log), online, asked, told, log }
}

const done: Reply['is'] = { case: 'done', value: create(DoneSchema) }

describe('hub: a session at the registry', () => {
  it('asks with the online list for whom one has talked to, the latest, as many as may be asked for', async () => {
    const others = Array.from({ length: 1500 }, () => userId(randomBytes(16)))
    const known = userId(bob.user)
    const at = session(
      () => ({ case: 'onlineSnapshot', value: create(OnlineSnapshotSchema, { people: [bob], total: 10_000 }) }),
      [known, ...others],
    )
    at.online.keep(known)
    await at.session.watch()
    const [is] = at.asked
    assert.ok(is?.case === 'watchOnline')
    assert.equal(is.value.also.length, limits.alsoWatched)
    assert.equal(userId(is.value.also[0] ?? new Uint8Array()), known)
    assert.deepEqual([at.online.known(known)?.status, at.online.known(known)?.since], ['offline', 7])
  })

  it('tells the registry a status once', async () => {
    const at = session(() => done)
    await at.session.setStatus('online')
    await at.session.setStatus('busy')
    await at.session.setStatus('busy')
    assert.deepEqual(
      at.asked.map(is => is.case === 'setStatus' && is.value.status),
      ['busy'],
    )
  })

  it('goes on where the registry knows no status, and tries again what it was too busy for', async () => {
    const old = session(() => {
      throw new ParleyError('unsupported', 'No.')
    })
    await old.session.setStatus('away')
    await old.session.setStatus('away')
    assert.deepEqual([old.asked.length, old.log.lines.length], [1, 0])
    const busy = session(() => {
      throw new ParleyError('busy', 'Later.')
    })
    await busy.session.setStatus('away')
    await busy.session.setStatus('away')
    assert.deepEqual([busy.asked.length, busy.log.lines.length], [2, 2])
  })

  it('keeps when somebody whom it looks up was seen last', async () => {
    const at = session(() => ({ case: 'lookedUp', value: create(LookedUpSchema, { person: bob }) }))
    await at.session.lookUp({ name: 'bob' })
    assert.equal(at.online.known(userId(bob.user))?.since, 7)
    assert.deepEqual(at.told, [userId(bob.user)])
  })
})
