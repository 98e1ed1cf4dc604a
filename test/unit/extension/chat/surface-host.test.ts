import assert from 'node:assert/strict'
import { ParleyError } from '@parley/daemon/client'
import type { ScrollPlace } from '@parley/daemon/protocol/control'
import { titleOf } from '@parley/daemon/protocol/conversation-infos'
import { Keeper } from '../../../../extension/src/chat/keeper.ts'
import { Outbox } from '../../../../extension/src/chat/outbox.ts'
import { type Ground, SurfaceHost } from '../../../../extension/src/chat/surface-host.ts'
import { Emitter } from '../../../../extension/src/event.ts'
import { limits } from '../../../../extension/src/limits.ts'
import { account, conversation, FrontHub, message, person, room } from '../../../support/front-hub.ts'
import { fakeMemory } from '../../../support/memory.ts'
import { ScriptedPage, turns } from '../../../support/surface-page.ts'

describe('a chat in a surface', () => {
  it('is shown with all that its first frame needs', async () => {
    const { page } = open()
    const opened = await page.load()
    assert.deepEqual(opened, {
      view: {
        conversation: conversation('bob'),
        account: account(),
        hub: { is: 'up' },
        sendWith: 'enter',
      },
      draft: 'half a',
      messages: [message('p1'), message('p2')],
      moreBefore: true,
      moreAfter: false,
      strings: { Send: 'Senden' },
      locale: 'de',
    })
    assert.deepEqual(page.events, [{ event: 'sight', value: { isInSight: false } }])
  })

  it('is told what others are called, and why something is so, as harmless lines', async () => {
    const { hub, page } = open()
    const bob = conversation('bob')
    hub.setAccounts([account({ team: 'Ac\u202eme\n', why: '\u001b[31mno', state: 'refused' })])
    hub.setConversations({ ...bob, person: { ...bob.person, displayName: '\u202eBob\u200b\u0000' } })
    const { view } = await page.load()
    assert.equal(view.account.team, 'Acme')
    assert.equal(view.account.why, 'no')
    assert.equal(titleOf(view.conversation), 'Bob')
  })

  it('sends to somebody of no team by the conversation, and shows their chat also to who is in no team', async () => {
    const { hub, page } = open()
    const direct = person('bob', { via: 'direct', address: '192.0.2.7:5858' })
    hub.setConversations(conversation('bob', { person: direct }))
    hub.accounts = []
    hub.answers.send = ({ text, message: id }) => message('p9', { text, message: id, mine: true })
    const { view } = await page.load()
    assert.equal(view.account.displayName, 'You')
    await page.ask('send', { message: 'abcdefgh', text: 'hello' })
    assert.deepEqual(hub.askedOf('send'), [{ to: 'with-bob', text: 'hello', message: 'abcdefgh' }])
  })

  it('is told nothing before it says that it is ready', async () => {
    const { hub, page, host } = open()
    host.setInSight(true)
    host.focus('composer')
    hub.setConversations(conversation('bob', { unread: 3 }))
    page.say({ is: 'request', id: 1, method: 'open', params: {} })
    await turns()
    assert.deepEqual(page.posted, [])
  })

  it('waits until the hub has started, then opens by itself', async () => {
    const { hub, page } = open()
    hub.state = { is: 'connecting', again: false }
    const loading = page.load()
    await turns()
    assert.deepEqual(page.posted, [])
    hub.become({ is: 'up' })
    assert.equal((await loading).draft, 'half a')
  })

  it('is asked for again when the hub goes away meanwhile', async () => {
    const { hub, page } = open()
    const { openChat } = hub.answers
    hub.answers.openChat = () => {
      hub.answers = { ...hub.answers, ...(openChat ? { openChat } : {}) }
      hub.become({ is: 'connecting', again: true })
      throw gone()
    }
    const loading = page.load()
    await turns()
    hub.become({ is: 'up' })
    assert.equal((await loading).messages.length, 2)
  })

  it('says why when the hub takes long to start, and opens once it is there', async () => {
    const { hub, page } = open({ patience: 10 })
    hub.state = { is: 'connecting', again: false }
    await assert.rejects(page.load(), /not-running: connecting/)
    hub.become({ is: 'up' })
    assert.deepEqual(page.events, [{ event: 'stale', value: {} }])
  })

  it('says why when the hub has been given up, and opens once it is back', async () => {
    const { hub, page } = open()
    hub.state = { is: 'failed', code: 'home', why: 'The disk is full.' }
    await assert.rejects(page.load(), /not-running: The disk is full\./)
    hub.become({ is: 'up' })
    assert.deepEqual(page.events, [{ event: 'stale', value: {} }])
    assert.equal((await page.ask('open', {})).draft, 'half a')
  })

  it('follows what is new from before its history is read, told after the answer', async () => {
    const { hub, page } = open()
    const { history } = hub.answers
    hub.answers.history = params => {
      hub.tell('with-bob', each => each.messages([message('p3')]))
      if (!history) throw gone()
      return history(params)
    }
    await page.load()
    assert.deepEqual(
      page.posted.map(each => (each.is === 'event' ? each.event : each.is)),
      ['reply', 'messages', 'sight'],
    )
    hub.tell('with-bob', each => each.saved({ draft: 'from another window' }))
    hub.tell('with-bob', each => each.stale())
    assert.deepEqual(page.told('saved'), [{ draft: 'from another window' }])
    assert.deepEqual(page.told('stale'), [{}])
  })

  it('is read again when more is new than can wait', async () => {
    const { hub, page } = open()
    page.say({ is: 'ready' })
    const opening = page.ask('open', {})
    for (let n = 0; n <= limits.waitingNews; n++) hub.tell('with-bob', each => each.messages([message(`q${n}`)]))
    await opening
    assert.deepEqual(
      page.events.map(({ event }) => event),
      ['stale', 'sight'],
    )
  })

  it('is told of changes around the messages, each once', async () => {
    const { hub, page, settings } = open()
    await page.load()
    hub.setConversations(conversation('bob', { linked: false }), conversation('carol'))
    hub.setConversations(conversation('bob', { linked: false }))
    hub.setConversations(conversation('carol', { unread: 1 }))
    hub.become({ is: 'connecting', again: true })
    settings.fire()
    assert.deepEqual(page.told('view'), [
      {
        conversation: conversation('bob', { linked: false }),
        account: account(),
        hub: { is: 'up' },
        sendWith: 'enter',
      },
      {
        conversation: conversation('bob', { linked: false }),
        account: account(),
        hub: { is: 'connecting', why: 'connecting' },
        sendWith: 'enter',
      },
    ])
  })

  it('is followed only while its page is there', async () => {
    const { hub, page, host } = open()
    await page.load()
    assert.equal(hub.watchers('with-bob'), 1)
    await page.load()
    assert.equal(hub.watchers('with-bob'), 1)
    host.hide()
    assert.equal(hub.watchers('with-bob'), 0)
    const before = page.posted.length
    hub.setConversations(conversation('bob', { unread: 2 }))
    host.setInSight(true)
    assert.equal(page.posted.length, before)
    await page.load()
    assert.deepEqual(page.events.at(-1), { event: 'sight', value: { isInSight: true } })
    host.dispose()
    assert.equal(hub.watchers('with-bob'), 0)
  })

  it('answers nothing to a page that is gone', async () => {
    const { hub, page } = open()
    const history = Promise.withResolvers<{ conversation: string; messages: []; more: boolean }>()
    await page.load()
    hub.answers.history = () => history.promise
    page.say({ is: 'request', id: 99, method: 'history', params: { limit: 5 } })
    page.say({ is: 'ready' })
    history.resolve({ conversation: 'with-bob', messages: [], more: false })
    await turns()
    assert.ok(!page.posted.some(each => each.is === 'reply' && each.id === 99))
  })

  it('takes focus and text once it is open', async () => {
    const { page, host } = open()
    host.focus('composer')
    host.insert('```ts\n```')
    await page.load()
    host.focus('lastMessage')
    assert.deepEqual(
      page.events.filter(({ event }) => event !== 'sight'),
      [
        { event: 'focus', value: 'composer' },
        { event: 'insert', value: { text: '```ts\n```' } },
        { event: 'focus', value: 'lastMessage' },
      ],
    )
  })
})

