import assert from 'node:assert/strict'
import { emptyLog, extend } from '../../../../../../daemon/src/hub/conversations/device-log.ts'
import type { Place } from '../../../../../../daemon/src/hub/conversations/keys.ts'
import type { Cut } from '../../../../../../daemon/src/hub/conversations/members.ts'
import { recountsAt } from '../../../../../../daemon/src/hub/conversations/membership/recount.ts'
import { person } from '../../../../../support/conversations.ts'

const { device } = person('ann').account
const [first, last, beside] = [place(1, 1), place(2, 2), place(2, 3)]
const cut: Cut = { heads: [place(3, 4)] }
const members = { cutsOf: () => [cut] }

describe('what is judged again as an entry links', () => {
  it('is what stands beside the cut, where that was not known to be here when it was checked', () => {
    const forked = logOf([first, []], [last, [first]], [beside, [first]])
    const unsure = recountsAt(members, device, forked, { ...beside, heldCuts: new Set() })
    assert.deepEqual(
      unsure.map(({ behind }) => behind),
      [1n],
    )
    assert.deepEqual(recountsAt(members, device, forked, { ...beside, heldCuts: new Set([cut]) }), [])
  })

  it('is nothing of a single chain, whose numbers say what comes before the cut', () => {
    const chain = logOf([first, []], [last, [first]])
    assert.deepEqual(recountsAt(members, device, chain, { ...last, heldCuts: new Set() }), [])
  })
})

function logOf(...entries: readonly (readonly [Place, readonly Place[]])[]) {
  let log = emptyLog
  for (const [at, prev] of entries) {
    const head = { ...at, time: BigInt(at.seq), rights: [] }
    const next = extend(
      log,
      head,
      prev.map(({ hash }) => hash),
    )
    assert.ok(next)
    log = next
  }
  return log
}

function place(seq: number, fill: number): Place {
  return { seq, hash: new Uint8Array(32).fill(fill) }
}
