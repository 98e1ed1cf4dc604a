import assert from 'node:assert/strict'
import { ParleyError } from '../../../../daemon/src/errors.ts'
import type { HubState } from '../../../../extension/src/hub/hub.ts'
import { HubConnection, type HubConnectionOptions } from '../../../../extension/src/hub/hub-connection.ts'
import { limits } from '../../../../extension/src/limits.ts'
import { device, request } from '../../../support/front-hub.ts'
import { ScriptedClient, settled, someAccount, somebody, someChat, TestClock } from '../../../support/hub-client.ts'

const quiet = { debug() {}, info() {}, warn() {}, error() {} }
const words = { away: 'It is away.', keepsEnding: 'It keeps ending.', noHub: 'It is no hub.' }
const never = () => new Promise<never>(() => {})

/** A connection whose attempts give what the test puts in line; after that, the last one again. */
function follow(...attempts: (ScriptedClient | ParleyError | 'never')[]) {
  const clock = new TestClock()
  const states: HubState[] = []
  const ended: number[] = []
  let tried = 0
  const options: HubConnectionOptions = {
    connect: async signal => {
      const next = attempts[Math.min(tried++, attempts.length - 1)] ?? 'never'
      if (next instanceof ParleyError) throw next
      if (next !== 'never') return next
      return new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
    },
    end: async () => {
      ended.push(clock.now())
      for (const each of attempts) if (each instanceof ScriptedClient && tried > attempts.indexOf(each)) each.close()
    },
    clock,
    log: quiet,
    words,
    random: () => 1,
  }
  const hub = new HubConnection(options)
  hub.onState(state => states.push(state))
  return {
    hub,
    clock,
    states,
    ended,
    attempts,
    tried: () => tried,
    async start() {
      hub.start()
      await settled()
    },
    [Symbol.dispose]: () => hub.dispose(),
  }
}

const broken = new ParleyError('not-running', 'No Node was found.')

function snapshot(number: number, ...names: string[]) {
  return { number, accounts: [someAccount()], conversations: names.map(name => someChat(name)) }
}

describe('the connection to the hub', () => {
  it('begins when it is told, and then knows what the hub knows', async () => {
    const client = new ScriptedClient({
      subscribe: () => snapshot(1, 'bob'),
      subscribePeople: () => ({ people: [somebody('bob')], online: 1, total: 2 }),
    })
    using it = follow(client)
    await settled()
    assert.deepEqual([it.tried(), it.hub.accounts], [0, undefined])
    const told: string[] = []
    it.hub.onAccounts(() => told.push('accounts'))
    it.hub.onConversations(ids => told.push(...ids))
    it.hub.onPeople(() => told.push('people'))
    await it.start()
    assert.deepEqual(it.states, [{ is: 'up' }])
    assert.deepEqual(told, ['accounts', 'with-bob', 'people'])
    assert.equal(it.hub.accounts?.[0]?.name, 'alice')
    assert.deepEqual(it.hub.people, { people: [somebody('bob')], online: 1, total: 2 })
  })

  it('refuses a daemon that has no chats, in words', async () => {
    using it = follow(new ScriptedClient({}, { roles: ['registry'] }))
    await it.start()
    assert.deepEqual(it.hub.state, { is: 'failed', code: 'unsupported', why: 'It is no hub.' })
  })

  it('ends everything when it is disposed, also a search under way', async () => {
    const client = new ScriptedClient()
    const it = follow(client)
    await it.start()
    it.hub.dispose()
    await settled()
    assert.equal(client.isClosed, true)
    assert.equal(it.clock.timers, 0)

    const searching = follow('never')
    await searching.start()
    const asked = assert.rejects(searching.hub.request('status', {}), { code: 'not-running' })
    searching.hub.dispose()
    await asked
    await settled()
    assert.equal(searching.clock.timers, 0)
    assert.equal(searching.states.length, 0)
  })
})

