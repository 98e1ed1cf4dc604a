import assert from 'node:assert/strict'
import { create } from '@bufbuild/protobuf'
import { Typing } from '../../../../daemon/src/hub/typing.ts'
import { conversationId, fromText, type UserId, userId } from '../../../../daemon/src/protocol/ids.ts'
import { type Typing as TypingFrame, TypingSchema } from '../../../../daemon/src/protocol/parley_pb.ts'
import { until } from '../../../support/wait.ts'

const here = conversationId(new Uint8Array(32).fill(1))
const elsewhere = conversationId(new Uint8Array(32).fill(2))
const [bob, eve] = [userId(new Uint8Array(16).fill(3)), userId(new Uint8Array(16).fill(4))]

function typing(options: { every?: number; life?: number } = {}) {
  const sent: [UserId, boolean][] = []
  let changes = 0
  const board = new Typing({
    others: conversation => (conversation === here ? [bob] : []),
    send: (user, { value }: { value: TypingFrame }) => void sent.push([user, value.stopped]),
    changed: () => void changes++,
    ...options,
  })
  const hear = (user: UserId, stopped = false, conversation = here) => {
    board.heard(user, create(TypingSchema, { conversation: fromText(conversation), stopped }))
  }
  return { board, sent, hear, changes: () => changes }
}

describe('typing', () => {
  it('is told now and then, however often it is said', () => {
    const { board, sent } = typing()
    for (let key = 0; key < 100; key++) board.say(here)
    assert.deepEqual(sent, [[bob, false]])
    board.say(here, true)
    board.say(here, true)
    assert.deepEqual(sent, [
      [bob, false],
      [bob, true],
    ])
    board.say(here)
    board.sent(here)
    board.say(here)
    assert.equal(sent.length, 4, 'whoever writes on after a message writes anew')
  })

  it('is told again while it goes on', async () => {
    const { board, sent } = typing({ every: 1 })
    await until('it was told thrice', () => {
      board.say(here)
      return sent.length === 3
    })
  })

  it('shows who writes until they stop, send, or are not heard of any more', async () => {
    const { board, hear, changes } = typing({ life: 20 })
    hear(bob)
    hear(bob)
    assert.deepEqual([board.in(here), changes()], [[bob], 1])
    hear(bob, true)
    assert.deepEqual([board.in(here), changes()], [[], 2])
    hear(bob)
    board.ended(here, bob)
    assert.deepEqual(board.in(here), [])
    hear(bob)
    await until('it has ended', () => board.in(here).length === 0)
    board.close()
  })

  it('is nothing of those who are not there', () => {
    const { board, hear, changes } = typing()
    hear(eve)
    hear(bob, false, elsewhere)
    board.heard(bob, create(TypingSchema, { conversation: new Uint8Array(3) }))
    assert.deepEqual([board.in(here), changes()], [[], 0])
  })
})
