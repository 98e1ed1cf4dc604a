import assert from 'node:assert/strict'
import type { HistoryProgress } from '../../../../daemon/src/protocol/control.ts'
import { showHistoryProgress } from '../../../../extension/src/history/progress.ts'
import { FrontHub } from '../../../support/front-hub.ts'

describe('the progress of an export or import', () => {
  const importing: HistoryProgress = { file: '/a', doing: 'importing', messages: 1200, bytes: 45, size: 100 }

  function open() {
    const hub = new FrontHub()
    const shown: { message: string; increment?: number }[] = []
    return { hub, shown, showing: showHistoryProgress(hub, '/a', { report: told => shown.push(told) }, 'en') }
  }

  it('is told in messages and the share of the file, over both times that it is read', () => {
    const { hub, shown } = open()
    hub.history({ ...importing, doing: 'checking', bytes: 100 })
    hub.history(importing)
    hub.history({ ...importing, messages: 2400, bytes: 100 })
    assert.deepEqual(shown, [
      { message: 'Checking the file: 100 %', increment: 50 },
      { message: 'Messages: 1,200, 45 % of the file', increment: 22.5 },
      { message: 'Messages: 2,400, 100 % of the file', increment: 27.5 },
    ])
  })

  it('is told in messages and bytes where nobody knows how much it becomes', () => {
    const { hub, shown } = open()
    hub.history({ file: '/a', doing: 'exporting', messages: 200, bytes: 340_000 })
    assert.deepEqual(shown, [{ message: 'Messages: 200, 340 KB' }])
  })

  it('is of the one file, and over when that is', () => {
    const { hub, shown, showing } = open()
    hub.history({ ...importing, file: '/b' })
    showing.dispose()
    hub.history(importing)
    assert.deepEqual(shown, [])
  })
})
