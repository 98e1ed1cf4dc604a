import assert from 'node:assert/strict'
import { ParleyError } from '@parley/daemon/client'
import { Keeper } from '../../../../extension/src/chat/keeper.ts'
import { limits } from '../../../../extension/src/limits.ts'
import { conversation, FrontHub } from '../../../support/front-hub.ts'
import { TestClock } from '../../../support/hub-client.ts'
import { turns } from '../../../support/surface-page.ts'

describe('what the hub is to keep of a chat', () => {
  it('is the latest, one request at a time', async () => {
    const { hub, keeper, saved } = given()
    const first = Promise.withResolvers<Record<string, never>>()
    hub.answers.saveChat = () => first.promise
    const all = Promise.all(['a', 'b', 'c'].map(draft => keeper.save('bob', { draft })))
    await turns()
    assert.deepEqual(saved(), [{ conversation: 'bob', draft: 'a' }])
    hub.answers.saveChat = () => ({})
    first.resolve({})
    await all
    assert.deepEqual(saved().slice(1), [{ conversation: 'bob', draft: 'c' }])
    assert.equal(keeper.unsaved('bob'), undefined)
  })

  it('is draft and place together, of each chat by itself', async () => {
    const { hub, keeper, savedOf } = given()
    hub.become({ is: 'connecting', again: true })
    const all = [
      keeper.save('bob', { draft: 'a' }),
      keeper.save('bob', { scroll: null }),
      keeper.save('carol', { draft: 'b' }),
    ]
    await turns()
    assert.deepEqual(keeper.unsaved('bob'), { draft: 'a', scroll: null })
    hub.become({ is: 'up' })
    await Promise.all(all)
    assert.deepEqual(savedOf('bob').at(-1), { conversation: 'bob', draft: 'a', scroll: null })
    assert.deepEqual(savedOf('carol'), [{ conversation: 'carol', draft: 'b' }])
  })

  it('is saved when it is flushed, with what is saved next, or soon by itself', async () => {
    const { keeper, saved, clock } = given()
    keeper.hold('bob', { draft: 'a' })
    await turns()
    assert.deepEqual([saved(), keeper.unsaved('bob')], [[], { draft: 'a' }])
    keeper.flush('bob')
    keeper.flush('carol')
    await turns()
    assert.deepEqual([saved(), keeper.unsaved('bob')], [[{ conversation: 'bob', draft: 'a' }], undefined])
    keeper.hold('bob', { draft: 'b' })
    await keeper.save('bob', { scroll: null })
    assert.deepEqual(saved().at(-1), { conversation: 'bob', draft: 'b', scroll: null })
    keeper.hold('bob', { draft: 'c' })
    keeper.hold('bob', { draft: 'cd' })
    await clock.pass(limits.heldDraft)
    assert.deepEqual(saved().slice(2), [{ conversation: 'bob', draft: 'cd' }])
  })

  it('waits for a hub that was given up, which is told so meanwhile', async () => {
    const { hub, keeper, saved } = given()
    hub.become({ is: 'failed', code: 'home', why: 'The disk is full.' })
    await assert.rejects(keeper.save('bob', { draft: 'a' }), { code: 'not-running', message: 'The disk is full.' })
    assert.deepEqual(keeper.unsaved('bob'), { draft: 'a' })
    hub.become({ is: 'up' })
    await turns()
    assert.deepEqual(saved(), [{ conversation: 'bob', draft: 'a' }])
    assert.equal(keeper.unsaved('bob'), undefined)
  })

  it('is not offered again when the hub refuses it', async () => {
    const { hub, keeper, saved } = given()
    hub.answers.saveChat = () => {
      throw new ParleyError('bad-message', 'Shorten it.')
    }
    await assert.rejects(keeper.save('bob', { draft: 'long' }), { code: 'bad-message' })
    hub.become({ is: 'up' })
    await turns()
    assert.equal(saved().length, 1)
  })

  it('is what came meanwhile when the hub has refused what was before', async () => {
    const { hub, keeper, saved } = given()
    const refused = Promise.withResolvers<Record<string, never>>()
    hub.answers.saveChat = () => refused.promise
    const all = [keeper.save('bob', { draft: 'long' }), keeper.save('bob', { draft: 'short' })]
    await turns()
    hub.answers.saveChat = () => ({})
    refused.reject(new ParleyError('bad-message', 'Shorten it.'))
    await Promise.all(all)
    assert.deepEqual(saved().at(-1), { conversation: 'bob', draft: 'short' })
  })
})

describe('what is added to what is being written', () => {
  it('stands on a line of its own behind it, also behind what the hub has not got yet', async () => {
    const { keeper, savedOf } = given('half a')
    await keeper.add('bob', 'one')
    assert.deepEqual(savedOf('bob').at(-1), { conversation: 'bob', draft: 'half a\none' })
    keeper.hold('carol', { draft: 'written just now' })
    await keeper.add('carol', 'two')
    assert.deepEqual(savedOf('carol').at(-1), { conversation: 'carol', draft: 'written just now\ntwo' })
    assert.equal(keeper.unsaved('carol'), undefined)
  })

  it('is told to the surfaces of this window', async () => {
    const { keeper } = given('')
    const told: string[] = []
    keeper.onDraft(({ draft }) => told.push(draft))
    await keeper.add('bob', 'one')
    assert.deepEqual(told, ['one'])
  })

  it('waits for a hub that is away, also for one that was given up', async () => {
    const { hub, keeper, savedOf } = given('')
    hub.become({ is: 'failed', code: 'home', why: 'The disk is full.' })
    await assert.rejects(keeper.add('bob', 'one'), { code: 'not-running' })
    await assert.rejects(keeper.add('bob', 'two'), { code: 'not-running' })
    hub.become({ is: 'up' })
    await turns()
    assert.deepEqual(savedOf('bob'), [{ conversation: 'bob', draft: 'one\ntwo' }])
    hub.become({ is: 'up' })
    await turns()
    assert.equal(savedOf('bob').length, 1)
  })
})

function given(kept = '') {
  const hub: FrontHub = new FrontHub({
    saveChat: () => ({}),
    openChat: ({ with: who }) => ({ conversation: conversation(who), draft: kept }),
  })
  const saved = () => hub.askedOf('saveChat')
  const savedOf = (chat: string) => saved().filter(each => JSON.stringify(each).includes(`"${chat}"`))
  const clock = new TestClock()
  return { hub, clock, keeper: new Keeper(hub, clock), saved, savedOf }
}
