import assert from 'node:assert/strict'
import { OpenChats, type OpenTabs } from '../../../../extension/src/chat/open-chats.ts'
import { Emitter } from '../../../../extension/src/event.ts'
import { FrontHub } from '../../../support/front-hub.ts'
import { turns } from '../../../support/surface-page.ts'

describe('the chats that are open in a workspace', () => {
  it('are opened again when VS Code has lost them', async () => {
    const { open, tabs } = given(['a', 'b'])
    await open.start(true)
    assert.deepEqual(tabs.live, ['a', 'b'])
  })

  it('are left alone when VS Code has restored its tabs, shown or not', async () => {
    const { open, tabs } = given(['a', 'b'])
    tabs.count = 1
    await open.start(true)
    assert.deepEqual(tabs.live, [])
  })

  it('are left alone when the person wants no tabs of before', async () => {
    const { open, tabs, saved } = given(['a', 'b'])
    await open.start(false)
    assert.deepEqual(tabs.live, [])
    assert.deepEqual(saved(), [[]])
  })

  it('are kept as they are opened and closed, each time once', async () => {
    const { open, tabs, saved } = given([])
    await open.start(true)
    tabs.set(['a'], 1)
    tabs.set(['a', 'b'], 2)
    tabs.set(['a', 'b'], 2)
    tabs.set(['b'], 1)
    await turns()
    assert.deepEqual(saved(), [['a'], ['a', 'b'], ['b']])
  })

  it('include those whose tab has not been shown yet', async () => {
    const { open, tabs, saved } = given(['a', 'b', 'c'])
    tabs.set(['a'], 3)
    await open.start(true)
    tabs.set(['a', 'c'], 3)
    tabs.set(['c'], 2)
    tabs.set(['c'], 1)
    await turns()
    assert.deepEqual(saved(), [['a', 'c', 'b'], ['c', 'b'], ['c']])
  })

  it('are opened again when a tab comes back without saying whose it is, as long as there is one that it can be', async () => {
    const { open, tabs } = given(['a', 'b'])
    tabs.set([], 2)
    await open.start(true)
    open.lost()
    assert.deepEqual(tabs.live, [])
    tabs.set(['a'], 2)
    open.lost()
    assert.deepEqual(tabs.live, ['a', 'b'])
  })

  it('are read when the hub has started', async () => {
    const { open, tabs, hub } = given(['a'])
    hub.state = { is: 'connecting', again: false }
    const started = open.start(true)
    await turns()
    hub.become({ is: 'up' })
    await started
    assert.deepEqual(tabs.live, ['a'])
  })

  it('are kept again when that failed', async () => {
    const { open, tabs, hub, saved } = given([])
    const { saveOpenChats } = hub.answers
    await open.start(true)
    hub.answers = { openChats: () => ({ conversations: [] }) }
    tabs.set(['a'], 1)
    await turns()
    if (saveOpenChats) hub.answers = { saveOpenChats }
    tabs.set(['a'], 1)
    await turns()
    assert.deepEqual(saved(), [['a'], ['a']])
  })

  it('are of no interest once the window goes', async () => {
    const { open, tabs, saved } = given(['a'])
    await open.start(true)
    open.dispose()
    tabs.set([], 0)
    await turns()
    assert.deepEqual(saved(), [])
  })
})

/** A window whose workspace had these chats open. */
function given(kept: readonly string[]) {
  const hub = new FrontHub({ openChats: () => ({ conversations: kept }), saveOpenChats: () => ({}) })
  const change = new Emitter<void>()
  const tabs: OpenTabs & { live: readonly string[]; count: number; set(live: readonly string[], count: number): void } =
    {
      live: [],
      count: 0,
      onChange: change.event,
      reopen(conversations: readonly string[]) {
        this.set([...this.live, ...conversations], conversations.length)
      },
      set(live: readonly string[], count: number) {
        this.live = live
        this.count = count
        change.fire()
      },
    }
  const saved = () => hub.asked.flatMap(({ method, params }) => (method === 'saveOpenChats' ? [savedIn(params)] : []))
  return { hub, tabs, saved, open: new OpenChats({ hub, place: 'w1', tabs }) }
}

function savedIn(params: unknown): unknown {
  assert.ok(typeof params === 'object' && params && 'conversations' in params && 'place' in params)
  assert.equal(params.place, 'w1')
  return params.conversations
}
