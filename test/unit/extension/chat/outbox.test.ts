import assert from 'node:assert/strict'
import { ParleyError } from '@parley/daemon/client'
import { Outbox, type Outgoing } from '../../../../extension/src/chat/outbox.ts'
import { limits } from '../../../../extension/src/limits.ts'
import { account, conversation, FrontHub, message } from '../../../support/front-hub.ts'
import { fakeMemory } from '../../../support/memory.ts'
import { turns } from '../../../support/surface-page.ts'

describe('a message on its way to the hub', () => {
  it('leaves nothing behind once the hub has it', async () => {
    const { outbox, memory, sent } = given()
    const taken = await outbox.send(outgoing('m1'))
    assert.equal(taken.message, 'm1')
    assert.deepEqual(sent(), ['m1'])
    assert.deepEqual([outbox.unsent('with-bob'), memory.kept.size], [[], 0])
  })

  it('is one message, however often it is handed over meanwhile', async () => {
    const { hub, outbox, sent } = given()
    hub.become({ is: 'connecting', again: true })
    const twice = [outbox.send(outgoing('m1')), outbox.send(outgoing('m1'))]
    hub.become({ is: 'up' })
    await Promise.all(twice)
    assert.deepEqual(sent(), ['m1'])
  })

  it('is kept when the hub was given up, and sent by the next window that finds one', async () => {
    const { hub, outbox, memory } = given()
    hub.become({ is: 'failed', code: 'home', why: 'The disk is full.' })
    await assert.rejects(outbox.send(outgoing('m2', 2)), { code: 'not-running' })
    await assert.rejects(outbox.send(outgoing('m1', 1)), { code: 'not-running' })
    assert.deepEqual(
      outbox.unsent('with-bob').map(({ text }) => text),
      ['text of m1', 'text of m2'],
    )
    assert.deepEqual(outbox.unsent('with-carol'), [])
    const next = given(memory)
    await turns()
    assert.deepEqual(next.sent(), ['m1', 'm2'])
    assert.equal(memory.kept.size, 0)
  })

  it('is kept when the window goes while the hub is away', () => {
    const { hub, outbox, memory } = given()
    hub.answers.send = () => new Promise(() => {})
    void outbox.send(outgoing('m1'))
    assert.equal(memory.kept.size, 0)
    hub.become({ is: 'connecting', again: true })
    assert.equal(memory.kept.size, 1)
  })

  it('waits for who is signed out, and is sent when they are in again', async () => {
    const { hub, outbox, memory, sent } = given()
    const answer = hub.answers.send
    hub.answers.send = () => {
      throw new ParleyError('signed-out', 'You signed out.')
    }
    hub.setAccounts([account({ state: 'signed-out' })])
    await assert.rejects(outbox.send(outgoing('m1')), { code: 'signed-out' })
    await assert.rejects(outbox.send(outgoing('m2', 2)), { code: 'signed-out' })
    if (answer) hub.answers.send = answer
    hub.setAccounts([account({ state: 'connecting' })])
    await turns()
    assert.deepEqual(sent().slice(-2), ['m1', 'm2'])
    assert.equal(memory.kept.size, 0)
  })

  it('is kept when the hub refuses it, until the person drops it', async () => {
    const { hub, outbox, memory } = given()
    hub.answers.send = () => {
      throw new ParleyError('storage', 'The disk is full.')
    }
    await assert.rejects(outbox.send(outgoing('m1')), { code: 'storage' })
    assert.deepEqual(
      outbox.unsent('with-bob').map(({ refused }) => refused),
      ['The disk is full.'],
    )
    const next = given(memory)
    await turns()
    assert.deepEqual(next.sent(), [], 'what was refused goes out only when the person says so')
    outbox.drop('m1')
    assert.deepEqual([outbox.unsent('with-bob'), memory.kept.size], [[], 0])
  })

  it('is not sent any more once it is dropped while it waits', async () => {
    const { hub, outbox, memory, sent } = given()
    hub.become({ is: 'connecting', again: true })
    const waiting = assert.rejects(outbox.send(outgoing('m1')), { code: 'closed' })
    outbox.drop('m1')
    await waiting
    hub.become({ is: 'up' })
    await turns()
    assert.deepEqual([sent(), memory.kept.size], [[], 0])
  })

  it('does not go to somebody else of the same name', async () => {
    const memory = fakeMemory()
    memory.kept.set('unsent/m1', { ...outgoing('m1'), conversation: 'with-another-bob' })
    const { outbox, sent } = given(memory)
    await turns()
    assert.deepEqual(sent(), [])
    assert.equal(outbox.unsent('with-another-bob').length, 1)
  })

  it('is passed over when it is none, and is not kept without bound', async () => {
    const memory = fakeMemory()
    memory.kept.set('unsent/x', { message: 5 }).set('unsent/y', null).set('other', outgoing('m1'))
    const { hub, outbox, sent } = given(memory)
    await turns()
    assert.deepEqual(sent(), [])
    hub.become({ is: 'failed', code: 'home', why: 'The disk is full.' })
    for (let n = 0; n < limits.keptMessages + 5; n++) await outbox.send(outgoing(`m${n}`, n)).catch(() => {})
    assert.equal(memory.kept.size, limits.keptMessages)
  })
})

function outgoing(id: string, written = 0): Outgoing {
  return { conversation: 'with-bob', to: 'bob', message: id, text: `text of ${id}`, written }
}

function given(memory = fakeMemory()) {
  const hub = new FrontHub({
    send: ({ text, message: id }) => message('p1', { message: id, text, mine: true }),
    openChat: ({ with: who }) => {
      if (who !== 'with-bob' && who !== 'bob') throw new ParleyError('usage', 'With nobody known here.')
      return { conversation: conversation('bob'), draft: '' }
    },
  })
  const sent = () => hub.askedOf('send').map(each => (each as { message: string }).message)
  return { hub, memory, outbox: new Outbox(hub, memory), sent }
}