describe('the feed', () => {
  it('replaces what each change names, and tells which', async () => {
    const client = new ScriptedClient({ subscribe: () => snapshot(1, 'bob', 'carol') })
    using it = follow(client)
    await it.start()
    const told: (string[] | 'accounts')[] = []
    it.hub.onConversations(ids => told.push([...ids]))
    it.hub.onAccounts(() => told.push('accounts'))
    client.tell('change', { number: 2, conversations: [someChat('bob', { unread: 3 })] })
    client.tell('change', { number: 3, accounts: [someAccount({ state: 'unreachable' })] })
    assert.deepEqual(told, [['with-bob'], 'accounts'])
    assert.equal(it.hub.conversations.get('with-bob')?.unread, 3)
    assert.equal(it.hub.conversations.get('with-carol')?.unread, 0)
    assert.equal(it.hub.accounts?.[0]?.state, 'unreachable')
  })

  it('tells of chat requests, and of devices that wait, each as a whole', async () => {
    const client = new ScriptedClient({
      subscribe: () => ({ ...snapshot(1), requests: [request('zoe')], pendingDevices: [] }),
    })
    using it = follow(client)
    await it.start()
    const told: string[] = []
    it.hub.onRequests(() => told.push(`requests ${it.hub.requests.length}`))
    it.hub.onPendingDevices(() => told.push(`devices ${it.hub.pendingDevices.length}`))
    client.tell('change', { number: 2, requests: [request('zoe'), request('yan')] })
    client.tell('change', { number: 3, pendingDevices: [device('lap')] })
    client.tell('change', { number: 4, requests: [], pendingDevices: [] })
    assert.deepEqual(told, ['requests 2', 'devices 1', 'requests 0', 'devices 0'])
  })

  it('has none of them of a hub that is older than they are', async () => {
    const client = new ScriptedClient({ subscribe: () => ({ number: 1, accounts: [], conversations: [] }) })
    using it = follow(client)
    await it.start()
    assert.deepEqual([it.hub.requests, it.hub.pendingDevices], [[], []])
  })

  it('asks for a new snapshot after a gap, once, and then goes on', async () => {
    let number = 1
    const client = new ScriptedClient({
      subscribe: () => (number === 1 ? snapshot(number) : snapshot(number, 'bob', 'dave')),
    })
    using it = follow(client)
    await it.start()
    number = 9
    const told: string[][] = []
    it.hub.onConversations(ids => told.push([...ids]))
    client.tell('change', { number: 5 })
    client.tell('change', { number: 6, conversations: [someChat('eve')] })
    await settled()
    assert.equal(client.count('subscribe'), 2)
    assert.deepEqual(told, [['with-bob', 'with-dave']])
    assert.equal(it.hub.conversations.has('with-eve'), false, 'the snapshot is newer than that change')
    client.tell('change', { number: 10, conversations: [someChat('bob', { unread: 1 })] })
    assert.deepEqual(told[1], ['with-bob'])
    assert.equal(client.count('subscribe'), 2)
  })

  it('loses no change that overtakes its snapshot', async () => {
    const reply = Promise.withResolvers<unknown>()
    const client = new ScriptedClient({ subscribe: () => reply.promise })
    using it = follow(client)
    await it.start()
    client.tell('change', { number: 4, conversations: [someChat('bob', { unread: 1 })] })
    client.tell('change', { number: 5, conversations: [someChat('bob', { unread: 2 })] })
    assert.deepEqual(it.states, [])
    reply.resolve(snapshot(4, 'bob'))
    await settled()
    assert.equal(it.hub.conversations.get('with-bob')?.unread, 2)
  })

  it('follows people who come, change and are listed no longer', async () => {
    const client = new ScriptedClient({
      subscribePeople: () => ({ people: [somebody('bob'), somebody('carol')], online: 2, total: 9 }),
    })
    using it = follow(client)
    await it.start()
    const away = somebody('bob', { status: 'away' })
    client.tell('people', { people: [away, somebody('dave')], gone: ['user-carol'], online: 3, total: 10 })
    assert.deepEqual(it.hub.people, { people: [away, somebody('dave')], online: 3, total: 10 })
  })

  it('does without people where the hub does not know them', async () => {
    const client = new ScriptedClient({
      subscribePeople: () => Promise.reject(new ParleyError('unsupported', 'Update Parley.')),
    })
    using it = follow(client)
    await it.start()
    assert.equal(it.hub.state.is, 'up')
    assert.deepEqual(it.hub.people, { people: [], online: 0, total: 0 })
  })

  it('hands on notices', async () => {
    const client = new ScriptedClient()
    using it = follow(client)
    await it.start()
    const heard: string[] = []
    it.hub.onNotice(({ conversation }) => heard.push(conversation))
    const message = { conversation: 'c', message: 'm', user: 'u', name: 'bob', mine: false, text: 't', written: 0 }
    client.tell('notice', { conversation: 'c', person: somebody('bob'), message: { ...message, position: 'p' } })
    assert.deepEqual(heard, ['c'])
  })

  it('knows whether one may invite: by the roles, by the account, and once it has been started', async () => {
    using roles = follow(new ScriptedClient({}, { roles: ['hub', 'registry'] }))
    await roles.start()
    assert.equal(roles.hub.mayInvite, true)

    const client = new ScriptedClient({ hostTeam: () => ({ registry: 'r', address: 'a', team: 'Acme' }) })
    using it = follow(client)
    await it.start()
    assert.equal(it.hub.mayInvite, false)
    client.tell('change', { number: 2, accounts: [someAccount({ isHosted: true })] })
    assert.equal(it.hub.mayInvite, true, 'another window has started one')
    client.tell('change', { number: 3, accounts: [someAccount({ isAdmin: true })] })
    assert.equal(it.hub.mayInvite, true, 'an admin invites as well')
    client.tell('change', { number: 4, accounts: [someAccount()] })
    let told = 0
    it.hub.onAccounts(() => told++)
    await it.hub.request('hostTeam', { team: 'Acme' })
    assert.deepEqual([it.hub.mayInvite, told], [true, 1])
  })
})

