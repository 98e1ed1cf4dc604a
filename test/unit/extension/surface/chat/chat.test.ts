import assert from 'node:assert/strict'
import type { SurfaceState } from '../../../../../extension/src/chat/messages.ts'
import { Bridge } from '../../../../../extension/surface/bridge.ts'
import { Chat } from '../../../../../extension/surface/chat/chat.ts'
import type { ChatState } from '../../../../../extension/surface/chat/state.ts'
import { limits } from '../../../../../extension/surface/limits.ts'
import type { Heard } from '../../../../../extension/surface/model/announce.ts'
import { conversationOf, message, positionOf, viewOf } from '../../../../support/surface/messages.ts'
import { ScriptedHost } from '../../../../support/surface/scripted-host.ts'
import { until } from '../../../../support/wait.ts'

describe('a chat in a surface', () => {
  let host: ScriptedHost
  let chat: Chat
  let kept: SurfaceState | undefined
  let live: object

  beforeEach(() => {
    host = new ScriptedHost()
    host.messages = conversationOf(300)
    kept = undefined
    load()
  })

  /** A new page over the same host, as after a reload: the one before says nothing any more. */
  function load(): void {
    const served = host
    const page = {}
    live = page
    const bridge: Bridge = new Bridge(
      {
        postMessage: said => {
          if (live === page) served.take(said, answer => queueMicrotask(() => bridge.receive(answer)))
        },
        getState: () => kept,
        setState: state => {
          if (live === page) kept = state
        },
      },
      () => 'Nobody answered.',
    )
    chat = new Chat(bridge, () => {}, 1)
  }

  /** Resolves when the state is so. */
  function state(is: (state: ChatState) => boolean): Promise<ChatState> {
    return new Promise((resolve, reject) => {
      const deadline = setTimeout(() => reject(new Error(`not so: ${JSON.stringify(chat.store.state)}`)), 5_000)
      const look = () => {
        if (!is(chat.store.state)) return
        clearTimeout(deadline)
        unsubscribe()
        resolve(chat.store.state)
      }
      const unsubscribe = chat.store.subscribe(look)
      look()
    })
  }

  async function open(): Promise<ChatState> {
    chat.start()
    return state(({ opening }) => opening === 'open')
  }

  it('opens at its latest messages', async () => {
    const { held, start } = await open()
    assert.equal(held.messages.length, limits.page)
    assert.deepEqual([start.at, held.moreBefore, held.moreAfter], ['latest', true, false])
  })

  it('loses nothing that is told while it opens', async () => {
    const answer = host.hold('open')
    chat.start()
    await host.when('open')
    host.tell('messages', [message(300, { mine: false })])
    answer()
    const { held } = await state(({ held }) => held.messages.length > limits.page)
    assert.equal(held.messages.at(-1)?.position, positionOf(300))
  })

  it('says why it cannot be opened, and opens when the hub is back', async () => {
    host.refuse('open', 'The background service is away.')
    chat.start()
    const { opening } = await state(({ opening }) => typeof opening === 'object')
    assert.deepEqual(opening, { why: 'The background service is away.' })
    host.tell('stale', {})
    await state(({ opening }) => opening === 'open')
  })

  it('takes over what is sent when the hub has it, however that is heard of', async () => {
    await open()
    chat.send('hello')
    assert.equal(chat.store.state.unsent.length, 1)
    const { held } = await state(({ unsent }) => unsent.length === 0)
    assert.deepEqual(
      held.messages.slice(-2).map(({ text }) => text),
      [host.messages.at(-2)?.text, 'hello'],
    )
  })

  it('sends one message after the other, in the order in which they were written', async () => {
    await open()
    const answer = host.hold('send')
    for (const text of ['one', 'two', 'three']) chat.send(text)
    await host.when('send')
    assert.equal(host.count('send'), 1)
    answer()
    await state(({ unsent }) => unsent.length === 0)
    assert.deepEqual(
      host.messages.slice(-3).map(({ text }) => text),
      ['one', 'two', 'three'],
    )
  })

  it('says why a message has failed, and tries again with the same id', async () => {
    await open()
    host.refuse('send', 'The disk is full.', { code: 'storage' })
    chat.send('hello')
    const failed = await state(({ unsent }) => unsent[0]?.standing.is === 'failed')
    assert.deepEqual(failed.unsent[0]?.standing, { is: 'failed', why: 'The disk is full.' })
    chat.retry(failed.unsent[0]?.message ?? '')
    await state(({ unsent }) => unsent.length === 0)
    assert.equal(new Set(host.asked.flatMap(one => (one.method === 'send' ? [one.params.message] : []))).size, 1)
    assert.equal(host.messages.filter(({ text }) => text === 'hello').length, 1)
  })

  it('lets the messages behind a failed one go', async () => {
    await open()
    host.refuse('send', 'Too long.', { code: 'bad-message' })
    chat.send('one')
    chat.send('two')
    const { unsent } = await state(({ unsent }) => unsent.length === 1)
    assert.deepEqual(
      unsent.map(({ text }) => text),
      ['one'],
    )
  })

  it('puts a failed message back into the composer, behind what is there', async () => {
    await open()
    host.refuse('send', 'Too long.', { times: 2 })
    for (const text of ['one', 'two']) chat.send(text)
    const { unsent } = await state(({ unsent }) => unsent.every(({ standing }) => standing.is === 'failed'))
    for (const { message } of unsent) chat.edit(message)
    assert.deepEqual([chat.store.state.draft, chat.store.state.unsent], ['one\ntwo', []])
  })

  it('keeps what is written while the hub is away, and sends it when it is back', async () => {
    await open()
    host.show(viewOf({ hub: { is: 'connecting', why: 'Starting.' } }))
    await state(({ view }) => view?.hub.is === 'connecting')
    host.refuse('send', 'It is away.', { code: 'not-running' })
    chat.send('hello')
    await state(({ unsent }) => unsent[0]?.standing.is === 'waiting')
    host.show(viewOf())
    await state(({ unsent }) => unsent.length === 0)
    assert.equal(host.messages.at(-1)?.text, 'hello')
  })

  it('sends after a reload what the hub had not taken, once', async () => {
    await open()
    host.hold('send')
    chat.send('hello')
    const { message: id } = await host.when('send')
    assert.equal(kept?.unsent?.[0]?.text, 'hello')
    load()
    host.hold('send')()
    await open()
    await state(({ unsent }) => unsent.length === 0)
    assert.deepEqual(
      host.messages.filter(({ text }) => text === 'hello').map(({ message }) => message),
      [id],
    )
    assert.deepEqual(kept?.unsent, [])
  })

  it('goes on with what its host has kept of it, once and in the order in which it was written', async () => {
    const waiting = (text: string, written: number) => ({ message: text, text, written })
    host.opened = { unsent: [waiting('one', 1), waiting('three', 3)] }
    const conversation = viewOf().conversation.conversation
    kept = {
      conversation,
      person: 'bob',
      unsent: [waiting('two', 2), waiting('one', 1)].map(one => ({ conversation, ...one })),
    }
    await open()
    await state(({ unsent }) => unsent.length === 0)
    assert.deepEqual(
      host.messages.slice(-3).map(({ text }) => text),
      ['one', 'two', 'three'],
    )
  })

  it('has its host forget what is dropped', async () => {
    await open()
    host.refuse('send', 'It is too long.', { code: 'bad-message' })
    chat.send('hello')
    const { unsent } = await state(({ unsent }) => unsent[0]?.standing.is === 'failed')
    const { message: id } = unsent[0] ?? assert.fail()
    chat.discard(id)
    assert.deepEqual(await host.when('drop'), { message: id })
  })

  it('keeps on what waits in another chat', async () => {
    const elsewhere = { conversation: 'other', message: 'm', text: 'hello', written: 1 }
    kept = { conversation: 'other', person: 'carol', unsent: [elsewhere] }
    await open()
    assert.equal(host.count('send'), 0)
    assert.deepEqual(kept?.unsent, [elsewhere])
  })

  it('is not confused by what an older version has kept', async () => {
    kept = { unsent: [1, { message: 2 }, null], draft: 7 } as unknown as SurfaceState
    const { unsent, draft } = await open()
    assert.deepEqual([unsent, draft], [[], ''])
  })

  it('brings older and newer pages, one at a time, and says when that fails', async () => {
    host.opened = { scroll: { position: positionOf(150), offset: 0 } }
    const { held } = await open()
    assert.deepEqual([held.moreBefore, held.moreAfter], [true, true])
    void chat.pages.older()
    void chat.pages.older()
    await state(({ before }) => before === 'idle')
    assert.equal(host.count('history'), 1)
    assert.equal(chat.store.state.held.messages[0]?.position, positionOf(30))
    host.refuse('history', 'The disk is broken.')
    await chat.pages.newer()
    assert.deepEqual(chat.store.state.after, { why: 'The disk is broken.' })
    await chat.pages.newer()
    assert.deepEqual(
      [chat.store.state.after, chat.store.state.held.messages.at(-1)?.position],
      ['idle', positionOf(269)],
    )
  })

  it('misses nothing that comes while the last page is on its way', async () => {
    host.opened = { scroll: { position: positionOf(200), offset: 0 } }
    await open()
    const told = message(300, { mine: false })
    const answer = host.hold('history')
    const newer = chat.pages.newer()
    // Read before the message came, answered after it was told.
    host.tell('messages', [told])
    answer()
    await newer
    const { held } = chat.store.state
    assert.deepEqual([held.moreAfter, held.messages.at(-1)], [false, told])
  })

  it('goes to the latest messages from far away, with what comes meanwhile', async () => {
    host.opened = { scroll: { position: positionOf(10), offset: 0 } }
    await open()
    const answer = host.hold('history')
    const latest = chat.pages.latest()
    await host.when('history')
    host.tell('messages', [message(300, { mine: false })])
    answer()
    await latest
    const { held, start } = chat.store.state
    assert.deepEqual([held.messages.at(-1)?.position, held.moreAfter, start.at], [positionOf(300), false, 'latest'])
  })

  it('throws away a page of a stretch that is not shown any more', async () => {
    host.opened = { scroll: { position: positionOf(150), offset: 0 } }
    await open()
    const answer = host.hold('history')
    const older = chat.pages.older()
    const latest = chat.pages.latest()
    answer()
    await Promise.all([older, latest])
    const { held, before } = chat.store.state
    assert.deepEqual([held.messages[0]?.position, before], [positionOf(240), 'idle'])
  })

  it('shows the latest when one writes', async () => {
    host.opened = { scroll: { position: positionOf(10), offset: 0 } }
    await open()
    chat.send('hello')
    const { held } = await state(({ unsent, held }) => unsent.length === 0 && !held.moreAfter)
    assert.equal(held.messages.at(-1)?.text, 'hello')
  })

  it('marks read what is in sight, once and never back', async () => {
    await open()
    chat.sees({ isAtEnd: true, lowest: positionOf(299) })
    host.tell('sight', { isInSight: true })
    const { position } = await host.when('markRead')
    assert.equal(position, positionOf(299))
    chat.sees({ isAtEnd: false, lowest: positionOf(200) })
    chat.sees({ isAtEnd: true, lowest: positionOf(300) })
    await host.when('markRead', params => params.position === positionOf(300))
    assert.equal(host.count('markRead'), 2)
  })

  it('marks nothing read that is not in sight', async () => {
    await open()
    chat.sees({ isAtEnd: true, lowest: positionOf(299) })
    chat.sees({ isAtEnd: false, top: { position: positionOf(250), offset: 3 }, lowest: positionOf(280) })
    // The place is kept after the time in which it would have been marked.
    await host.when('save')
    assert.equal(host.count('markRead'), 0)
  })

  it('keeps the New line until one answers', async () => {
    host.opened = { firstUnread: positionOf(290) }
    await open()
    assert.equal(chat.store.state.newLine, positionOf(290))
    host.arrive()
    await state(({ held }) => held.messages.at(-1)?.position === positionOf(300))
    assert.equal(chat.store.state.newLine, positionOf(290))
    chat.send('hello')
    assert.equal(chat.store.state.newLine, undefined)
  })

  it('puts the New line above what comes while one is away, not above what one sees come', async () => {
    await open()
    host.tell('sight', { isInSight: true })
    chat.sees({ isAtEnd: true, lowest: positionOf(299) })
    host.arrive()
    await state(({ held }) => held.messages.at(-1)?.position === positionOf(300))
    assert.equal(chat.store.state.newLine, undefined)
    host.tell('sight', { isInSight: false })
    host.arrive()
    host.arrive()
    await state(({ newLine }) => newLine === positionOf(301))
  })

  it('has new messages of others said, once', async () => {
    const heard: Heard[] = []
    chat.onHeard(news => heard.push(...news))
    await open()
    const arrived = host.arrive({ text: 'news' })
    host.tell('messages', [arrived])
    chat.send('mine')
    await state(({ unsent }) => unsent.length === 0)
    assert.deepEqual(heard, [{ name: 'Bob Larsen', text: 'news' }])
  })

  it('saves what is being written, and empties it with the message', async () => {
    await open()
    chat.draft.write('hel')
    chat.draft.write('hello')
    assert.deepEqual(await host.when('save'), { draft: 'hello' })
    chat.send('hello')
    await host.when('save', ({ draft }) => draft === '')
    assert.equal(chat.store.state.draft, '')
  })

  it('loses no letter of what is being written when the page goes before it is saved', async () => {
    await open()
    chat.draft.write('hel')
    chat.draft.write('hello')
    assert.equal(kept?.draft, 'hello')
    assert.equal(host.count('save'), 0)
    assert.deepEqual(await host.when('writing', ({ draft }) => draft === 'hello'), { draft: 'hello' })
    load()
    const { draft } = await open()
    assert.equal(draft, 'hello')
    assert.deepEqual(await host.when('save'), { draft: 'hello' })
    await until('the hub has it', () => kept?.draft === undefined)
  })

  it('takes what it has kept of a draft for older than the message that became of it', async () => {
    await open()
    chat.draft.write('hel')
    const older = kept
    chat.send('hello')
    await state(({ unsent }) => unsent.length === 0)
    const sent = host.messages.at(-1) ?? assert.fail()
    host.messages[host.messages.length - 1] = { ...sent, written: Date.now() + 1 }
    kept = older
    load()
    assert.equal((await open()).draft, '')
  })

  it('stays empty after what was sent, though the hub has not heard of that before the page went', async () => {
    await open()
    chat.draft.write('hello')
    await until('the hub has it', () => kept?.draft === undefined)
    host.hold('save')
    chat.send('hello')
    await state(({ unsent }) => unsent.length === 0)
    const sent = host.messages.at(-1) ?? assert.fail()
    host.messages[host.messages.length - 1] = { ...sent, written: Date.now() + 1 }
    host.opened = { draft: 'hello' }
    load()
    assert.equal((await open()).draft, '')
  })

  it('keeps a draft that the hub could not save', async () => {
    await open()
    host.refuse('save', 'It is away.')
    chat.draft.write('hello')
    await host.when('save')
    assert.equal(kept?.draft, 'hello')
    load()
    const { draft } = await open()
    assert.equal(draft, 'hello')
    await host.when('save', () => host.count('save') === 2)
  })

  it('gives up what it has kept when another window has written since', async () => {
    await open()
    chat.draft.write('half a')
    host.opened = { draft: 'half a sentence, finished elsewhere' }
    load()
    assert.equal((await open()).draft, 'half a sentence, finished elsewhere')
    assert.equal(host.count('save'), 0)
  })

  it('loses no letter to its own save, of which it has not heard before the page went', async () => {
    await open()
    chat.draft.write('hel')
    host.hold('save')
    chat.flush()
    await host.when('save')
    chat.draft.write('hello')
    host.opened = { draft: 'hel' }
    load()
    assert.equal((await open()).draft, 'hello')
  })

  it('takes over what another window writes, but not while one writes here', async () => {
    await open()
    host.tell('saved', { draft: 'from there' })
    await state(({ draft }) => draft === 'from there')
    chat.draft.write('from here')
    host.tell('saved', { draft: 'from there again' })
    assert.equal(chat.store.state.draft, 'from here')
  })

  it('is opened again when it may be stale, and draws nothing anew when most is the same', async () => {
    const { start } = await open()
    chat.draft.write('being written')
    host.messages.push(message(300, { mine: false }))
    host.tell('stale', {})
    const { held, draft, start: again } = await state(({ held }) => held.messages.at(-1)?.position === positionOf(300))
    assert.deepEqual([draft, again.drawing], ['being written', start.drawing])
    assert.equal(held.messages.length, limits.page)
  })

  it('is read again until that succeeds, as it hears of nothing new before', async () => {
    await open()
    host.messages.push(message(300, { mine: false }))
    host.refuse('open', 'The disk is busy.', { code: 'storage', times: 2 })
    host.tell('stale', {})
    const { held } = await state(({ held }) => held.messages.at(-1)?.position === positionOf(300))
    assert.equal(held.messages.length, limits.page)
    assert.equal(host.count('open'), 4)
  })

  it('is read to the end, and then once more, when it gets stale meanwhile again and again', async () => {
    await open()
    await new Promise(setImmediate)
    const answer = host.hold('open')
    for (let n = 0; n < 5; n++) host.tell('stale', {})
    await new Promise(setImmediate)
    assert.equal(host.count('open'), 2)
    answer()
    await until('it was read again', () => host.count('open') === 3)
    await new Promise(setImmediate)
    assert.equal(host.count('open'), 3)
  })

  it('does what the extension tells it once the page is there', async () => {
    await open()
    const done: string[] = []
    host.tell('insert', { text: 'a' })
    await state(() => true)
    chat.obey({ insert: text => done.push(text), focus: what => done.push(what) })
    host.tell('focus', 'lastMessage')
    await new Promise(setImmediate)
    assert.deepEqual(done, ['a', 'lastMessage'])
  })

  it('does not take the answer to an earlier page for its own', async () => {
    const asked: number[] = []
    const page = () =>
      new Bridge(
        {
          postMessage: said => said.is === 'request' && asked.push(said.id),
          getState: () => undefined,
          setState: () => {},
        },
        () => 'Late.',
      )
    const earlier = page()
    const gone = earlier.ask('copy', { text: 'there' })
    const later = page()
    const answer = later.ask('selection', {})
    const [before, own] = asked
    assert.ok(before !== undefined && own !== undefined)
    later.receive({ is: 'reply', id: before, result: null })
    later.receive({ is: 'reply', id: own, result: { text: 'here' } })
    assert.deepEqual(await answer, { text: 'here' })
    earlier.receive({ is: 'reply', id: before, result: null })
    await gone
  })

  it('does not wait for ever for an answer', async () => {
    let late: (() => void) | undefined
    const bridge = new Bridge({ postMessage: () => {}, getState: () => undefined, setState: () => {} }, () => 'Late.')
    const original = globalThis.setTimeout
    globalThis.setTimeout = ((action: () => void, wait: number) => {
      assert.equal(wait, limits.requestTimeout)
      late = action
      return 0
    }) as never
    try {
      const answer = bridge.ask('history', { limit: 1 })
      late?.()
      await assert.rejects(answer, { code: 'timeout', message: 'Late.' })
    } finally {
      globalThis.setTimeout = original
    }
  })
})
