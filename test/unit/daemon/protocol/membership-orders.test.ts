import assert from 'node:assert/strict'
import fc from 'fast-check'
import type { MembershipAct } from '../../../../daemon/src/protocol/membership.ts'
import { foldMembership, type Membership } from '../../../../daemon/src/protocol/membership.ts'
import { Script, said } from '../../../support/acts.ts'
import { played, step } from '../../../support/played-room.ts'

function permutations<Each>(list: readonly Each[]): Each[][] {
  if (list.length < 2) return [[...list]]
  return list.flatMap((each, index) =>
    permutations([...list.slice(0, index), ...list.slice(index + 1)]).map(rest => [each, ...rest]),
  )
}

/** A way to fold acts that come one after the other. */
type Fold = (room: Script, order: readonly MembershipAct[]) => Membership

/** As a hub does: each goes to what is there. */
const oneByOne: Fold = (room, order) => {
  return order.reduce((membership, act) => membership.with([act]), foldMembership(room.room, []))
}

/** Fails unless every order of the acts of up to six comes to the same. */
function checkAllOrders(fold: Fold): void {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 5 }), steps => {
      const room = played(steps, { settled: 1 })
      const expected = said(room.fold(), room.acts)
      for (const order of permutations(room.acts)) assert.deepEqual(said(fold(room, order), room.acts), expected)
    }),
    { numRuns: 8 },
  )
}

/** Fails unless random orders of many acts, each given once or more, come to the same. */
function checkRandomOrders(fold: Fold, numRuns = 150): void {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), fc.infiniteStream(fc.nat()), (steps, numbers) => {
      const room = played(steps)
      const expected = said(room.fold(), room.acts)
      const shuffled = room.acts.map(act => ({ act, at: numbers.next().value })).sort((a, b) => a.at - b.at)
      const acts = shuffled.map(({ act }) => act)
      assert.deepEqual(said(fold(room, [...acts, ...acts.slice(0, 3)]), room.acts), expected)
    }),
    { numRuns },
  )
}

describe('a set of membership acts', () => {
  it('folds to the same room in every order of up to six', () => {
    checkAllOrders((room, order) => room.fold(order))
  })

  it('folds to the same room in every order in which up to six come one by one', () => {
    checkAllOrders(oneByOne)
  })

  it('folds to the same room in random orders of many, each act given once or more', () => {
    checkRandomOrders((room, order) => room.fold(order))
  })

  it('folds to the same room in random orders in which many come one by one', () => {
    checkRandomOrders(oneByOne)
  })

  it('would not be found to fold to the same room by whoever lets the first of two win', () => {
    // What comes late is taken as if its author had known all that is here.
    const asItComes: Fold = (room, order) => {
      const taken: MembershipAct[] = []
      for (const act of order) {
        const { heads } = room.fold(taken)
        const rights = act.rights.length === 0 ? act.rights : [...new Set([...act.rights, ...heads])]
        taken.push({ ...act, rights })
      }
      return room.fold(taken)
    }
    assert.throws(() => checkAllOrders(asItComes))
    assert.throws(() => checkRandomOrders(asItComes))
  })

  it('is tried with all that can be done, counted and not, at the same time and after', () => {
    const seen = new Set<string>()
    fc.assert(
      fc.property(fc.array(step, { minLength: 20, maxLength: 40 }), steps => {
        const room = played(steps)
        const folded = room.fold()
        for (const { hash, body, user, device, rights } of room.acts) {
          const verdict = folded.verdict(hash)
          seen.add(`${body.is} ${verdict.counts ? 'counts' : verdict.why}`)
          const { why } = folded.limitOf(user, device, rights) ?? {}
          if (why) seen.add(`cut as ${why}`)
          const isBack = body.is === 'joining' && verdict.counts && folded.cutsOf(user, device).length > 0
          if (isBack && folded.limitOf(user, device, [hash]) === undefined) seen.add('returned')
        }
      }),
      // Always the same ones: it is about what the others may be given.
      { numRuns: 300, seed: 1 },
    )
    const acts = ['founding', 'invitation', 'joining', 'leaving', 'removal', 'role', 'change', 'revocation']
    for (const act of acts) assert.ok(seen.has(`${act} counts`), `no ${act} counts`)
    for (const act of ['invitation', 'removal', 'role']) {
      assert.ok(seen.has(`${act} overruled`), `no ${act} is overruled`)
      assert.ok(seen.has(`${act} beyond-cut`), `no ${act} is beyond a cut`)
      assert.ok(seen.has(`${act} no-right`), `no ${act} is without right`)
    }
    for (const what of ['change revoked', 'unknown malformed', 'cut as removed', 'cut as revoked', 'returned']) {
      assert.ok(seen.has(what), `never: ${what}`)
    }
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
            // Whoever is out may still revoke a device of their own: it gives nothing.
            if (
              act.body.is === 'revocation' ||
              act.user !== target ||
              act === exit ||
              folded.knew([exit.hash], act.hash)
            )
              continue
            const isBack = (each: MembershipAct) =>
              isInvitation(each, act.user) && folded.knew([each.hash], exit.hash) && folded.knew([act.hash], each.hash)
            assert.ok(counted.some(isBack), `${act.body.is} counts beyond ${exit.body.is}`)
          }
        }
      }),
      { numRuns: 300 },
    )
  })

  it('of ten thousand acts takes one more within 50 ms', function () {
    this.timeout(20_000)
    const room = new Script('ann')
    let head = room.founding
    for (let index = 0; room.acts.length < 9_900; index++) {
      const who = `p${index % 200}`
      head = room.add('ann', who, [head])
      if (index >= 100) head = room.remove('ann', who, [head])
    }
    let membership = room.fold()
    const times = [1, 2, 3, 4, 5, 6].map(number => {
      const from = room.acts.length
      // Two at the same time, then one who knew of both.
      const some = [room.rename('ann', `Room ${number}`, [head]), room.invite('ann', `late ${number}`, [head])]
      head = room.rename('ann', `Again ${number}`, some)
      const start = performance.now()
      membership = membership.with(room.acts.slice(from))
      return performance.now() - start
    })
    assert.deepEqual(said(membership, room.acts.slice(-20)), said(room.fold(), room.acts.slice(-20)))
    assert.ok(Math.min(...times) < 50, `it took ${Math.min(...times).toFixed(1)} ms`)
  })
})