describe('a chat that has not begun', () => {
  /** A hub that knows bob, and no conversation with him. */
  const forgetful = (hub: FrontHub, found = conversation('bob')) => {
    hub.answers.openChat = ({ with: who }) => {
      if (who !== 'bob') throw new ParleyError('usage', 'With nobody known here.')
      return { conversation: found, draft: 'half a' }
    }
  }

  it('is found by the person when the hub has forgotten it', async () => {
    const { hub, page } = open({ person: 'bob' })
    forgetful(hub)
    assert.equal((await page.load()).draft, 'half a')
  })

  it('is not taken for that of somebody else of the same name', async () => {
    const { hub, page } = open({ person: 'bob' })
    forgetful(hub, conversation('bob', { conversation: 'other' }))
    await assert.rejects(page.load(), /usage: With nobody known here\./)
  })

  it('is refused when nobody knows with whom it was', async () => {
    const { hub, page } = open()
    forgetful(hub)
    await assert.rejects(page.load(), /usage: With nobody known here\./)
  })
})

describe('the place where a chat opens', () => {
  it('is where it was left', async () => {
    const { hub, page, chat } = open()
    chat.scroll = { position: 'p5', offset: 12 }
    const opened = await page.load()
    assert.deepEqual(opened.scroll, { position: 'p5', offset: 12 })
    assert.deepEqual(hub.askedOf('history'), [
      { with: 'with-bob', limit: limits.openPage, before: 'p5' },
      { with: 'with-bob', limit: limits.openPage, from: 'p5' },
    ])
  })

  it('is the first unread message, when that is not among the latest', async () => {
    const { hub, page, chat } = open()
    chat.firstUnread = 'p0'
    assert.equal((await page.load()).firstUnread, 'p0')
    assert.deepEqual(hub.askedOf('history').slice(1), [
      { with: 'with-bob', limit: limits.openPage, before: 'p0' },
      { with: 'with-bob', limit: limits.openPage, from: 'p0' },
    ])
  })

  it('is the end otherwise', async () => {
    const { hub, page, chat } = open()
    chat.firstUnread = 'p2'
    await page.load()
    assert.deepEqual(hub.askedOf('history'), [{ with: 'with-bob', limit: limits.openPage }])
  })
})

