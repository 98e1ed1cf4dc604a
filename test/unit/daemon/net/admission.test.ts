import assert from 'node:assert/strict'
import { mock } from 'node:test'
import { Admission } from '../../../../daemon/src/net/admission.ts'

describe('admission', () => {
  const items = (source: string, count: number) =>
    Array.from({ length: count }, (_, n) => ({ source, name: `${source}${n}` }))
  const names = (started: readonly { name: string }[]) => started.map(({ name }) => name).join(' ')

  it('lets so many in, and the next when one leaves, first come first served', () => {
    const started: { source: string; name: string }[] = []
    const admission = new Admission<(typeof started)[0]>(2, 1000, item => started.push(item))
    const all = items('a', 4)
    for (const item of all) admission.enter(item)
    assert.equal(names(started), 'a0 a1')
    for (const item of all.slice(0, 2)) admission.leave(item)
    assert.equal(names(started), 'a0 a1 a2 a3')
    admission.clear()
  })

  it('takes from each source in turn, so that one is only in its own way', () => {
    const started: { source: string; name: string }[] = []
    const admission = new Admission<(typeof started)[0]>(1, 1000, item => {
      started.push(item)
    })
    for (const item of [...items('a', 5), ...items('b', 2), ...items('c', 1)]) admission.enter(item)
    while (started.length < 8) admission.leave(started.at(-1) ?? { source: '', name: '' })
    assert.equal(names(started), 'a0 a1 b0 c0 a2 b1 a3 a4')
    admission.clear()
  })

  it('forgets who leaves while it waits', () => {
    const started: { source: string; name: string }[] = []
    const admission = new Admission<(typeof started)[0]>(1, 1000, item => started.push(item))
    const [first, second, third] = items('a', 3)
    assert.ok(first && second && third)
    for (const item of [first, second, third]) admission.enter(item)
    admission.leave(second)
    admission.leave(first)
    assert.equal(names(started), 'a0 a2')
    admission.clear()
  })

  it('does not count who takes too long', () => {
    mock.timers.enable({ apis: ['setTimeout'] })
    try {
      let now = 0
      mock.method(performance, 'now', () => now)
      const started: { source: string; name: string }[] = []
      const admission = new Admission<(typeof started)[0]>(1, 1000, item => started.push(item))
      for (const item of items('a', 2)) admission.enter(item)
      assert.equal(names(started), 'a0')
      now = 1001
      mock.timers.tick(1001)
      assert.equal(names(started), 'a0 a1')
      admission.clear()
    } finally {
      mock.timers.reset()
      mock.restoreAll()
    }
  })
})
