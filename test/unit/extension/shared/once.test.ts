import assert from 'node:assert/strict'
import { Emitter } from '../../../../extension/src/event.ts'
import { limits } from '../../../../extension/src/limits.ts'
import { TellOnce } from '../../../../extension/src/shared/once.ts'

const things = (...ids: string[]) => ids.map(id => ({ id }))

/** Windows that share what VS Code keeps. */
function windows() {
  const kept = new Map<string, unknown>()
  const memory = {
    get: (key: string) => kept.get(key),
    update: async (key: string, value: unknown) => void kept.set(key, value),
  }
  return {
    kept,
    open(isFocused: boolean) {
      const told: string[] = []
      const focus = new Emitter<void>()
      const state = { isFocused }
      const window = { isFocused: () => state.isFocused, onFocus: focus.event }
      const once = new TellOnce('told', { memory, window, tell: ({ id }) => told.push(id) })
      return {
        once,
        told,
        focus() {
          state.isFocused = true
          focus.fire()
        },
      }
    },
  }
}

describe('what a person is told of once', () => {
  it('is told in the window that they look at, and in no other one later', () => {
    const all = windows()
    const [one, other] = [all.open(true), all.open(false)]
    for (const { once } of [one, other]) once.show(things('a'))
    other.focus()
    one.once.show(things('a', 'b'))
    assert.deepEqual([one.told, other.told], [['a', 'b'], []])
  })

  it('waits for them while they look elsewhere', () => {
    const window = windows().open(false)
    window.once.show(things('a'))
    assert.deepEqual(window.told, [])
    window.focus()
    assert.deepEqual(window.told, ['a'])
  })

  it('is not told any more once it is over', () => {
    const window = windows().open(false)
    window.once.show(things('a'))
    window.once.show([])
    window.focus()
    assert.deepEqual(window.told, [])
  })

  it('is kept within bounds, whatever was kept before', () => {
    const all = windows()
    all.kept.set('told', 'nonsense')
    const window = all.open(true)
    window.once.show(things(...Array.from({ length: limits.toldOnce + 50 }, (_, n) => `n${n}`)))
    assert.equal((all.kept.get('told') as unknown[]).length, limits.toldOnce)
  })
})
