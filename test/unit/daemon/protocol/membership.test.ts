import assert from 'node:assert/strict'
import { deviceId } from '../../../../daemon/src/protocol/ids.ts'
import { generateKeyPair, idOfKey } from '../../../../daemon/src/protocol/keys.ts'
import type { Membership } from '../../../../daemon/src/protocol/membership.ts'
import { deviceNamed, place, Script, userNamed } from '../../../support/acts.ts'

/** The members and their roles by name, the most senior first. */
function roll(membership: Membership, ...names: string[]): string {
  const nameOf = new Map(names.map(name => [userNamed(name), name]))
  return membership.members.map(({ user, role }) => `${nameOf.get(user) ?? '?'} ${role}`).join(', ')
}

describe('the members of a room', () => {
  it('begin with whoever founded it', () => {
    const room = new Script('ann', { name: 'Tea' })
    const folded = room.fold()
    assert.equal(roll(folded, 'ann'), 'ann owner')
    assert.equal(folded.name, 'Tea')
    assert.deepEqual(folded.heads, [room.founding])
    assert.deepEqual(folded.verdict(room.founding), { counts: true, event: { is: 'founded' } })
  })

  it('are those who were invited and have joined', () => {
    const room = new Script('ann')
    const bob = room.add('ann', 'bob', [room.founding])
    room.invite('bob', 'cas', [bob])
    const folded = room.fold()
    assert.equal(roll(folded, 'ann', 'bob'), 'ann owner, bob member')
    assert.deepEqual([...folded.invited], [[userNamed('cas'), userNamed('bob')]])
    assert.equal(folded.standings.get(userNamed('cas')), 'invited')
  })

  it('are not those whom nobody has invited, nor those whom a stranger invites', () => {
    const room = new Script('ann')
    const dan = room.join('dan', [room.founding])
    const eve = room.invite('dan', 'eve', [dan])
    const renamed = room.rename('dan', 'Mine', [eve])
    const folded = room.fold()
    assert.equal(roll(folded, 'ann'), 'ann owner')
    for (const act of [dan, eve, renamed]) assert.deepEqual(folded.verdict(act), { counts: false, why: 'no-right' })
  })

  it('cannot be founded a second time', () => {
    const room = new Script('ann')
    const again = new Script('eve', { salt: 'again' })
    const folded = room.fold([...room.acts, ...again.acts])
    assert.equal(roll(folded, 'ann'), 'ann owner')
    assert.deepEqual(folded.verdict(again.founding), { counts: false, why: 'no-right' })
  })

  it('include nobody who names an act that is not here', () => {
    const room = new Script('ann')
    const invited = room.invite('ann', 'bob', [room.founding])
    const joined = room.join('bob', [invited])
    const folded = room.fold(room.acts.filter(({ hash }) => hash !== invited))
    assert.deepEqual(folded.verdict(joined), { counts: false, why: 'pending' })
    assert.deepEqual(folded.heads, [room.founding])
  })

  it('may not be more than 256', () => {
    const room = new Script('ann')
    let head = room.founding
    for (let index = 1; index < 256; index++) head = room.invite('ann', `p${index}`, [head])
    const last = room.invite('ann', 'late', [head])
    const folded = room.fold()
    assert.equal(folded.invited.size, 255)
    assert.deepEqual(folded.verdict(last), { counts: false, why: 'full' })
  })
})