describe('a hub that dies', () => {
  it('is looked for again, and what was known stays known until then', async () => {
    const first = new ScriptedClient({ subscribe: () => snapshot(1, 'bob', 'carol') })
    const second = new ScriptedClient({ subscribe: () => snapshot(1, 'bob') })
    using it = follow(first, second)
    await it.start()
    first.close()
    await settled()
    assert.deepEqual(it.hub.state, { is: 'connecting', again: true })
    assert.equal(it.hub.conversations.size, 2)
    assert.equal(it.hub.accounts?.length, 1)
    const told: string[][] = []
    it.hub.onConversations(ids => told.push([...ids].sort()))
    await it.clock.pass(limits.hubBackoff.first)
    assert.equal(it.hub.state.is, 'up')
    assert.deepEqual(told, [['with-bob', 'with-carol']], 'also of what is no more')
    assert.deepEqual([...it.hub.conversations.keys()], ['with-bob'])
    // The numbers of a new hub begin anew.
    second.tell('change', { number: 2, conversations: [someChat('bob', { unread: 1 })] })
    assert.equal(it.hub.conversations.get('with-bob')?.unread, 1)
  })

  it('is started again with growing pauses, and given up in its own words', async () => {
    using it = follow(broken)
    await it.start()
    const times: number[] = []
    const since = it.clock.now()
    while (it.hub.state.is === 'connecting') {
      const tried = it.tried()
      await it.clock.pass(10)
      if (it.tried() > tried) times.push(it.clock.now() - since)
    }
    assert.equal(it.tried(), limits.hubTries)
    assert.deepEqual(times, [200, 600, 1_400, 3_000, 6_200])
    assert.deepEqual(it.hub.state, { is: 'failed', code: 'not-running', why: 'No Node was found.' })
    assert.deepEqual(it.states[0], { is: 'connecting', again: false, why: 'No Node was found.' })
    assert.equal(it.clock.timers, 0)
  })

  it('is given up when it keeps ending, and not when it has lived well in between', async () => {
    const lives = Array.from({ length: limits.hubTries * 2 }, () => new ScriptedClient())
    using it = follow(...lives)
    await it.start()
    for (const client of lives.slice(0, limits.hubTries - 1)) {
      await it.clock.pass(limits.steadyHub - 1)
      assert.equal(it.hub.state.is, 'up')
      client.close()
      await it.clock.pass(limits.hubBackoff.longest)
    }
    await it.clock.pass(limits.steadyHub)
    for (const client of lives.slice(limits.hubTries - 1, -2)) {
      client.close()
      await it.clock.pass(limits.hubBackoff.longest)
      assert.equal(it.hub.state.is, 'up')
    }
    lives.at(-2)?.close()
    await settled()
    assert.deepEqual(it.hub.state, { is: 'failed', code: 'not-running', why: 'It keeps ending.' })
  })

  it('is given up at once where a person must mend something', async () => {
    using it = follow(new ParleyError('too-old', 'Update Parley in this editor.'))
    await it.start()
    assert.deepEqual(it.hub.state, { is: 'failed', code: 'too-old', why: 'Update Parley in this editor.' })
  })

  it('counts as dead when it ends before its snapshot has come', async () => {
    const mute = new ScriptedClient({ subscribe: never })
    using it = follow(mute, new ScriptedClient())
    await it.start()
    mute.close()
    await it.clock.pass(limits.hubBackoff.first)
    assert.deepEqual(
      it.states.map(state => state.is),
      ['connecting', 'up'],
    )
  })
})

