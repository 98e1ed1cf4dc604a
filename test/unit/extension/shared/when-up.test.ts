import assert from 'node:assert/strict'
import { ParleyError } from '@parley/daemon/client'
import { askWhenUp, whenUp } from '../../../../extension/src/shared/when-up.ts'
import { FrontHub } from '../../../support/front-hub.ts'
import { turns } from '../../../support/surface-page.ts'

const params = { conversation: 'bob', muted: true }

describe('what the hub is asked as soon as it is up', () => {
  it('waits for it', async () => {
    const hub = new FrontHub({ setMuted: () => ({}) })
    hub.state = { is: 'connecting', again: false }
    const asked = askWhenUp(hub, 'setMuted', params)
    hub.become({ is: 'connecting', again: false, why: 'still' })
    await turns()
    assert.equal(hub.asked.length, 0)
    hub.become({ is: 'up' })
    assert.deepEqual(await asked, {})
  })

  it('is asked again when the hub went away, once it is back', async () => {
    const hub = new FrontHub({ setMuted: gone })
    const asked = askWhenUp(hub, 'setMuted', params)
    await turns()
    // The request has failed before the hub is known to be away: it is not asked over and over.
    assert.equal(hub.asked.length, 1)
    hub.become({ is: 'connecting', again: true })
    hub.answers.setMuted = () => ({})
    hub.become({ is: 'up' })
    assert.deepEqual(await asked, {})
    assert.equal(hub.asked.length, 2)
  })

  it('fails when the hub refuses, or is given up', async () => {
    const hub = new FrontHub()
    await assert.rejects(askWhenUp(hub, 'setMuted', params), { code: 'unsupported' })
    hub.state = { is: 'connecting', again: false }
    const asked = askWhenUp(hub, 'setMuted', params)
    hub.become({ is: 'failed', code: 'home', why: 'The disk is full.' })
    await assert.rejects(asked, { code: 'not-running', message: 'The disk is full.' })
  })

  it('is given up with whoever asks', async () => {
    const hub = new FrontHub()
    hub.state = { is: 'connecting', again: false }
    const asker = new AbortController()
    const asked = whenUp(hub, asker.signal)
    asker.abort()
    await assert.rejects(asked, { code: 'closed' })
    await assert.rejects(whenUp(hub, asker.signal), { code: 'closed' })
  })
})

function gone(): never {
  throw new ParleyError('closed', 'The background service has gone.')
}
