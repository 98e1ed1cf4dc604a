import assert from 'node:assert/strict'
import { create } from '@bufbuild/protobuf'
import { openMemoryStorage } from '@parley/storage-memory'
import { ParleyError } from '../../../../../daemon/src/errors.ts'
import { Blocks } from '../../../../../daemon/src/hub/blocks.ts'
import { Chats, openChatStore } from '../../../../../daemon/src/hub/chats/chats.ts'
import type { Circle } from '../../../../../daemon/src/hub/circle.ts'
import { Circles } from '../../../../../daemon/src/hub/circles.ts'
import type { HubNews } from '../../../../../daemon/src/hub/news.ts'
import { limits } from '../../../../../daemon/src/limits.ts'
import { HybridClock, timeOf } from '../../../../../daemon/src/protocol/clock.ts'
import type { DirectInfo } from '../../../../../daemon/src/protocol/control.ts'
import { personOf } from '../../../../../daemon/src/protocol/conversation-infos.ts'
import { conversationId, deviceId, fromText } from '../../../../../daemon/src/protocol/ids.ts'
import { OwnStateSchema, RegisterSchema } from '../../../../../daemon/src/protocol/parley_pb.ts'
import { testLog } from '../../../../support/links.ts'

const withBob = conversationId(new Uint8Array(32).fill(1))
const stranger = conversationId(new Uint8Array(32).fill(2))
const device = deviceId(new Uint8Array(32).fill(9))
const position = `${'0'.repeat(16)}/${deviceId(new Uint8Array(32))}/${'0'.repeat(11)}/${'0'.repeat(16)}`

/** The chats of a home that knows bob only. */
async function openChats(storage = openMemoryStorage()) {
  const told: HubNews[] = []
  const circle: Circle = {
    named: who => (who === 'bob' ? withBob : undefined),
    summary: id => (id === withBob ? summary(chats) : undefined),
    info: () => undefined,
    blockKey: () => undefined,
    listed: () => [],
    firstUnread: () => undefined,
    send: () => assert.fail(),
    history: () => assert.fail(),
    ownMessage: () => assert.fail(),
    markRead: async () => {},
  }
  const circles = new Circles({ team: () => circle, others: () => [], ask: () => assert.fail() })
  const parts = { circles, clock: new HybridClock(), device, log: testLog() }
  const blocks = await Blocks.open(storage, parts)
  const chats: Chats = new Chats(await openChatStore(storage), { ...parts, blocks, tell: news => told.push(news) })
  return { chats, told, storage }
}

function summary(chats: Chats): DirectInfo {
  const person = { user: 'user', name: 'bob', displayName: 'Bob', status: 'offline', since: 0 } as const
  const last = { lastLine: '', lastMine: false, lastTime: 0 }
  return {
    conversation: withBob,
    kind: 'direct',
    person,
    ...last,
    queued: 0,
    linked: false,
    unread: 0,
    mentions: 0,
    ...chats.shown(withBob),
  }
}

describe('what is kept of a chat', () => {
  it('is nothing for a person never talked to, until something is saved', async () => {
    const { chats, storage } = await openChats()
    const opened = await chats.openChat({ with: 'bob' })
    assert.equal(personOf(opened.conversation)?.name, 'bob')
    assert.deepEqual([opened.draft, opened.scroll, opened.firstUnread], ['', undefined, undefined])
    await chats.saveChat({ conversation: withBob, draft: '' })
    await chats.setMuted({ conversation: withBob, muted: false })
    assert.deepEqual((await storage.list('', { limit: 10 })).rows, [], 'nothing is another than at first')
  })

  it('changes in parts, is there after a restart, and goes back to the latest message', async () => {
    const { chats, storage } = await openChats()
    await Promise.all([
      chats.saveChat({ conversation: withBob, draft: 'so\nfar' }),
      chats.saveChat({ conversation: withBob, scroll: { position, offset: -12.5 } }),
      chats.setMuted({ conversation: withBob, muted: true }),
    ])
    const { chats: again } = await openChats(storage)
    const { conversation, ...state } = await again.openChat({ with: withBob })
    assert.deepEqual(state, { draft: 'so\nfar', scroll: { position, offset: -12.5 } })
    assert.deepEqual([conversation.muted, conversation.draft], [true, 'so far'])
    await again.saveChat({ conversation: withBob, scroll: null })
    assert.equal((await again.openChat({ with: withBob })).scroll, undefined)
  })

  it('is told with who saved it, and once more where a list shows it', async () => {
    const { chats, told } = await openChats()
    const me = {}
    await chats.saveChat({ conversation: withBob, draft: 'a'.repeat(500) }, me)
    await chats.saveChat({ conversation: withBob, draft: 'a'.repeat(501) }, me)
    assert.deepEqual(told, [
      { chat: { conversation: withBob, state: { draft: 'a'.repeat(500) }, by: me } },
      { conversation: withBob },
      { chat: { conversation: withBob, state: { draft: 'a'.repeat(501) }, by: me } },
    ])
    assert.equal(chats.shown(withBob).draft.length, limits.lastLine)
    await chats.setMuted({ conversation: withBob, muted: true })
    await chats.setMuted({ conversation: withBob, muted: true })
    assert.deepEqual(told.slice(3), [{ conversation: withBob }])
  })

  it('knows the chats that are open in a place before anybody has signed up', async () => {
    const nobody = async () => {
      throw new ParleyError('unknown-account', 'Nobody has signed up.')
    }
    const circles = new Circles({ team: () => undefined, others: () => [], ask: nobody })
    const storage = openMemoryStorage()
    const parts = { circles, clock: new HybridClock(), device, log: testLog(), tell: () => {} }
    const blocks = await Blocks.open(storage, parts)
    const chats = new Chats(await openChatStore(storage), { ...parts, blocks })
    assert.deepEqual(await chats.openChats({ place: 'here' }), { conversations: [] })
    await chats.saveOpenChats({ place: 'here', conversations: [withBob] })
    assert.deepEqual(await chats.openChats({ place: 'here' }), { conversations: [withBob] })
    await assert.rejects(chats.openChat({ with: 'bob' }), { code: 'unknown-account' })
  })

  it('has bounds', async () => {
    const { chats } = await openChats()
    const save = (draft: string) => chats.saveChat({ conversation: withBob, draft })
    await save('x'.repeat(limits.text))
    await assert.rejects(save('x'.repeat(limits.text + 1)), { code: 'bad-message' })
    await assert.rejects(chats.saveChat({ conversation: withBob, scroll: { position: 'x', offset: 0 } }), {
      code: 'usage',
    })
    await assert.rejects(chats.saveChat({ conversation: stranger, draft: 'x' }), { code: 'usage' })
    await assert.rejects(chats.setMuted({ conversation: stranger, muted: true }), { code: 'usage' })
    await assert.rejects(chats.openChat({ with: stranger }), { code: 'usage' })
    await save('half a pair: \ud83d')
    assert.equal((await chats.openChat({ with: 'bob' })).draft, 'half a pair: \ufffd')
  })
})

