import assert from 'node:assert/strict'
import { rowsOf } from '../../../../extension/src/devices/rows.ts'
import { device } from '../../../support/front-hub.ts'

const now = new Date('2026-05-20T12:00').getTime()
const at = (day: string) => new Date(`${day}T09:00`).getTime()
const rows = (...of: ReturnType<typeof device>[]) =>
  rowsOf(of, { now, locale: 'en-GB' }).map(({ name, is, words }) => `${name} (${is}): ${words}`)

describe('the list of one’s own devices', () => {
  it('has those that wait first, then this one, then the others by when they were there', () => {
    assert.deepEqual(
      rows(
        device('old', { seen: at('2026-01-03'), added: at('2025-12-01') }),
        device('desk', { isThis: true, added: at('2026-02-01') }),
        device('today', { seen: at('2026-05-20') }),
        device('lap', { isOnline: true, seen: now }),
        device('new', { isPending: true, address: '192.0.2.7' }),
      ),
      [
        'new (pending): waits to be approved, from 192.0.2.7',
        'desk (this): this device · added 1 Feb 2026',
        'lap (other): online',
        'today (other): seen today',
        'old (other): seen 3 Jan 2026 · added 1 Dec 2025',
      ],
    )
  })

  it('is harmless, whatever a device calls itself', () => {
    assert.deepEqual(rows(device('\u202e\n\u001b[31m')), ['Unnamed device (other): '])
  })
})