describe('what is done with messages', () => {
  it('reaches the hub as acts of that chat, and harmlessly comes back', async () => {
    const { hub, page, ground } = open()
    await page.load()
    hub.asked.length = 0
    hub.answers = {
      editMessage: ({ text }) =>
        message('p1', { text, edited: 1, replyTo: { ...bob, name: 'B\u202eob', text: 'a\nb' } }),
      deleteMessage: () => ({}),
      react: () => ({}),
      markUnread: () => ({}),
      typing: () => ({}),
      reached: () => ({ members: [{ person: person('bob', { displayName: 'B\u0000ob' }), state: 'read' }] }),
    }
    const edited = await page.ask('edit', { message: 'm', text: 'hi', act: 'a' })
    assert.deepEqual(edited.replyTo, { ...bob, name: 'Bob', text: 'a b' })
    assert.deepEqual(await page.ask('remove', { ...bob, act: 'b', forAll: true }), { removed: true })
    assert.deepEqual(await page.ask('remove', { ...bob, act: 'c', forAll: false }), { removed: true })
    await page.ask('markUnread', { position: '0a/b' })
    await page.ask('react', { ...bob, emoji: '👍', on: true, act: 'd' })
    await page.ask('typing', {})
    assert.deepEqual(await page.ask('reached', { message: 'm' }), { members: [{ name: 'Bob', state: 'read' }] })
    await page.ask('copyLink', { position: '0a/b' })
    const chat = { conversation: 'with-bob' }
    assert.deepEqual(hub.asked, [
      { method: 'editMessage', params: { ...chat, message: 'm', text: 'hi', act: 'a' } },
      { method: 'deleteMessage', params: { ...chat, ...bob, act: 'b' } },
      { method: 'deleteMessage', params: { ...chat, ...bob, act: 'c', forMe: true } },
      { method: 'markUnread', params: { ...chat, position: '0a/b' } },
      { method: 'react', params: { ...chat, ...bob, emoji: '👍', on: true, act: 'd' } },
      { method: 'typing', params: chat },
      { method: 'reached', params: { ...chat, message: 'm' } },
    ])
    assert.deepEqual(ground.done, [
      'confirm for all',
      'confirm for me',
      'copy vscode://parley.parley-chat/message?conversation=with-bob&position=0a%2Fb',
    ])
  })

  it('goes to the hub with what a message answers and names, and is kept so while the hub is away', async () => {
    const { hub, page } = open()
    await page.load()
    const replyTo = { ...bob, name: 'Bob', text: 'when?' }
    hub.become({ is: 'connecting', again: true })
    void page.ask('send', { message: 'm9', text: 'now', replyTo, mentions: ['all'] }).catch(() => {})
    await turns()
    hub.become({ is: 'up' })
    await turns()
    assert.deepEqual(hub.askedOf('send'), [{ to: 'bob', text: 'now', message: 'm9', replyTo: bob, mentions: ['all'] }])
  })

  it('knows who belongs to a room, and tells when that changes', async () => {
    const { hub, page } = open()
    const people = ['alice', 'bob']
    const detail = () => ({
      conversation: room('bob'),
      members: people.map(name => ({
        person: person(name, { displayName: `${name}\u202e` }),
        role: 'member' as const,
      })),
    })
    hub.answers.room = detail
    hub.setConversations({ ...room('bob'), conversation: 'with-bob' })
    const { members } = await page.load()
    assert.deepEqual(
      members?.map(({ displayName }) => displayName),
      ['alice', 'bob'],
    )
    people.push('carol')
    hub.setConversations({ ...room('bob', { room: { members: 4 } }), conversation: 'with-bob' })
    await turns()
    assert.equal(page.events.filter(({ event }) => event === 'members').length, 1)
  })
})

