import assert from 'node:assert/strict'
import { limits as daemonLimits } from '../../../daemon/src/limits.ts'
import { limits } from '../../../extension/src/limits.ts'
import { limits as surfaceLimits } from '../../../extension/surface/limits.ts'

describe('the limits of the extension', () => {
  it('are those of the hub where they name its own', () => {
    assert.equal(limits.messageBytes, daemonLimits.text)
    assert.equal(limits.openTabs, daemonLimits.openChats)
    assert.ok(limits.surfacePage <= daemonLimits.historyPage)
  })

  it('let a page hear why it cannot be opened before it gives up', () => {
    assert.ok(limits.opening < surfaceLimits.requestTimeout)
  })

  it('take all that a page may ask for', () => {
    assert.ok(surfaceLimits.page <= limits.surfacePage)
    assert.ok(surfaceLimits.href <= limits.link)
    assert.ok(surfaceLimits.path <= limits.path)
    assert.ok(surfaceLimits.unsent <= limits.surfaceRequests)
    assert.ok(surfaceLimits.unsent <= limits.keptMessages)
  })
})