describe('the rights of members', () => {
  it('let admins rename, and nobody else', () => {
    const room = new Script('ann')
    const bob = room.add('ann', 'bob', [room.founding])
    const early = room.rename('bob', 'Bob’s', [bob])
    const admin = room.appoint('ann', 'bob', [early])
    room.rename('bob', 'Better', [admin])
    const folded = room.fold()
    assert.equal(folded.name, 'Better')
    assert.deepEqual(folded.verdict(early), { counts: false, why: 'no-right' })
  })

  it('let an admin remove the less senior only', () => {
    const room = new Script('ann')
    const all = room.add('ann', 'cas', [room.add('ann', 'bob', [room.founding])])
    const admins = room.appoint('ann', 'cas', [room.appoint('ann', 'bob', [all])])
    const up = room.remove('cas', 'bob', [admins])
    room.remove('bob', 'cas', [up])
    const folded = room.fold()
    assert.equal(roll(folded, 'ann', 'bob'), 'ann owner, bob admin')
    assert.deepEqual(folded.verdict(up), { counts: false, why: 'no-right' })
  })

  it('let whoever invited somebody take it back until they have joined', () => {
    const room = new Script('ann')
    const bob = room.add('ann', 'bob', [room.founding])
    const back = room.remove('bob', 'cas', [room.invite('bob', 'cas', [bob])])
    const late = room.remove('bob', 'dan', [room.add('bob', 'dan', [back])])
    const folded = room.fold()
    assert.equal(roll(folded, 'ann', 'bob', 'dan'), 'ann owner, bob member, dan member')
    assert.equal(folded.standings.get(userNamed('cas')), 'out')
    assert.deepEqual(folded.verdict(late), { counts: false, why: 'no-right' })
  })

  it('pass to the most senior admin when the owner leaves, else to the most senior member', () => {
    const room = new Script('ann')
    const all = room.add('ann', 'cas', [room.add('ann', 'bob', [room.founding])])
    const left = room.leave('ann', [room.appoint('ann', 'cas', [all])])
    assert.equal(roll(room.fold(), 'bob', 'cas'), 'cas owner, bob member')
    const renamed = room.rename('cas', 'Ours', [left])
    const last = room.leave('cas', [renamed])
    assert.equal(roll(room.fold(), 'bob'), 'bob owner')
    assert.equal(room.fold().name, 'Ours')
    const told = (act: string) => {
      const verdict = room.fold().verdict(act)
      return verdict.counts ? verdict.event : verdict.why
    }
    assert.deepEqual(told(left), { is: 'handed-over', user: userNamed('cas') })
    assert.deepEqual(told(last), { is: 'handed-over', user: userNamed('bob') })
    assert.deepEqual(told(room.leave('bob', [last])), { is: 'left' })
  })
})

describe('what is done at the same time in a room', () => {
  it('goes as the more senior of two says who remove each other', () => {
    const room = new Script('ann')
    const all = room.add('ann', 'cas', [room.add('ann', 'bob', [room.founding])])
    const admins = [room.appoint('ann', 'cas', [room.appoint('ann', 'bob', [all])])]
    room.remove('cas', 'bob', admins)
    room.remove('bob', 'cas', admins)
    assert.equal(roll(room.fold(), 'ann', 'bob'), 'ann owner, bob admin')
  })

  it('counts nothing of somebody removed that the remover did not know', () => {
    const room = new Script('ann')
    const bob = room.add('ann', 'bob', [room.founding])
    const known = room.invite('bob', 'cas', [bob])
    const unknown = room.add('bob', 'dan', [known])
    room.remove('ann', 'bob', [known])
    const folded = room.fold()
    assert.equal(folded.standings.get(userNamed('cas')), 'invited')
    assert.equal(folded.standings.get(userNamed('dan')), undefined)
    assert.deepEqual(folded.verdict(unknown), { counts: false, why: 'no-right' })
  })

  it('takes out what was folded before a late removal was reached', () => {
    const room = new Script('ann')
    const all = room.add('ann', 'cas', [room.add('ann', 'bob', [room.founding])])
    const admin = room.appoint('ann', 'bob', [all])
    // The owner's removal builds on what a mere member did, so that bob's acts come first.
    const invited = room.invite('cas', 'dan', [admin])
    const renamed = room.rename('bob', 'Taken over', [admin])
    const eve = room.invite('bob', 'eve', [renamed])
    room.remove('ann', 'bob', [invited])
    const folded = room.fold()
    assert.equal(folded.name, 'Room')
    for (const act of [renamed, eve]) assert.deepEqual(folded.verdict(act), { counts: false, why: 'beyond-cut' })
    assert.equal(roll(folded, 'ann', 'cas'), 'ann owner, cas member')
  })

  it('counts nothing of an admin that whoever demoted them did not know', () => {
    const room = new Script('ann')
    const all = room.add('ann', 'cas', [room.add('ann', 'bob', [room.founding])])
    const admin = room.appoint('ann', 'bob', [all])
    const invited = room.invite('cas', 'dan', [admin])
    const demoted = room.demote('ann', 'bob', [invited])
    const forged = room.rename('bob', 'Still mine', [admin])
    room.invite('bob', 'eve', [demoted])
    const folded = room.fold()
    assert.equal(folded.name, 'Room')
    assert.deepEqual(folded.verdict(forged), { counts: false, why: 'no-right' })
    assert.equal(folded.standings.get(userNamed('eve')), 'invited')
  })

  it('takes the name that the most senior gave', () => {
    const room = new Script('ann')
    const admin = [room.appoint('ann', 'bob', [room.add('ann', 'bob', [room.founding])])]
    room.rename('bob', 'By bob', admin)
    room.rename('ann', 'By ann', admin)
    assert.equal(room.fold().name, 'By ann')
  })

  it('removes rather than invites when one does both', () => {
    const room = new Script('ann')
    const out = room.remove('ann', 'bob', [room.add('ann', 'bob', [room.founding])])
    const again = room.invite('ann/phone', 'bob', [out])
    const removed = room.remove('ann', 'bob', [out])
    const folded = room.fold()
    assert.equal(folded.standings.get(userNamed('bob')), 'out')
    assert.deepEqual(folded.verdict(again), { counts: false, why: 'overruled' })
    assert.equal(folded.verdict(removed).counts, true)
  })

  it('lets somebody go who leaves, whoever invites them meanwhile', () => {
    const room = new Script('ann')
    const joined = room.add('ann', 'bob', [room.founding])
    const left = room.leave('bob', [joined])
    room.invite('ann', 'bob', [joined])
    assert.equal(room.fold().standings.get(userNamed('bob')), 'out')
    room.invite('ann', 'bob', [left])
    assert.equal(room.fold().standings.get(userNamed('bob')), 'invited')
  })
})