describe('the files of a chat', () => {
  const file = { hash: 'h1', name: 'a.txt', size: 5, type: 'text/plain' }

  it('are taken in, and where they are is for no page', async () => {
    const { hub, page } = open()
    await page.load()
    hub.answers.addFile = params => ({
      ...file,
      name: 'path' in params ? 'a\u202etxt' : params.name,
      path: '/store/h1',
    })
    const pasted = await page.ask('addFile', { name: 'shot.png', type: 'image/png', data: 'aGk=' })
    assert.deepEqual(pasted, { ...file, name: 'shot.png', path: '' })
    assert.deepEqual(await page.ask('pickFiles', {}), { files: [{ ...file, name: 'atxt', path: '' }] })
    assert.deepEqual(hub.askedOf('addFile')[1], { path: '/home/alice/a.txt' })
    await page.ask('send', { message: 'm9', text: '', files: [file] })
    assert.deepEqual(hub.askedOf('send'), [{ to: 'bob', text: '', message: 'm9', files: ['h1'] }])
  })

  it('are saved where the person says, by a name that is harmless, and shown as far as they have come', async () => {
    const { hub, page, ground } = open()
    await page.load()
    hub.answers.fetchFile = () => ({ ...file, path: '/store/h1' })
    hub.answers.saveFile = () => ({})
    assert.deepEqual(await page.ask('saveFile', { hash: 'h1', name: '../.\u202eprofile' }), { saved: true })
    assert.deepEqual(ground.done, ['place for _.profile', 'saved /tmp/saved'])
    assert.deepEqual(hub.askedOf('saveFile'), [{ conversation: 'with-bob', hash: 'h1', path: '/tmp/saved' }])
    assert.deepEqual(await page.ask('image', { hash: 'h1', size: 5 }), { data: btoa('/store/h1') })
    hub.answers.fetchFile = () => ({ ...file, size: limits.image + 1, path: '/store/h1' })
    assert.equal(await page.ask('image', { hash: 'h1', size: 5 }), null)
    hub.file({ hash: 'h1', done: 5, size: 5, path: '/store/h1' })
    assert.deepEqual(page.events.at(-1), { event: 'file', value: { hash: 'h1', done: 5, size: 5, path: '' } })
  })

  it('are shown as pictures before a message names them, and fetched no more when the person says so', async () => {
    const { hub, page } = open()
    await page.load()
    hub.answers.addFile = () => ({ ...file, path: '/store/h1' })
    hub.answers.cancelFile = () => ({})
    await page.ask('addFile', { name: 'shot.png', type: 'image/png', data: 'aGk=' })
    assert.deepEqual(await page.ask('image', { hash: 'h1', size: 5 }), { data: btoa('/store/h1') })
    assert.deepEqual(hub.askedOf('fetchFile'), [])
    assert.equal(await page.ask('cancelFile', { hash: 'h2' }), null)
    assert.deepEqual(hub.askedOf('cancelFile'), [{ conversation: 'with-bob', hash: 'h2' }])
  })
})

