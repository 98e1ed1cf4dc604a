import assert from 'node:assert/strict'
import { startControl } from '../../../../daemon/src/control/server.ts'
import { ensureHome } from '../../../../daemon/src/locations.ts'
import { silentLog } from '../../../../daemon/src/log.ts'
import { type FakeHub, fakeHub } from '../../../support/fake-hub.ts'
import { temporaryFolder } from '../../../support/folder.ts'
import { cli } from '../../../support/terminal.ts'

describe('what is kept of chats, from a terminal', () => {
  let home: string
  let hub: FakeHub
  let asked: [string, object][]
  let release: () => Promise<void>

  beforeEach(async () => {
    const folder = await temporaryFolder()
    home = folder.path
    asked = []
    hub = fakeHub()
    const note = (name: string) => async (params: object) => {
      asked.push([name, params])
      return {}
    }
    const names = ['setMuted', 'setArchived', 'setPinned', 'markUnread', 'markRead', 'setReceipts']
    Object.assign(hub, { chats: { ...hub.chats, ...Object.fromEntries(names.map(name => [name, note(name)])) } })
    const { daemonFile } = ensureHome(home)
    const at = { home, daemonFile, roles: ['hub'] as const }
    const control = await startControl({ ...at, hub, log: silentLog, stop: () => {} })
    release = async () => {
      await control.close()
      await folder[Symbol.asyncDispose]()
    }
  })
  afterEach(() => release())

  const run = (...args: string[]) => cli([...args, '--home', home])

  it('is set by one word each', async () => {
    const conversation = 'with-bob'
    const words = {
      mute: ['setMuted', { conversation, muted: true }],
      unmute: ['setMuted', { conversation, muted: false }],
      archive: ['setArchived', { conversation, archived: true }],
      unarchive: ['setArchived', { conversation, archived: false }],
      pin: ['setPinned', { conversation, pinned: true }],
      unpin: ['setPinned', { conversation, pinned: false }],
      unread: ['markUnread', { conversation }],
    }
    for (const [word, request] of Object.entries(words)) {
      asked.length = 0
      const { code, err } = await run(word, 'bob')
      assert.equal(code, 0, err)
      assert.deepEqual(asked, [request])
    }
    assert.equal((await run('pin', 'bob')).out, 'bob is pinned.\n')
    assert.deepEqual(JSON.parse((await run('mute', 'bob', '--json')).out), { with: 'bob', muted: true })
  })

  it('reads to the last message, if there is one', async () => {
    const nothing = await run('read', 'bob')
    assert.equal(nothing.code, 2)
    assert.match(nothing.err, /no messages with bob/)
    hub.receive('bob', 'one')
    const { position } = hub.receive('bob', 'two')
    await run('read', 'bob')
    assert.deepEqual(asked, [['markRead', { conversation: 'with-bob', position }]])
  })

  it('tells who has a message, of one’s own only', async () => {
    const person = { user: 'u', name: 'carol', displayName: 'Carol', status: 'online', since: 0 }
    const members = [{ person, state: 'read' }]
    const reached = async (params: object) => {
      asked.push(['reached', params])
      return { members }
    }
    Object.assign(hub, { messages: { reached } })
    const message = 'k3fq'.padEnd(26, 'a')
    await hub.send({ to: 'bob', text: 'lunch?', message })
    assert.match((await run('reached', 'bob', 'k3fq')).out, /lunch\?\ncarol +has read it\n$/)
    assert.deepEqual(asked, [['reached', { conversation: 'with-bob', message }]])
    assert.deepEqual(JSON.parse((await run('reached', 'bob', 'k3fq', '--json')).out).members, members)
  })

  it('switches receipts', async () => {
    assert.equal((await run('receipts', 'off')).code, 0)
    assert.deepEqual(asked, [['setReceipts', { receipts: false }]])
    assert.equal((await run('receipts', 'maybe')).code, 2)
    assert.deepEqual(JSON.parse((await run('receipts', '--json')).out), { receipts: true })
    hub.setAccount({ areReceiptsOff: true })
    assert.match((await run('receipts')).out, /do not see/)
  })
})
