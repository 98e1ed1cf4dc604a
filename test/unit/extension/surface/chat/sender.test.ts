import assert from 'node:assert/strict'
import { type Host, Refusal } from '../../../../../extension/surface/bridge.ts'
import { Sender } from '../../../../../extension/surface/chat/sender.ts'
import { atFirst, Store } from '../../../../../extension/surface/chat/state.ts'
import { viewOf } from '../../../../support/surface/messages.ts'
import { turns } from '../../../../support/surface-page.ts'

describe('a message that was refused', () => {
  const cases = [
    ['signed-out', { is: 'waiting', until: 'signedIn' }],
    ['not-running', { is: 'waiting', until: 'hubIsUp' }],
    ['storage', { is: 'failed', why: 'No.' }],
  ] as const
  for (const [code, standing] of cases) {
    it(`stands as ${standing.is} after ${code}`, async () => {
      const store = new Store({ ...atFirst, view: viewOf() })
      const host: Host = {
        ask: () => Promise.reject(new Refusal(code, 'No.')),
        on() {},
        ready() {},
        kept: () => undefined,
        keep() {},
      }
      new Sender(host, store, () => {}).send('hello')
      await turns()
      assert.deepEqual(
        store.state.unsent.map(each => each.standing),
        [standing],
      )
    })
  }
})
