import assert from 'node:assert/strict'
import { AttentionTeller, type Shown } from '../../../../extension/src/chat/attention.ts'
import { FrontHub } from '../../../support/front-hub.ts'

describe('what a window tells of its attention', () => {
  it('is whether it is focused, and the chats in sight, each once', () => {
    const { hub, teller } = given()
    teller.tell(true, [shown('b', true), shown('a', true), shown('c', false), shown('a', true)])
    assert.deepEqual(hub.attention, [{ isFocused: true, visible: ['a', 'b'] }])
  })

  it('is told when it changes', () => {
    const { hub, teller } = given()
    teller.tell(false, [shown('a', false)])
    teller.tell(false, [])
    teller.tell(true, [])
    assert.deepEqual(hub.attention, [
      { isFocused: false, visible: [] },
      { isFocused: true, visible: [] },
    ])
  })

  it('has only that read which is in sight of a focused window', () => {
    const { teller } = given()
    const all = [shown('a', true), shown('b', false)]
    teller.tell(true, all)
    teller.tell(false, all)
    assert.deepEqual(
      all.map(({ told }) => told),
      [
        [true, false],
        [false, false],
      ],
    )
  })
})

function given() {
  const hub = new FrontHub()
  return { hub, teller: new AttentionTeller(hub) }
}

function shown(conversation: string, isVisible: boolean): Shown & { readonly told: boolean[] } {
  const told: boolean[] = []
  return { conversation, isVisible, told, setInSight: isInSight => void told.push(isInSight) }
}
