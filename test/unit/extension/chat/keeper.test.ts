import assert from 'node:assert/strict'
import { ParleyError } from '@parley/daemon/client'
import { Keeper } from '../../../../extension/src/chat/keeper.ts'
import { conversation, FrontHub } from '../../../support/front-hub.ts'
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

  it('is handed over at once, whatever is under way, and given to a hub that is back', async () => {
    const { hub, keeper, saved } = given()
    const slow = Promise.withResolvers<Record<string, never>>()
    hub.answers.saveChat = () => slow.promise
    const saving = keeper.save('bob', { draft: 'a', scroll: null })
    keeper.hand('bob', { draft: 'ab' })
    keeper.hand('bob', { draft: 'abc' })
    await turns()
    assert.deepEqual(
      saved().map(each => (each as { draft: string }).draft),
      ['ab', 'abc', 'a'],
    )
    assert.deepEqual(keeper.unsaved('bob'), { draft: 'abc', scroll: null })
    slow.resolve({})
    await saving
    assert.deepEqual(saved().at(-1), { conversation: 'bob', draft: 'abc', scroll: null })
    assert.equal(keeper.unsaved('bob'), undefined)
    hub.answers.saveChat = () => ({})
    hub.become({ is: 'connecting', again: true })
    keeper.hand('bob', { draft: 'abcd' })
    hub.become({ is: 'up' })
    await turns()
    assert.deepEqual(saved().at(-1), { conversation: 'bob', draft: 'abcd' })
    assert.equal(keeper.unsaved('bob'), undefined)
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
    const { hub, keeper, savedOf } = given('half a')
    await keeper.add('bob', 'one')
    assert.deepEqual(savedOf('bob').at(-1), { conversation: 'bob', draft: 'half a\none' })
    hub.become({ is: 'connecting', again: true })
    keeper.hand('carol', { draft: 'written just now' })
    const adding = keeper.add('carol', 'two')
    hub.become({ is: 'up' })
    await adding
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
  return { hub, keeper: new Keeper(hub), saved, savedOf }
}
