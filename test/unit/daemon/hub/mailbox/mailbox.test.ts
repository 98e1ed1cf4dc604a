import assert from 'node:assert/strict'
import type { HubOptions } from '../../../../../daemon/src/hub/home.ts'
import { enrolledHome } from '../../../../support/enrolled.ts'
import { type HubHome, messageText, type RunningHub, startTestHub } from '../../../../support/hub.ts'
import { readMetrics } from '../../../../support/open-metrics.ts'
import { startTestRegistry } from '../../../../support/registry.ts'
import { until } from '../../../../support/wait.ts'

const quick = { first: 20, fast: 50, fastFor: 60_000, slow: 50 }
const hasty: Partial<HubOptions> = { reconnect: quick, mailWaits: { patience: 30, retry: quick } }

/** Two people of a team; each has been there once, so that they have mailboxes. */
async function scene(changes: Parameters<typeof startTestRegistry>[0] = {}) {
  const stack = new AsyncDisposableStack()
  const at = stack.use(await startTestRegistry(changes))
  const homes = {
    alice: stack.use(await enrolledHome(at, 'alice')),
    bob: stack.use(await enrolledHome(at, 'bob')),
  }
  const keysPublished = async () => (await at.memory.storage.list('mailbox-key/', { limit: 10 })).rows.length
  const start = async (home: HubHome) => stack.use(await startTestHub(home, hasty))
  for (const [count, home] of Object.values(homes).entries()) {
    await using _ = await startTestHub(home, hasty)
    await until('a mailbox key is published', async () => (await keysPublished()) === count + 1)
  }
  const waiting = () => at.registry.status().mail?.items ?? 0
  return { at, homes, start, waiting, [Symbol.asyncDispose]: () => stack.disposeAsync() }
}

const statesOf = async ({ hub }: RunningHub, other: string) =>
  (await hub.history({ with: other, limit: 100 })).messages
    .filter(({ mine, event }) => mine && !event)
    .map(({ state }) => state)

const reached = (of: RunningHub, other: string, state: string) =>
  until(`all is ${state}`, async () => (await statesOf(of, other)).every(one => one === state))

