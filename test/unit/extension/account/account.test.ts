import assert from 'node:assert/strict'
import { ParleyError } from '../../../../daemon/src/errors.ts'
import { classicLimits } from '../../../../daemon/src/limits/classic.ts'
import { askClassic } from '../../../../extension/src/account/classic-steps.ts'
import { inviteRows } from '../../../../extension/src/account/invite-rows.ts'
import { askNewPassword } from '../../../../extension/src/account/password-steps.ts'
import { limits } from '../../../../extension/src/limits.ts'
import { type Answers, FrontHub } from '../../../support/front-hub.ts'
import { type Act, ScriptedPerson } from '../../../support/prompts.ts'

const old = 'correct horse battery'
const fresh = 'staple correct horse'

describe('changing the password', () => {
  const change = async (acts: readonly Act[], answers: Answers) => {
    const prompter = new ScriptedPerson(acts)
    const hub = new FrontHub(answers)
    const isDone = await askNewPassword({ hub, prompter, name: 'alice' })
    prompter.done()
    return { isDone, seen: prompter.seen, asked: hub.askedOf('changePassword') }
  }

  it('asks for the old one, and twice for the new one', async () => {
    const { isDone, asked, seen } = await change([{ type: old }, { type: fresh }, { type: fresh }], {
      changePassword: () => ({}),
    })
    assert.equal(isDone, true)
    assert.deepEqual(asked, [{ password: old, newPassword: fresh }])
    assert.ok(seen.includes('3/3 The same password again'))
  })

  it('takes no weak one, no mistyped one and not the one that one has', async () => {
    const { isDone, seen, asked } = await change(
      [{ type: old }, { type: 'abc' }, { type: old }, { type: fresh }, { type: 'other' }, 'cancel'],
      {},
    )
    assert.equal(isDone, false)
    assert.deepEqual(asked, [])
    assert.match(seen.join('\n'), /at least 6 characters/)
    assert.match(seen.join('\n'), /the password that you have/)
    assert.match(seen.join('\n'), /not the same password/)
  })

  it('says where the old one is wrong', async () => {
    const { seen } = await change([{ type: 'wrong one' }, { type: fresh }, { type: fresh }, 'cancel'], {
      changePassword: () => {
        throw new ParleyError('wrong-credentials', 'Name or password is wrong.')
      },
    })
    assert.equal(seen.at(-1), '! This is not the password of alice. Try again.')
  })
})

describe('a classic password', () => {
  const set = async (acts: readonly Act[], name = 'alice') => {
    const prompter = new ScriptedPerson(acts)
    const hub = new FrontHub({ setClassic: () => ({}) })
    const done = await askClassic({ hub, prompter, name })
    prompter.done()
    return { done, asked: hub.askedOf('setClassic'), seen: prompter.seen }
  }

  it('is set for one’s own name, or for a shorter one', async () => {
    const own = await set([{ choose: 'Set' }, 'accept', { type: fresh }])
    assert.deepEqual([own.done, own.asked], ['set', [{ password: fresh }]])
    const other = await set([{ choose: 'Set' }, { type: 'far.too.long' }, { type: 'ali' }, { type: fresh }])
    assert.deepEqual(other.asked, [{ alias: 'ali', password: fresh }])
    assert.ok(other.seen.includes('! A name there has 3 to 10 bytes and no spaces.'))
  })

  it('begins with no name where one’s own does not fit', async () => {
    const { seen } = await set([{ choose: 'Set' }, 'cancel'], 'alexandra.long')
    assert.doesNotMatch(seen.join(), /alexandra/)
  })

  it('is removed', async () => {
    const { done, asked } = await set([{ choose: 'Remove' }])
    assert.deepEqual([done, asked], ['removed', [{}]])
  })

  it('has names of the length that the original has', () => {
    assert.equal(limits.aliasShortest, classicLimits.classicNameShortest)
    assert.equal(limits.aliasLongest, classicLimits.classicNameLongest)
  })
})

describe('the list of invites', () => {
  const day = 24 * 3600_000
  const now = new Date('2026-05-20T12:00').getTime()
  const invite = { id: 'i1', uses: 5, used: 1, expires: now + 7 * day, created: now - day }

  it('says for whom each is, how far it is used, how long it lasts and who made it', () => {
    const [one, two, three] = inviteRows(
      [
        invite,
        { ...invite, id: 'i2', forName: 'zoe', uses: 1, used: 0, created: now, by: 'bob' },
        { ...invite, id: 'i3', uses: 1, used: 1, created: now + 1 },
      ],
      { now, locale: 'en-GB' },
    )
    assert.deepEqual([one?.id, two?.id, three?.id], ['i2', 'i1', 'i3'])
    assert.equal(one?.label, 'For zoe')
    assert.match(one?.words ?? '', /^0 of 1 used · until 27 May 2026, 12:00 · made 20 May 2026 by bob$/)
    assert.equal(two?.label, 'For up to 5 people')
    assert.match(three?.words ?? '', /^used up/)
  })

  it('says which have run out', () => {
    const [row] = inviteRows([{ ...invite, expires: now - 1 }], { now, locale: 'en-GB' })
    assert.match(row?.words ?? '', /expired/)
  })
})