describe('restarting', () => {
  it('ends the hub, connects to a new one, and says when it is up', async () => {
    const first = new ScriptedClient()
    using it = follow(first, new ScriptedClient({}, { pid: 8 }))
    await it.start()
    const restarted = it.hub.restart()
    const asked = it.hub.request('status', {}).catch((error: ParleyError) => error.code)
    await restarted
    assert.equal(it.ended.length, 1)
    assert.equal(first.isClosed, true)
    assert.deepEqual(
      it.states.map(state => state.is),
      ['up', 'connecting', 'up'],
    )
    assert.equal(await asked, 'unsupported', 'the new one was asked')
    assert.equal(first.count('status'), 0)
  })

  it('tries again what was given up', async () => {
    const attempts: (ScriptedClient | ParleyError)[] = [new ParleyError('home', 'Not yours.')]
    using it = follow(...attempts)
    await it.start()
    assert.equal(it.hub.state.is, 'failed')
    await assert.rejects(it.hub.restart(), { code: 'not-running', message: 'Not yours.' })
    it.attempts.push(new ScriptedClient(), new ScriptedClient())
    await it.hub.restart()
    assert.equal(it.hub.state.is, 'up')
  })

  it('does not wait for a search that hangs', async () => {
    using it = follow('never', new ScriptedClient())
    await it.start()
    await it.hub.restart()
    assert.equal(it.hub.state.is, 'up')
  })
})

describe('a search that was called off', () => {
  it('takes nothing from the connection that came after it, when it finds a hub all the same', async () => {
    const late = Promise.withResolvers<ScriptedClient>()
    const second = new ScriptedClient()
    const attempts = [late.promise, Promise.resolve(second)]
    const hub = new HubConnection({
      connect: () => attempts.shift() ?? never(),
      end: async () => {},
      clock: new TestClock(),
      log: quiet,
      words,
    })
    hub.start()
    await hub.restart()
    const first = new ScriptedClient()
    late.resolve(first)
    await settled()
    assert.equal(first.isClosed, true)
    hub.watchChat('with-bob', { messages() {}, saved() {}, stale() {} })
    await settled()
    assert.equal(second.count('subscribeMessages'), 1)
    hub.dispose()
  })
})