const bob = { user: 'user-bob', message: 'm-p1' }

describe('what a surface asks for', () => {
  it('reaches the hub for its own chat only', async () => {
    const { hub, page, ground } = open()
    await page.load()
    hub.asked.length = 0
    const { messages, more } = historyPage()
    assert.deepEqual(await page.ask('history', { before: 'p1', limit: 60 }), { messages, more })
    const sent = await page.ask('send', { message: 'm9', text: 'hello' })
    assert.equal(sent.text, 'hello')
    assert.equal(await page.ask('markRead', { position: 'p2' }), null)
    assert.equal(await page.ask('save', { draft: 'x', scroll: null }), null)
    assert.deepEqual(hub.asked, [
      { method: 'history', params: { with: 'with-bob', before: 'p1', limit: 60 } },
      { method: 'send', params: { to: 'bob', text: 'hello', message: 'm9' } },
      { method: 'markRead', params: { conversation: 'with-bob', position: 'p2' } },
      { method: 'saveChat', params: { conversation: 'with-bob', draft: 'x', scroll: null } },
    ])
    assert.deepEqual(ground.done, ['sent'])
  })

  it('reaches the editor', async () => {
    const { page, ground } = open()
    await page.load()
    await page.ask('openLink', { href: 'https://example.org/?a=%26' })
    await page.ask('openLink', { href: 'parley://a:1/b' })
    assert.deepEqual(await page.ask('openPlace', { path: 'src/a.ts', line: 4 }), { opened: true })
    await page.ask('copy', { text: 'code' })
    assert.deepEqual(await page.ask('selection', {}), { text: 'selected' })
    await page.ask('act', { what: 'mute' })
    assert.deepEqual(ground.done, [
      'outside https://example.org/?a=%26',
      'join parley://a:1/b',
      'place src/a.ts:4',
      'copy code',
      'selection',
      'mute with-bob',
    ])
  })

  it('opens no command, file or script', async () => {
    const { page, ground } = open()
    await page.load()
    for (const href of ['command:workbench.action.quit', 'file:///etc/passwd', 'vscode://x/y', 'javascript:alert(1)']) {
      await assert.rejects(page.ask('openLink', { href }), /bad-address/)
    }
    assert.deepEqual(ground.done, [])
  })

  it('is refused in words when it is not as it should be', async () => {
    const { hub, page } = open()
    await page.load()
    hub.asked.length = 0
    await assert.rejects(page.ask('send', { message: 'm1', text: 'x'.repeat(limits.longText + 1) }), /usage/)
    page.say({ is: 'request', id: 70, method: 'signOut', params: {} })
    page.say('nonsense')
    assert.deepEqual(page.posted.at(-1), { is: 'refusal', id: 70, code: 'usage', why: 'There is no such request.' })
    assert.deepEqual(hub.asked, [])
  })

  it('is refused when too much is under way', async () => {
    const { hub, page } = open()
    await page.load()
    hub.answers.history = () => new Promise(() => {})
    for (let id = 0; id < limits.surfaceRequests; id++) void page.ask('history', { limit: 1 })
    await assert.rejects(page.ask('history', { limit: 1 }), /busy/)
  })

  it('is told why the hub refused', async () => {
    const { hub, page } = open()
    await page.load()
    hub.answers.history = () => {
      throw gone()
    }
    await assert.rejects(page.ask('history', { limit: 1 }), /closed: The background service has gone\./)
  })

  it('is sent when the hub is back, also after the chat was closed', async () => {
    const { hub, page, host } = open()
    await page.load()
    hub.become({ is: 'connecting', again: true })
    void page.ask('send', { message: 'm9', text: 'hello' })
    void page.ask('save', { draft: 'one' })
    void page.ask('save', { draft: 'two' })
    host.dispose()
    await turns()
    assert.deepEqual(hub.askedOf('send'), [])
    hub.become({ is: 'up' })
    await turns()
    assert.deepEqual(hub.askedOf('send'), [{ to: 'bob', text: 'hello', message: 'm9' }])
    assert.deepEqual(hub.askedOf('saveChat').at(-1), { conversation: 'with-bob', draft: 'two' })
  })

  it('is saved when the tab is closed in the middle of a word', async () => {
    const { hub, page, host } = open()
    await page.load()
    await page.ask('writing', { draft: 'hal' })
    await page.ask('writing', { draft: 'half' })
    host.dispose()
    await turns()
    assert.deepEqual(hub.askedOf('saveChat').at(-1), { conversation: 'with-bob', draft: 'half' })
  })

  it('is told to the other surfaces of the chat in this window, and to no other', async () => {
    const { page, add } = open()
    const { page: other } = add()
    await Promise.all([page.load(), other.load()])
    await page.ask('save', { draft: 'half' })
    assert.deepEqual([page.told('saved'), other.told('saved')], [[], [{ draft: 'half' }]])
  })

  it('is shown where the chat is opened again while the hub has not taken it, and not once it is dropped', async () => {
    const { hub, page, host, add } = open()
    await page.load()
    hub.answers.send = () => {
      throw new ParleyError('storage', 'The disk is full.')
    }
    await assert.rejects(page.ask('send', { message: 'm9', text: 'hello' }), /storage/)
    host.dispose()
    const { page: next } = add()
    const { unsent } = await next.load()
    assert.deepEqual(
      unsent?.map(({ message: id, text }) => ({ id, text })),
      [{ id: 'm9', text: 'hello' }],
    )
    await next.ask('drop', { message: 'm9' })
    assert.equal((await next.load()).unsent, undefined)
  })

  it('is kept for the chat when it opens before the hub has taken it', async () => {
    const { hub, page } = open()
    await page.load()
    const saving = Promise.withResolvers<Record<string, never>>()
    hub.answers.saveChat = () => saving.promise
    const saved = page.ask('save', { draft: 'newer' })
    assert.equal((await page.load()).draft, 'newer')
    saving.resolve({})
    void saved
    await turns()
    assert.equal((await page.load()).draft, 'half a')
  })
})