describe('a chat among others', () => {
  it('is archived, pinned and marked as unread, and says so', async () => {
    const { chats, told, storage } = await openChats()
    await chats.setArchived({ conversation: withBob, archived: true })
    await chats.setPinned({ conversation: withBob, pinned: true })
    await chats.markUnread({ conversation: withBob, position })
    assert.deepEqual(told, [{ conversation: withBob }, { conversation: withBob }, { conversation: withBob }])
    const { chats: again } = await openChats(storage)
    const { conversation, firstUnread } = await again.openChat({ with: 'bob' })
    assert.deepEqual(
      [conversation.archived, conversation.pinned, conversation.isMarkedUnread, firstUnread],
      [true, true, true, position],
    )
    await again.markRead({ conversation: withBob, position })
    assert.equal(again.shown(withBob).isMarkedUnread, undefined)
  })

  it('comes back from the archive with a message that is newer, unless it is muted', async () => {
    const { chats } = await openChats()
    await chats.setArchived({ conversation: withBob, archived: true })
    chats.arrived(withBob, Date.now() - 60_000, [])
    assert.equal(chats.shown(withBob).archived, true, 'what is older was archived with it')
    await chats.setMuted({ conversation: withBob, muted: true })
    chats.arrived(withBob, Date.now() + 1000, [])
    assert.equal(chats.shown(withBob).archived, true)
    await chats.setMuted({ conversation: withBob, muted: false })
    chats.arrived(withBob, Date.now() + 1000, [])
    assert.equal(chats.shown(withBob).archived, undefined)
  })

  it('keeps receipts on until they are switched off, for good', async () => {
    const { chats, storage } = await openChats()
    assert.equal(chats.areReceiptsOn, true)
    await chats.setReceipts({ receipts: false })
    assert.equal((await openChats(storage)).chats.areReceiptsOn, false)
  })

  it('of another device of the own account counts where it was set later', async () => {
    const { chats, told } = await openChats()
    await chats.saveChat({ conversation: withBob, draft: 'here' })
    const other = deviceId(new Uint8Array(32).fill(8))
    const sent: unknown[] = []
    const link = {
      device: other,
      send: async (is: unknown) => void sent.push(is),
      signal: new AbortController().signal,
    }
    const attached = chats.attachOwn(link)
    const tell = (ms: number, draft: string) => {
      const fields = { conversation: fromText(withBob), about: 1, time: timeOf(ms), device: fromText(other) }
      const register = create(RegisterSchema, { ...fields, value: new TextEncoder().encode(draft) })
      return attached.event({ case: 'ownState', value: create(OwnStateSchema, { registers: [register] }) })
    }
    told.length = 0
    await tell(Date.now() - 1000, 'before')
    assert.deepEqual(told, [], 'who types here is not disturbed by what was typed there before')
    await tell(Date.now() + 1000, 'after')
    assert.deepEqual(told, [
      { conversation: withBob, chat: { conversation: withBob, state: { draft: 'after' }, by: undefined } },
    ])
    await tell(Date.now() + 3_600_000, 'in an hour')
    assert.equal((await chats.openChat({ with: 'bob' })).draft, 'after')
  })
})
