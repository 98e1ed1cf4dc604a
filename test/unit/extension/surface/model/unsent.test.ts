import assert from 'node:assert/strict'
import { fromKept, readKept, sending, toKeep, type Unsent } from '../../../../../extension/surface/model/unsent.ts'

describe('what a surface has not sent', () => {
  const waits: Unsent = { message: 'm1', text: 'one', written: 1, standing: sending }
  const failed: Unsent = {
    message: 'm2',
    text: 'two',
    written: 2,
    standing: { is: 'failed', why: 'The disk is full.' },
  }

  it('comes back from a reload as it stood: sent again, unless it was refused', () => {
    const kept: unknown = JSON.parse(JSON.stringify(toKeep([waits, failed], 'with-bob')))
    assert.deepEqual(readKept(kept).map(fromKept), [waits, failed])
  })

  it('is left out where it is no message', () => {
    const [good] = toKeep([waits], 'with-bob')
    assert.deepEqual(readKept([good, null, 7, { ...good, text: 5 }, { ...good, refused: 5 }]), [good])
    assert.deepEqual(readKept('nonsense'), [])
  })
})