describe('a cut', () => {
  it('holds back what somebody removed writes, until they are back and know of it', () => {
    const room = new Script('ann')
    const joined = room.add('ann', 'bob', [room.founding])
    const cut = [place('bob', 7)]
    const removed = room.remove('ann', 'bob', [joined], cut)
    const bob = { user: userNamed('bob'), device: deviceNamed('bob') }
    const held = { why: 'removed', cuts: [cut] }
    assert.deepEqual(room.fold().limitOf(bob.user, bob.device, [joined]), held)
    const back = room.add('ann', 'bob', [removed])
    const folded = room.fold()
    assert.equal(roll(folded, 'ann', 'bob'), 'ann owner, bob member')
    assert.equal(folded.limitOf(bob.user, bob.device, [back]), undefined)
    assert.deepEqual(folded.limitOf(bob.user, bob.device, [joined]), held)
  })

  it('counts what somebody does after they were invited again', () => {
    const room = new Script('ann')
    const removed = room.remove('ann', 'bob', [room.add('ann', 'bob', [room.founding])])
    const back = room.add('ann', 'bob', [removed])
    const invited = room.invite('bob', 'cas', [back])
    assert.equal(room.fold().verdict(invited).counts, true)
  })

  it('of a revoked device holds back that device alone, for good', () => {
    const room = new Script('ann')
    const { spki } = generateKeyPair()
    const stolen = deviceId(idOfKey(spki))
    const joined = room.add('ann', 'bob', [room.founding])
    const cut = [{ device: stolen, seq: 3, hash: new Uint8Array(32) }]
    const revoked = room.act('bob', [joined], { is: 'revocation', device: stolen, key: spki, cut })
    const invited = room.invite('bob', 'cas', [joined])
    const removed = room.remove('ann', 'bob', [revoked, invited])
    const back = room.add('ann', 'bob', [removed])
    const folded = room.fold()
    assert.deepEqual(folded.limitOf(userNamed('bob'), stolen, [back]), { why: 'revoked', cuts: [cut] })
    assert.equal(folded.limitOf(userNamed('bob'), deviceNamed('bob'), [back]), undefined)
    assert.equal(folded.verdict(invited).counts, true)
  })

  it('lets whoever is out know nothing that came later', () => {
    const room = new Script('ann')
    const joined = room.add('ann', 'bob', [room.founding])
    const removed = room.remove('ann', 'bob', [joined])
    const renamed = room.rename('ann', 'Secret plans', [removed])
    const known = room.fold().knownTo(userNamed('bob'))
    assert.equal(known?.has(removed), true)
    assert.equal(known?.has(renamed), false)
    assert.equal(room.fold().knownTo(userNamed('ann')), undefined)
    assert.equal(room.fold().knownTo(userNamed('eve'))?.size, 0)
  })
})
