import assert from 'node:assert/strict'
import fc from 'fast-check'
import type { MembershipAct } from '../../../../daemon/src/protocol/membership.ts'
import { Script, said } from '../../../support/acts.ts'

const people = ['ann', 'bob', 'cas', 'dan', 'eve'] as const
const step = fc.record({
  by: fc.nat(people.length * 2 - 1),
  whom: fc.nat(people.length - 1),
  does: fc.constantFrom('invite', 'join', 'leave', 'remove', 'appoint', 'demote', 'rename'),
  /** How far behind the newest act each head lies that the author knows. */
  knows: fc.array(fc.nat(8), { minLength: 1, maxLength: 3 }),
})
type Step = typeof step extends fc.Arbitrary<infer Each> ? Each : never

/** A room in which people do things without always knowing what the others do. */
function played(steps: readonly Step[], { salt = '', settled = 3 } = {}): Script {
  const room = new Script('ann', { salt })
  let head = room.founding
  for (const who of people.slice(1, settled)) head = room.add('ann', who, [head])
  if (settled > 2) room.appoint('ann', 'bob', [head])
  for (const { by, whom, does, knows } of steps) {
    const author = `${people[by % people.length]}${by < people.length ? '' : '/phone'}`
    const target = people[whom] ?? 'ann'
    const last = room.acts.length - 1
    const rights = [...new Set(knows.map(back => room.acts[Math.max(0, last - back)]?.hash ?? room.founding))]
    if (does === 'join') room.join(author, rights)
    else if (does === 'leave') room.leave(author, rights)
    else if (does === 'rename') room.rename(author, `Room ${room.acts.length}`, rights)
    else room[does](author, target, rights)
  }
  return room
}

function permutations<Each>(list: readonly Each[]): Each[][] {
  if (list.length < 2) return [[...list]]
  return list.flatMap((each, index) =>
    permutations([...list.slice(0, index), ...list.slice(index + 1)]).map(rest => [each, ...rest]),
  )
}

describe('a set of membership acts', () => {
  it('folds to the same room in every order of up to six', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 5 }), steps => {
        const room = played(steps, { settled: 1 })
        const expected = said(room.fold(), room.acts)
        for (const order of permutations(room.acts)) assert.deepEqual(said(room.fold(order), room.acts), expected)
      }),
      { numRuns: 25 },
    )
  })

  it('folds to the same room in random orders of many, each act given once or more', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), fc.infiniteStream(fc.nat()), (steps, numbers) => {
        const room = played(steps)
        const expected = said(room.fold(), room.acts)
        const shuffled = room.acts.map(act => ({ act, at: numbers.next().value })).sort((a, b) => a.at - b.at)
        const acts = shuffled.map(({ act }) => act)
        assert.deepEqual(said(room.fold([...acts, ...acts.slice(0, 3)]), room.acts), expected)
      }),
      { numRuns: 200 },
    )
  })

  it('makes a room with one owner, whatever its members do', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), steps => {
        const room = played(steps)
        const { members } = room.fold()
        const owners = members.filter(({ role }) => role === 'owner')
        assert.equal(owners.length, members.length === 0 ? 0 : 1)
        assert.equal(members[0]?.role ?? 'owner', 'owner')
      }),
      { numRuns: 200 },
    )
  })

  it('never counts what its author did without knowing that somebody who counts had put them out', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), steps => {
        const room = played(steps)
        const folded = room.fold()
        const counted = room.acts.filter(({ hash }) => folded.verdict(hash).counts)
        const isInvitation = (act: MembershipAct, user: string) =>
          act.body.is === 'invitation' && act.body.user === user
        for (const exit of counted) {
          const target =
            exit.body.is === 'removal' ? exit.body.user : exit.body.is === 'leaving' ? exit.user : undefined
          for (const act of counted) {
            if (act.user !== target || act === exit || folded.knew([exit.hash], act.hash)) continue
            const isBack = (each: MembershipAct) =>
              isInvitation(each, act.user) && folded.knew([each.hash], exit.hash) && folded.knew([act.hash], each.hash)
            assert.ok(counted.some(isBack), `${act.body.is} counts beyond ${exit.body.is}`)
          }
        }
      }),
      { numRuns: 300 },
    )
  })

  it('of a thousand acts folds within 50 ms', () => {
    const room = new Script('ann')
    let head = room.founding
    for (let index = 0; room.acts.length < 1000; index++) {
      const who = `p${index % 200}`
      head = room.add('ann', who, [head])
      if (index >= 100) head = room.remove('ann', who, [head])
    }
    room.fold()
    const times = [1, 2, 3, 4, 5].map(() => {
      const start = performance.now()
      room.fold()
      return performance.now() - start
    })
    assert.ok(Math.min(...times) < 50, `it took ${Math.min(...times).toFixed(1)} ms`)
  })
})
