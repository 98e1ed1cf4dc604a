import assert from 'node:assert/strict'
import fc from 'fast-check'
import { nextStep } from '../../../../../extension/surface/model/steps.ts'

describe('the steps of the list', () => {
  const items = (keys: string) => [...keys].map(key => ({ key }))
  const text = (rows: readonly { key: string }[]) => rows.map(({ key }) => key).join('')

  it('shifts for what is put above what is read', () => {
    const step = nextStep(items('cde'), items('abcde'), 'd')
    assert.deepEqual([text(step.items), step.shift, step.isLast], ['abcde', true, true])
  })

  it('does not shift for what is put below', () => {
    const step = nextStep(items('cde'), items('cdefg'), 'd')
    assert.deepEqual([text(step.items), step.shift, step.isLast], ['cdefg', false, true])
  })

  it('takes two steps for a change on both sides', () => {
    const first = nextStep(items('defgh'), items('abcdef'), 'e')
    assert.deepEqual([text(first.items), first.shift, first.isLast], ['abcdefgh', true, false])
    const second = nextStep(first.items, items('abcdef'), 'e')
    assert.deepEqual([text(second.items), second.shift, second.isLast], ['abcdef', false, true])
  })

  it('just shows what is wanted when what was read is gone', () => {
    const step = nextStep(items('abc'), items('xyz'), 'b')
    assert.deepEqual([text(step.items), step.shift, step.isLast], ['xyz', false, true])
  })

  it('reaches what is wanted in two steps, each with as many items above or below as before', () => {
    const keys = fc.uniqueArray(fc.constantFrom(...'abcdefghijklmnop'), { minLength: 1 })
    fc.assert(
      fc.property(keys, keys, fc.nat(), (from, to, at) => {
        const anchor = from[at % from.length]
        const side = (rows: readonly { key: string }[]) => {
          const index = rows.findIndex(({ key }) => key === anchor)
          return { above: index, below: rows.length - index }
        }
        let shown: readonly { key: string }[] = from.map(key => ({ key }))
        const wanted = to.map(key => ({ key }))
        for (let steps = 0; steps < 2; steps++) {
          const step = nextStep(shown, wanted, anchor)
          if (to.includes(anchor ?? '')) {
            const [before, after] = [side(shown), side(step.items)]
            if (step.shift) assert.equal(after.below, before.below)
            else assert.equal(after.above, before.above)
          }
          shown = step.items
          if (step.isLast) break
        }
        assert.deepEqual(shown, wanted)
      }),
    )
  })
})
