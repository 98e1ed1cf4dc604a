import assert from 'node:assert/strict'
import { startControl } from '../../../../daemon/src/control/server.ts'
import { ensureHome } from '../../../../daemon/src/locations.ts'
import { silentLog } from '../../../../daemon/src/log.ts'
import type { ConversationInfo, HubSnapshot, RoomInfo } from '../../../../daemon/src/protocol/control.ts'
import { fakeHub } from '../../../support/fake-hub.ts'
import { temporaryFolder } from '../../../support/folder.ts'
import { cli } from '../../../support/terminal.ts'

describe('the chats, from a terminal', () => {
  let home: string
  let snapshot: Omit<HubSnapshot, 'number'>
  let release: () => Promise<void>

  beforeEach(async () => {
    const folder = await temporaryFolder()
    home = folder.path
    snapshot = { accounts: [], conversations: [], requests: [], pendingDevices: [] }
    const hub = { ...fakeHub(), snapshot: () => snapshot }
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
  const lines = async (...args: string[]) => (await run(...args)).out.trimEnd().split('\n')
  const holds = (...conversations: ConversationInfo[]) => {
    snapshot = { ...snapshot, conversations }
  }

  it('come with what is unread and what was said last, invitations and what is pinned before the others', async () => {
    holds(
      chat('bob', { lastTime: 5, lastLine: 'lunch?', unread: 2, mentions: 1 }),
      chat('carol', { lastTime: 9, lastLine: 'ok', lastMine: true, muted: true }),
      chat('dan', { lastTime: 1, lastLine: 'old', pinned: true, isMarkedUnread: true, retention: 1 }),
      room('Tea club', { standing: 'invited' }),
      room('plans', {}, { lastTime: 4, lastLine: 'done', lastName: 'Eve' }),
    )
    const shown = await lines('chats')
    const expected = [
      /#Tea-club +invited .*parley room join "#Tea-club"$/,
      /dan +unread .* old {2}\(pinned, kept 1 day\)$/,
      /carol .* You: ok {2}\(muted\)$/,
      /bob +2 unread, 1 mention .* lunch\?$/,
      /#plans .* Eve: done$/,
    ]
    assert.equal(shown.length, expected.length)
    for (const [index, line] of expected.entries()) assert.match(shown[index] ?? '', line)
  })

  it('are only those that are wanted', async () => {
    holds(
      chat('bob', { unread: 1, archived: true }),
      chat('carol', { archived: true }),
      chat('dan', {}),
      chat('eve', { isMarkedUnread: true }),
    )
    const names = async (...args: string[]) =>
      JSON.parse((await run('chats', '--json', ...args)).out).chats.map((each: ConversationInfo) => each.conversation)
    assert.deepEqual(await names(), ['with-dan', 'with-eve'])
    assert.deepEqual(await names('--unread'), ['with-bob', 'with-eve'])
    assert.deepEqual(await names('--archived'), ['with-bob', 'with-carol'])
    assert.deepEqual(await names('--archived', '--unread'), ['with-bob'])
  })

  it('obey nothing that others have written', async () => {
    holds(chat('bob', { lastLine: 'red\x1b[31m\u202e', draft: '' }), room('x\x1b[2J', { standing: 'invited' }))
    const { out } = await run('chats')
    for (const harm of ['\x1b', '\u202e']) assert.ok(!out.includes(harm))
  })

  it('say when there are none, and when some may still be on their way', async () => {
    assert.match((await run('chats')).out, /^There are no chats yet\. .*parley send WHO/)
    assert.equal((await run('chats', '--unread')).out, 'Nothing is unread.\n')
    snapshot = { ...snapshot, isCatchingUp: true }
    assert.match((await run('chats')).out, /may still be on its way/)
    assert.match((await run('room')).out, /There are no rooms.*\n.*may still be on its way/)
    assert.deepEqual(JSON.parse((await run('room', '--json')).out), { rooms: [], isCatchingUp: true })
  })
})

const listed = {
  ...{ lastLine: '', lastMine: false, lastTime: 0, queued: 0, linked: false, unread: 0, mentions: 0 },
  ...{ muted: false, draft: '' },
}

function chat(name: string, more: Partial<ConversationInfo>): ConversationInfo {
  const person = { user: `user-${name}`, name, displayName: name, status: 'online', since: 0 } as const
  return { ...listed, ...more, conversation: `with-${name}`, kind: 'direct', person }
}

function room(name: string, about: Partial<RoomInfo>, more: Partial<ConversationInfo> = {}): ConversationInfo {
  const info = { name, topic: '', history: 'all', standing: 'member', members: 2, ...about } as const
  return { ...listed, ...more, conversation: `room-${name}`, kind: 'room', room: info }
}