describe('two hubs that are never up together', () => {
  it('pass messages on by mail, once, and nothing goes back', async () => {
    await using team = await scene()
    const alice = await team.start(team.homes.alice)
    for (const text of ['one', 'two', 'three']) await alice.say('bob', text)
    await reached(alice, 'bob', 'sent')
    await alice.hub.close()
    assert.ok(team.waiting() > 0)
    const bob = await team.start(team.homes.bob)
    await until('all has come', async () => (await bob.texts('alice')).length === 3)
    assert.deepEqual(await bob.texts('alice'), ['one', 'two', 'three'])
    await until('the registry has forgotten it', () => team.waiting() === 0)
    await bob.say('alice', 'four')
    await reached(bob, 'alice', 'sent')
    await bob.hub.close()

    const again = await team.start(team.homes.alice)
    await until('the answer has come', async () => (await again.texts('bob')).length === 4)
    assert.deepEqual(await statesOf(again, 'bob'), ['sent', 'sent', 'sent'])
    const back = await team.start(team.homes.bob)
    await reached(again, 'bob', 'delivered')
    await reached(back, 'alice', 'delivered')
    assert.deepEqual(await back.texts('alice'), ['one', 'two', 'three', 'four'])
  })

  it('are told of what was left for them that it is sent, not queued, when they wait in vain', async () => {
    await using team = await scene()
    const alice = await team.start(team.homes.alice)
    const said = await alice.say('bob', 'one')
    await reached(alice, 'bob', 'sent')
    const waited = alice.hub.waitDelivered({ ...said, timeout: 1_000 })
    await assert.rejects(waited, { code: 'timeout', message: /not been delivered yet\. It is sent, and they get it/ })
  })

  it('lose nothing when there is no room: it stays queued, and comes by a link', async () => {
    await using team = await scene({ limits: { mailItemsPerSender: 1 } })
    const alice = await team.start(team.homes.alice)
    await alice.say('bob', 'one')
    await reached(alice, 'bob', 'sent')
    await alice.say('bob', 'two')
    await until('it was refused', () => alice.log.lines.some(({ text }) => text.startsWith('Mail could not be left')))
    assert.equal(team.waiting(), 1)
    const bob = await team.start(team.homes.bob)
    await reached(alice, 'bob', 'delivered')
    assert.deepEqual(await bob.texts('alice'), ['one', 'two'])
    await until('what waited is gone', () => team.waiting() === 0)
    assert.deepEqual(await bob.texts('alice'), ['one', 'two'])
  })

  it('take nothing from somebody blocked, and leave nothing for them', async () => {
    await using team = await scene()
    const before = await startTestHub(team.homes.bob, hasty)
    await before.hub.strangers.block({ with: 'alice', blocked: true })
    await before.hub.close()
    const alice = await team.start(team.homes.alice)
    await alice.say('bob', 'one')
    await reached(alice, 'bob', 'sent')
    await alice.hub.strangers.block({ with: 'bob', blocked: true })
    const bob = await team.start(team.homes.bob)
    await until('it was dropped', () => team.waiting() === 0)
    assert.deepEqual(await bob.texts('alice'), [])
  })

  it('send nothing by mail to who is linked by then', async () => {
    await using team = await scene()
    const patient = { reconnect: quick, mailWaits: { patience: 2_000, retry: quick } }
    await using alice = await startTestHub(team.homes.alice, patient)
    await using bob = await startTestHub(team.homes.bob, patient)
    const sent = await alice.hub.send({ to: 'bob', text: 'hello', message: messageText() })
    await alice.hub.waitDelivered({ ...sent, timeout: 10_000 })
    assert.deepEqual(await bob.texts('alice'), ['hello'])
    const began = performance.now()
    await until('its time would have come', () => performance.now() - began > 2_200)
    const { text } = await team.at.registry.metrics()
    assert.equal(readMetrics(text).get('parley_mail_events_total{event="deposited"}'), 0)
  })
})

describe('a room whose members are never up together', () => {
  it('has what each has written, in one order', async () => {
    await using team = await scene()
    await using third = await enrolledHome(team.at, 'carol')
    const alice = await team.start(team.homes.alice)
    const bob = await team.start(team.homes.bob)
    const carol = await team.start(third)
    const { conversation: room } = await alice.hub.rooms.createRoom({ name: 'Zoo', invite: ['bob', 'carol'] })
    const { conversation } = room
    for (const { hub } of [bob, carol]) {
      await until('invited', () => hub.snapshot().conversations.some(one => one.conversation === conversation))
      await hub.rooms.joinRoom({ conversation })
    }
    const joined = async ({ hub }: RunningHub) =>
      (await hub.rooms.room({ conversation })).members.filter(({ role }) => role !== 'invited').length
    await until(
      'all have joined',
      async () => (await joined(alice)) + (await joined(bob)) + (await joined(carol)) === 9,
    )
    await bob.hub.close()
    await carol.hub.close()
    await alice.say(conversation, 'who is here?')
    await reached(alice, conversation, 'sent')
    await until('it waits for both', () => team.waiting() === 2)
    await alice.hub.close()
    const bobAgain = await team.start(team.homes.bob)
    const said = async (by: RunningHub) => (await by.texts(conversation)).filter(text => text !== '')
    await until('bob has it', async () => (await said(bobAgain)).length === 1)
    await bobAgain.say(conversation, 'bob is')
    await reached(bobAgain, conversation, 'sent')
    await until('it waits for both others', () => team.waiting() === 3)
    await bobAgain.hub.close()
    const carolAgain = await team.start(third)
    await until('carol has both', async () => (await said(carolAgain)).length === 2)
    assert.deepEqual(await said(carolAgain), ['who is here?', 'bob is'])
  })
})
