import assert from 'node:assert/strict'
import type { MessageInfo } from '../../../../daemon/src/protocol/control.ts'
import { Watches } from '../../../../extension/src/hub/watches.ts'
import { ScriptedClient, settled } from '../../../support/hub-client.ts'

const quiet = { debug() {}, info() {}, warn() {}, error() {} }

function listener() {
  const heard: string[] = []
  return {
    heard,
    messages: (messages: readonly MessageInfo[]) => void heard.push(...messages.map(each => each.text)),
    saved: ({ draft }: { readonly draft: string }) => void heard.push(`draft ${draft}`),
    stale: () => void heard.push('stale'),
  }
}

function message(text: string): MessageInfo {
  return { conversation: 'c', message: text, user: 'u', name: 'bob', mine: false, text, written: 0, position: text }
}

const asked = (client: ScriptedClient) => client.asked.map(([method]) => method)

describe('following chats', () => {
  it('asks the hub once, however many follow, and until the last one has gone', async () => {
    const watches = new Watches(quiet)
    const client = new ScriptedClient()
    await watches.connected(client)
    const [one, other] = [listener(), listener()]
    const first = watches.watch('c', one)
    const second = watches.watch('c', other)
    await watches.settled()
    assert.deepEqual(asked(client), ['subscribeMessages'])
    client.tell('messages', { conversation: 'c', messages: [message('hi')] })
    client.tell('chat', { conversation: 'c', state: { draft: 'I thi' } })
    client.tell('messages', { conversation: 'other', messages: [message('not here')] })
    first.dispose()
    first.dispose()
    client.tell('messages', { conversation: 'c', messages: [] })
    second.dispose()
    await watches.settled()
    assert.deepEqual(asked(client), ['subscribeMessages', 'unsubscribeMessages'])
    assert.deepEqual(one.heard, ['hi', 'draft I thi'])
    assert.deepEqual(other.heard, ['hi', 'draft I thi', 'stale'])
  })

  it('asks a new hub for everything again', async () => {
    const watches = new Watches(quiet)
    const all = listener()
    const late = watches.watch('a', all)
    watches.watch('b', all)
    await settled()
    const first = new ScriptedClient()
    await watches.connected(first)
    assert.deepEqual(asked(first), ['subscribeMessages', 'subscribeMessages'])
    watches.lost(first)
    late.dispose()
    const second = new ScriptedClient()
    await watches.connected(second)
    assert.deepEqual(second.asked, [['subscribeMessages', { with: 'b' }]])
    assert.deepEqual(asked(first), ['subscribeMessages', 'subscribeMessages'], 'the old one is left alone')
    watches.stale()
    assert.deepEqual(all.heard, ['stale'])
  })

  it('ends up right when somebody comes and goes faster than the hub answers', async () => {
    const watches = new Watches(quiet)
    const answers: (() => void)[] = []
    const client = new ScriptedClient({
      subscribeMessages: () => new Promise<object>(resolve => answers.push(() => resolve({}))),
    })
    await watches.connected(client)
    watches.watch('c', listener()).dispose()
    watches.watch('c', listener()).dispose()
    await settled()
    for (const answer of answers) answer()
    await watches.settled()
    assert.deepEqual(asked(client), ['subscribeMessages', 'unsubscribeMessages'].slice(0, asked(client).length))
    assert.equal(client.count('subscribeMessages'), client.count('unsubscribeMessages'))

    const kept = watches.watch('d', listener())
    await settled()
    kept.dispose()
    watches.watch('d', listener())
    for (const answer of answers) answer()
    await watches.settled()
    assert.equal(client.asked.at(-1)?.[0], 'subscribeMessages', 'somebody still follows')
  })

  it('lets what is read wait until the hub follows', async () => {
    const watches = new Watches(quiet)
    const answer = Promise.withResolvers<object>()
    const client = new ScriptedClient({ subscribeMessages: () => answer.promise })
    await watches.connected(client)
    watches.watch('c', listener())
    let isSettled = false
    const settling = watches.settled().then(() => {
      isSettled = true
    })
    await settled()
    assert.equal(isSettled, false)
    answer.resolve({})
    await settling
  })

  it('goes on when the hub refuses, and when a listener fails', async () => {
    const watches = new Watches(quiet)
    const client = new ScriptedClient({ subscribeMessages: () => Promise.reject(new Error('too many')) })
    await watches.connected(client)
    const fine = listener()
    watches.watch('c', { ...listener(), stale: () => assert.fail('on purpose') })
    watches.watch('c', fine)
    await watches.settled()
    watches.stale()
    assert.deepEqual(fine.heard, ['stale'])
  })
})