function gone(): ParleyError {
  return new ParleyError('closed', 'The background service has gone.')
}

function historyPage() {
  return { conversation: 'with-bob', messages: [message('p1'), message('p2')], more: true }
}

/** A chat with bob, whose page has not been loaded. */
function open({ patience, person }: { readonly patience?: number; readonly person?: string } = {}) {
  const chat: { draft: string; scroll?: ScrollPlace; firstUnread?: string } = { draft: 'half a' }
  const hub = new FrontHub({
    openChat: () => ({ conversation: conversation('bob'), ...chat }),
    history: historyPage,
    send: ({ text, message: id }) => message('p9', { message: id, text, mine: true, state: 'queued' }),
    saveChat: () => ({}),
    markRead: () => ({}),
  })
  const settings = new Emitter<void>()
  const done: string[] = []
  const does = (what: string) => Promise.resolve(void done.push(what))
  const ground: Ground & { readonly done: readonly string[] } = {
    done,
    sendWith: 'enter',
    onSettings: settings.event,
    scheme: 'vscode',
    files: {
      pickFiles: () => does('pick').then(() => ['/home/alice/a.txt']),
      pickPlace: name => does(`place for ${name}`).then(() => '/tmp/saved'),
      saved: path => void done.push(`saved ${path}`),
      readFile: async path => Buffer.from(path),
    },
    confirmRemoval: forAll => does(`confirm for ${forAll ? 'all' : 'me'}`).then(() => (forAll ? 'all' : 'me')),
    locale: 'de',
    strings: { Send: 'Senden' },
    openOutside: href => does(`outside ${href}`),
    openJoin: href => does(`join ${href}`),
    openMessage: to => does(`message ${to.position}`),
    openPlace: ({ path, line }) => does(`place ${path}:${line}`).then(() => true),
    copy: text => does(`copy ${text}`),
    selection: () => does('selection').then(() => 'selected'),
    act: (what, of) => does(`${what} ${of.conversation}`),
    sent: () => void done.push('sent'),
    whyAway: ({ is }) => is,
  }
  const shared = { hub, keeper: new Keeper(hub), outbox: new Outbox(hub, fakeMemory()), ground, person }
  const add = () => {
    const page = new ScriptedPage()
    const port = { port: page, conversation: 'with-bob', ...(patience ? { patience } : {}) }
    return { page, host: new SurfaceHost({ ...shared, ...port }) }
  }
  return { hub, ...add(), add, ground, settings, chat }
}
