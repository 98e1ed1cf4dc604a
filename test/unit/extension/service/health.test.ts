import assert from 'node:assert/strict'
import type { AccountInfo } from '../../../../daemon/src/protocol/control.ts'
import type { HubState } from '../../../../extension/src/hub/hub.ts'
import { ChangedKeys, contextKeysOf } from '../../../../extension/src/service/context-keys.ts'
import { type Condition, healthOf } from '../../../../extension/src/service/health.ts'
import { menuOf } from '../../../../extension/src/service/menu.ts'
import { someAccount, someChat } from '../../../support/hub-client.ts'

const up: HubState = { is: 'up' }
const starting: HubState = { is: 'connecting', again: false }
const returning: HubState = { is: 'connecting', again: true }
const failed: HubState = { is: 'failed', code: 'not-running', why: 'No Node was found.' }

function hubOf(state: HubState, accounts: readonly AccountInfo[] | undefined, ...chats: ReturnType<typeof someChat>[]) {
  const people = { people: [], online: 0, total: 0 }
  const conversations = new Map(chats.map(chat => [chat.conversation, chat]))
  return { state, accounts, mayInvite: false, conversations, people, requests: [], pendingDevices: [] }
}

const at = (state: AccountInfo['state']) => [someAccount({ state })]

describe('how it stands with Parley', () => {
  const cases: [string, HubState, readonly AccountInfo[] | undefined, Condition][] = [
    ['before anything is known', starting, undefined, 'starting'],
    ['when the hub died before it said anything', returning, undefined, 'starting'],
    ['while a hub that died is started again', returning, at('online'), 'returning'],
    ['when the hub was given up', failed, at('online'), 'failed'],
    ['without a team', up, [], 'alone'],
    ['while the team is looked for', up, at('connecting'), 'connecting'],
    ['with the team', up, at('online'), 'online'],
    ['when the team cannot be reached: that is not signed out', up, at('unreachable'), 'offline'],
    ['signed out', up, at('signed-out'), 'signedOut'],
    ['refused', up, at('refused'), 'refused'],
    ['until another device has approved this one', up, at('pending'), 'pending'],
  ]
  for (const [when, state, accounts, is] of cases) {
    it(`is ${is} ${when}`, () => assert.equal(healthOf(hubOf(state, accounts)).is, is))
  }

  it('counts what was not read outside muted chats, and what waits to be delivered', () => {
    const chats = [
      someChat('bob', { unread: 2, queued: 1 }),
      someChat('carol', { unread: 40, muted: true, queued: 2 }),
      someChat('dave', { unread: 1 }),
    ]
    const { unread, queued } = healthOf(hubOf(up, at('online'), ...chats))
    assert.deepEqual({ unread, queued }, { unread: 3, queued: 3 })
  })

  it('says why in the words of whoever is in the way', () => {
    const away = someAccount({ state: 'unreachable', why: 'The team did not answer.' })
    assert.equal(healthOf(hubOf(up, [away])).why, 'The team did not answer.')
    assert.equal(healthOf(hubOf(failed, [away])).why, 'No Node was found.')
  })

  it('makes names of others harmless', () => {
    const account = someAccount({
      team: 'A\u202ecme\n$(trash)',
      displayName: '[x](command:evil)\u0007',
      why: 'a\u001b[31mb',
    })
    const { self, why } = healthOf(hubOf(up, [account]))
    assert.deepEqual([self?.team, self?.name, why], ['Acme $ (trash)', '[x] (command:evil)', 'ab'])
  })
})

describe('the context keys', () => {
  it('keep in view what is known while the hub is away for a moment', () => {
    const state = (hub: Parameters<typeof contextKeysOf>[0]) => contextKeysOf(hub)['parley.state']
    assert.equal(state(hubOf(starting, undefined)), 'starting')
    assert.equal(state(hubOf(up, [])), 'none')
    assert.equal(state(hubOf(up, at('unreachable'))), 'ready')
    assert.equal(state(hubOf(returning, at('online'))), 'ready')
    assert.equal(state(hubOf(failed, at('online'))), 'failed')
  })

  it('say what views and menus ask for', () => {
    const hub = hubOf(up, at('online'), someChat('bob', { unread: 1, muted: true }), someChat('carol'))
    const people = { people: [], online: 0, total: 2 }
    assert.deepEqual(contextKeysOf({ ...hub, people, mayInvite: true }), {
      'parley.state': 'ready',
      'parley.account': 'online',
      'parley.chatCount': 2,
      'parley.hasPeople': true,
      'parley.unread': true,
      'parley.mayInvite': true,
      'parley.requests': 0,
    })
  })

  it('are handed on only when they change', () => {
    const keys = new ChangedKeys()
    assert.equal(keys.next(contextKeysOf(hubOf(starting, undefined))).length, 7)
    assert.deepEqual(keys.next(contextKeysOf(hubOf(starting, undefined))), [])
    assert.deepEqual(keys.next(contextKeysOf(hubOf(up, []))), [['parley.state', 'none']])
    assert.deepEqual(keys.next(contextKeysOf(hubOf(up, at('online')))), [
      ['parley.state', 'ready'],
      ['parley.account', 'online'],
    ])
    assert.deepEqual(keys.next(contextKeysOf(hubOf(up, []))), [
      ['parley.state', 'none'],
      ['parley.account', undefined],
    ])
  })
})

const quiet = { mayInvite: false, devices: 0, requests: 0 }

describe('the menu of the status bar', () => {
  const first = (is: Condition) => menuOf({ ...quiet, is, hasUnread: false })[0]

  it('begins with what mends or what comes next', () => {
    assert.deepEqual(first('failed'), ['restartHub', 'showLog'])
    assert.deepEqual(first('alone'), ['joinTeam', 'startTeam', 'chatByAddress'])
    assert.deepEqual(first('signedOut'), ['signIn'])
    assert.deepEqual(first('online'), ['openChat', 'setStatus', 'chatByAddress'])
    assert.deepEqual(first('pending'), ['showPending'])
  })

  it('offers what is possible, each once', () => {
    const all = menuOf({ is: 'online', hasUnread: true, mayInvite: true, devices: 0, requests: 0 }).flat()
    assert.deepEqual(all.slice(0, 4), ['nextUnread', 'openChat', 'setStatus', 'chatByAddress'])
    for (const is of ['starting', 'failed', 'alone', 'refused', 'offline'] as const) {
      const commands = menuOf({ is, hasUnread: true, mayInvite: true, devices: 0, requests: 0 }).flat()
      assert.equal(new Set(commands).size, commands.length, is)
      assert.ok(commands.includes('restartHub') && commands.includes('copyReport'), is)
      for (const command of ['openChat', 'signOut'] as const) {
        assert.equal(commands.includes(command), is === 'refused' || is === 'offline', is)
      }
    }
  })
})
