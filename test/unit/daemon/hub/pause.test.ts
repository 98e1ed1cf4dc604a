import assert from 'node:assert/strict'
import { Pause } from '../../../../daemon/src/hub/pause.ts'
import { within } from '../../../support/links.ts'

describe('hub: pause', () => {
  const { signal } = new AbortController()

  it('ends by itself, at a wake, and when aborted', async () => {
    const pause = new Pause()
    await within('the time', pause.sleep(1, signal))
    const waiting = pause.sleep(undefined, signal)
    pause.wake()
    await within('the wake', waiting)
    pause.reset()
    const stop = new AbortController()
    const stopped = pause.sleep(undefined, stop.signal)
    stop.abort()
    await within('the abort', stopped)
  })

  it('does not sleep over a wake that came before it, and forgets it at the next attempt', async () => {
    const pause = new Pause()
    pause.wake()
    await within('the wake before', pause.sleep(undefined, signal))
    pause.reset()
    let isOver = false
    const sleeping = pause.sleep(undefined, signal).then(() => {
      isOver = true
    })
    await new Promise(setImmediate)
    assert.equal(isOver, false)
    pause.wake()
    await sleeping
  })
})
