import assert from 'node:assert/strict'
import { shownWords } from '../../../../daemon/src/cli/show.ts'

describe('parley show', () => {
  it('says what is set, and what others make of it when that is something else', () => {
    const words = (availability: 'available' | 'busy' | 'invisible', status: 'online' | 'away' | 'busy' | 'offline') =>
      shownWords({ availability, state: 'online', status })
    assert.equal(words('busy', 'busy'), 'You are set to busy, and others see you as busy.')
    assert.equal(words('invisible', 'offline'), 'You are set to invisible, and others see you as offline.')
    assert.match(words('available', 'away'), /^You are set to available: others see you as away while no editor/)
    assert.match(
      words('busy', 'away'),
      /^You are set to busy on this device\. Others see you as away until .*another of your/,
    )
    const offline = shownWords({ availability: 'busy', state: 'unreachable', status: 'offline' })
    assert.equal(offline, 'You are set to busy: others see it once your team is reached.')
  })
})
