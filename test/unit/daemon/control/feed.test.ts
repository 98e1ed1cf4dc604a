import assert from 'node:assert/strict'
import { Feed, type FeedOutlet } from '../../../../daemon/src/control/feed.ts'
import { limits } from '../../../../daemon/src/limits.ts'
import type { ControlNotifications } from '../../../../daemon/src/protocol/control.ts'
import { personOf } from '../../../../daemon/src/protocol/conversation-infos.ts'
import { fakeHub } from '../../../support/fake-hub.ts'
import { until } from '../../../support/wait.ts'

type Sent = { [Name in keyof ControlNotifications]: [Name, ControlNotifications[Name]] }[keyof ControlNotifications]

function open() {
  const hub = fakeHub()
  const sent: Sent[] = []
  let behind = false
  const outlet: FeedOutlet = {
    send: (name, params) => sent.push([name, params] as Sent),
    isBehind: () => behind,
  }
  const feed = new Feed(hub, outlet)
  return {
    hub,
    feed,
    changes: () => sent.flatMap(([name, params]) => (name === 'change' ? [params] : [])),
    messages: () => sent.flatMap(([name, params]) => (name === 'messages' ? [params] : [])),
    people: () => sent.flatMap(([name, params]) => (name === 'people' ? [params] : [])),
    files: () => sent.flatMap(([name, params]) => (name === 'file' ? [params] : [])),
    histories: () => sent.flatMap(([name, params]) => (name === 'historyProgress' ? [params] : [])),
    chats: () => sent.flatMap(([name, params]) => (name === 'chat' ? [params] : [])),
    fallBehind: (isBehind: boolean) => {
      behind = isBehind
    },
    [Symbol.dispose]: () => feed.close(),
  }
}