describe('a request', () => {
  const sent = { to: 'bob', text: 'hi', message: 'm1' }

  it('waits for a hub that is away for a moment, as a message that is typed then', async () => {
    const first = new ScriptedClient()
    const second = new ScriptedClient({ send: () => ({ message: 'm1' }) })
    using it = follow(first, second)
    await it.start()
    first.close()
    await settled()
    const reply = it.hub.request('send', sent)
    await it.clock.pass(limits.hubBackoff.first)
    assert.equal((await reply).message, 'm1')
    assert.equal(it.clock.timers, 0)
  })

  it('is refused in words when the hub stays away, and at once when it was given up', async () => {
    using it = follow('never')
    await it.start()
    const late = assert.rejects(it.hub.request('send', sent), { code: 'not-running', message: 'It is away.' })
    await it.clock.pass(limits.hubAway)
    await late
    using failed = follow(new ParleyError('home', 'Not yours.'))
    await failed.start()
    await assert.rejects(failed.hub.request('send', sent), { code: 'not-running', message: 'Not yours.' })
  })

  it('that may be made twice is made again when the hub dies under it; another one is not', async () => {
    const first = new ScriptedClient({ send: never, signUp: never })
    const second = new ScriptedClient({ send: () => ({ message: 'm1' }), signUp: () => someAccount() })
    using it = follow(first, second)
    await it.start()
    const sending = it.hub.request('send', sent)
    const signing = assert.rejects(it.hub.request('signUp', { registry: 'r', name: 'a', password: 'p' }), {
      code: 'closed',
    })
    await settled()
    first.close()
    await it.clock.pass(limits.hubBackoff.first)
    assert.equal((await sending).message, 'm1')
    await signing
    assert.equal(second.count('signUp'), 0)
  })

  it('is refused as the hub says, also when what it says is that something else has closed', async () => {
    const client = new ScriptedClient({ send: () => Promise.reject(new ParleyError('closed', 'The team hung up.')) })
    using it = follow(client)
    await it.start()
    await assert.rejects(it.hub.request('send', sent), { message: 'The team hung up.' })
    assert.equal(client.count('send'), 1)
  })
})

describe('a chat that is followed', () => {
  const listenerOf = (heard: string[]) => ({
    messages: (messages: readonly { readonly text: string }[]) => void heard.push(...messages.map(each => each.text)),
    saved: () => {},
    stale: () => void heard.push('stale'),
  })

  it('is followed at the next hub too, and told that it may have missed something', async () => {
    const first = new ScriptedClient()
    const second = new ScriptedClient()
    using it = follow(first, second)
    await it.start()
    const heard: string[] = []
    it.hub.watchChat('with-bob', listenerOf(heard))
    await settled()
    assert.deepEqual(heard, [], 'nothing was missed yet')
    first.close()
    await it.clock.pass(limits.hubBackoff.first)
    assert.deepEqual(second.asked.filter(([method]) => method === 'subscribeMessages').length, 1)
    assert.deepEqual(heard, ['stale'])
  })

  it('misses nothing between following and reading', async () => {
    const answer = Promise.withResolvers<object>()
    const client = new ScriptedClient({ subscribeMessages: () => answer.promise, history: () => ({ messages: [] }) })
    using it = follow(client)
    await it.start()
    it.hub.watchChat('with-bob', listenerOf([]))
    const read = it.hub.request('history', { with: 'with-bob', limit: 10 })
    await settled()
    assert.equal(client.count('history'), 0)
    answer.resolve({})
    await read
  })
})

describe('what the window shows', () => {
  it('is told before anything else, and again to each new hub', async () => {
    const first = new ScriptedClient()
    const second = new ScriptedClient()
    using it = follow(first, second)
    it.hub.attend({ isFocused: true, visible: [] })
    await it.start()
    assert.deepEqual(first.asked[0], ['attend', { isFocused: true, visible: [] }])
    it.hub.attend({ isFocused: false, visible: ['c'] })
    assert.equal(first.count('attend'), 2)
    first.close()
    await it.clock.pass(limits.hubBackoff.first)
    assert.deepEqual(second.asked[0], ['attend', { isFocused: false, visible: ['c'] }])
  })
})