describe('feed', () => {
  it('sends a snapshot, then changes numbered without a gap', async () => {
    using front = open()
    const { number, conversations } = front.feed.subscribe()
    assert.deepEqual(
      conversations.map(each => personOf(each)?.name),
      ['bob', 'carol'],
    )
    front.hub.receive('bob', 'one')
    await until('the feed', () => front.changes().length === 1)
    front.hub.receive('bob', 'two')
    await until('the feed', () => front.changes().length === 2)
    assert.deepEqual(
      front.changes().map(change => change.number),
      [number + 1, number + 2],
    )
    assert.deepEqual(
      front.changes()[1]?.conversations?.map(each => each.lastLine),
      ['two'],
    )
  })

  it('tells of each export or import only how far it is by then', async () => {
    using front = open()
    const progress = { file: '/a', doing: 'importing', messages: 200, bytes: 1, size: 3 } as const
    front.feed.tellHistory(progress)
    front.feed.tellHistory({ ...progress, messages: 400, bytes: 2 })
    front.feed.tellHistory({ ...progress, file: '/b' })
    await until('the feed', () => front.histories().length === 2)
    assert.deepEqual(front.histories(), [
      { ...progress, messages: 400, bytes: 2 },
      { ...progress, file: '/b' },
    ])
  })

  it('tells how far a file is only whom it was asked for, and no more once it is whole', async () => {
    using front = open()
    front.feed.watchFile('a')
    const progress = { hash: 'a', done: 1, size: 3 }
    front.hub.announce({ file: progress })
    front.hub.announce({ file: { ...progress, hash: 'b' } })
    await until('the feed', () => front.files().length === 1)
    front.hub.announce({ file: { ...progress, done: 2 } })
    front.hub.announce({ file: { ...progress, done: 3, path: '/a' } })
    await until('the feed', () => front.files().length === 2)
    front.hub.announce({ file: progress })
    front.hub.announce({ accounts: true })
    front.feed.watchFile('b')
    front.hub.announce({ file: { ...progress, hash: 'b' } })
    await until('the feed', () => front.files().length === 3)
    assert.deepEqual(front.files(), [progress, { ...progress, done: 3, path: '/a' }, { ...progress, hash: 'b' }])
  })

  it('gathers what happens fast into few changes', async () => {
    using front = open()
    front.feed.subscribe()
    front.feed.watchMessages('with-bob')
    const begun = performance.now()
    for (let n = 0; n < 500; n++) {
      front.hub.receive('bob', `line ${n}`)
      if (n % 50 === 0) await new Promise(resolve => setImmediate(resolve))
    }
    const texts = () => front.messages().flatMap(news => news.messages.map(message => message.text))
    await until('the feed', () => texts().length === 500)
    assert.deepEqual(
      texts(),
      Array.from({ length: 500 }, (_, n) => `line ${n}`),
    )
    const most = ((performance.now() - begun) / 1000) * limits.feedPerSecond + 1
    assert.ok(front.changes().length <= most, `${front.changes().length} changes, at most ${most}`)
    assert.equal(front.changes().at(-1)?.conversations?.[0]?.lastLine, 'line 499')
  })

  it('keeps a conversation’s messages from who does not watch it', async () => {
    using front = open()
    front.feed.subscribe()
    front.feed.watchMessages('with-carol')
    front.hub.receive('bob', 'hi')
    front.hub.receive('carol', 'hello')
    await until('the feed', () => front.messages().length === 1)
    assert.deepEqual(
      front.messages()[0]?.messages.map(message => message.text),
      ['hello'],
    )
    front.feed.unwatchMessages('with-carol')
    front.hub.receive('carol', 'again')
    await until('the feed', () => front.changes().at(-1)?.conversations?.[0]?.lastLine === 'again')
    assert.equal(front.messages().length, 1)
  })

  it('sends a message’s last state only, once', async () => {
    using front = open()
    front.feed.watchMessages('with-bob')
    await front.hub.send({ to: 'bob', text: 'hi', message: 'm1' })
    front.hub.deliver('m1')
    await until('the feed', () => front.messages().length === 1)
    assert.deepEqual(
      front.messages()[0]?.messages.map(message => message.state),
      ['delivered'],
    )
  })

  it('has a slow reader subscribe again, and holds nothing for it', async () => {
    using front = open()
    const { number } = front.feed.subscribe()
    front.feed.watchMessages('with-bob')
    front.fallBehind(true)
    front.hub.receive('bob', 'lost')
    await new Promise(resolve => setTimeout(resolve, 3000 / limits.feedPerSecond))
    assert.deepEqual([front.changes(), front.messages()], [[], []])
    front.fallBehind(false)
    await until('the feed', () => front.changes().length === 1 && front.messages().length === 1)
    assert.deepEqual(front.changes(), [{ number: number + 2 }], 'a gap in the numbers')
    assert.deepEqual(front.messages(), [{ conversation: 'with-bob', messages: [] }])
    const again = front.feed.subscribe()
    front.hub.receive('bob', 'heard')
    await until('the feed', () => front.changes().length === 2)
    assert.equal(front.changes()[1]?.number, again.number + 1)
  })

  it('has a reader read the history again when too many messages waited', async () => {
    using front = open()
    front.feed.watchMessages('with-bob')
    for (let n = 0; n <= limits.controlMessages; n++) front.hub.receive('bob', `line ${n}`)
    await until('the feed', () => front.messages().length === 1)
    assert.deepEqual(front.messages(), [{ conversation: 'with-bob', messages: [] }])
  })

  it('has a reader read the history again when what waited is too large, and never sends more than it may', async () => {
    using front = open()
    front.feed.watchMessages('with-bob')
    front.hub.receive('bob', 'small')
    await until('the feed', () => front.messages().length === 1)
    for (let n = 0; n < 10; n++) front.hub.receive('bob', `${n}${'\u0001'.repeat(limits.text - 10)}`)
    front.hub.receive('carol', 'not watched')
    await until('the feed', () => front.messages().length === 2)
    assert.deepEqual(front.messages()[1], { conversation: 'with-bob', messages: [] })
    front.hub.receive('bob', 'small again')
    await until('the feed', () => front.messages().length === 3)
    assert.equal(front.messages()[2]?.messages[0]?.text, 'small again')
    const large = 'z'.repeat(limits.text)
    front.hub.receive('bob', large)
    await until('the feed', () => front.messages().length === 4)
    assert.equal(front.messages()[3]?.messages[0]?.text, large)
  })

  it('tells who watches a conversation what others saved of it, the last state only', async () => {
    using front = open()
    front.feed.watchMessages('with-bob')
    const other = {}
    const save = (conversation: string, draft: string, by: object) =>
      front.hub.chats.saveChat({ conversation, draft }, by)
    await save('with-bob', 'one', other)
    await save('with-bob', 'two', other)
    await save('with-carol', 'not watched', other)
    await until('the feed', () => front.chats().length === 1)
    await save('with-bob', 'mine', front.feed)
    await save('with-bob', 'theirs', other)
    await until('the feed', () => front.chats().length === 2)
    assert.deepEqual(
      front.chats().map(({ conversation, state }) => [conversation, state.draft]),
      [
        ['with-bob', 'two'],
        ['with-bob', 'theirs'],
      ],
    )
  })

  it('never tells one’s own older state after a newer one', async () => {
    using front = open()
    front.feed.watchMessages('with-bob')
    const scroll = { position: '00000001', offset: 3 }
    await front.hub.chats.saveChat({ conversation: 'with-bob', draft: 'theirs' }, {})
    await front.hub.chats.saveChat({ conversation: 'with-bob', scroll }, front.feed)
    await until('the feed', () => front.chats().length === 1)
    assert.deepEqual(front.chats(), [{ conversation: 'with-bob', state: { draft: 'theirs', scroll } }])
  })

  it('tells of people after it was asked to, the last row of each, and who is gone', async () => {
    using front = open()
    const row = (name: string, status: 'online' | 'offline') => {
      return { user: `user-${name}`, name, displayName: name, status, since: 0 }
    }
    const tell = (people: ReturnType<typeof row>[], gone: string[], online: number) =>
      front.hub.announce({ people: { people, gone, online, total: 9 } })
    tell([row('bob', 'online')], [], 1)
    assert.equal(front.feed.subscribePeople().people.length, 2)
    tell([row('bob', 'offline'), row('carol', 'online')], [], 2)
    tell([row('bob', 'online')], ['user-carol'], 3)
    await until('the feed', () => front.people().length === 1)
    tell([row('carol', 'online')], [], 4)
    await until('the feed', () => front.people().length === 2)
    assert.deepEqual(front.people(), [
      { people: [row('bob', 'online')], gone: ['user-carol'], online: 3, total: 9 },
      { people: [row('carol', 'online')], gone: [], online: 4, total: 9 },
    ])
  })

  it('leaves the hub alone once closed', () => {
    const front = open()
    assert.equal(front.hub.watchers, 1)
    front.feed.close()
    assert.equal(front.hub.watchers, 0)
  })
})
