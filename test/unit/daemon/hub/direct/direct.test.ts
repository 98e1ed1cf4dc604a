import assert from 'node:assert/strict'
import type { PersonInfo } from '../../../../../daemon/src/protocol/control.ts'
import { type HubHome, hubHome, type RunningHub, startTestHub } from '../../../../support/hub.ts'
import { within } from '../../../../support/links.ts'

describe('hub: people of no team', function () {
  this.timeout(30_000)

  it('ask by address, are accepted, and write to each other', async () => {
    await using two = await twoHomes()
    const asked = await two.alice.hub.strangers.connect({ address: addressOf(two.bob), name: 'alice' })
    assert.deepEqual(asked, { state: 'asked' })
    assert.deepEqual(peopleOf(two.alice), [], 'nothing is told of bob before he accepts')

    const request = await two.bob.seen('a request', () => two.bob.hub.snapshot().requests[0])
    assert.deepEqual([request.kind, request.name, request.address], ['direct', 'alice', addressOf(two.alice)])
    assert.match(request.safetyNumber ?? '', /^(\d{5} ){11}\d{5}$/)
    const { conversation } = await two.bob.hub.strangers.answerRequest({ id: request.id, answer: 'accept' })
    assert.equal(conversation?.person.name, 'alice')
    assert.deepEqual(two.bob.hub.snapshot().requests, [])

    const bob = await two.alice.seen('bob is online', () => peopleOf(two.alice).find(isOnline))
    assert.deepEqual([bob.via, bob.address], ['direct', addressOf(two.bob)])
    await two.bob.say('alice', 'hello alice')
    await two.alice.seen('his message', () => two.alice.news.find(({ arrived }) => arrived))
    await two.alice.say(bob.name, 'hello bob')
    await two.bob.seen('her message', () => two.bob.news.find(({ arrived }) => arrived))
    assert.deepEqual(await two.bob.texts('alice'), ['hello alice', 'hello bob'])
  })
})

const isOnline = ({ status }: PersonInfo) => status === 'online'

function peopleOf({ hub }: RunningHub): readonly PersonInfo[] {
  return hub.people().people
}

function addressOf({ hub }: RunningHub): string {
  const [address] = hub.status().listen
  if (!address) throw new Error('This hub listens nowhere.')
  return address
}

interface TwoHomes extends AsyncDisposable {
  readonly alice: RunningHub
  readonly bob: RunningHub
  readonly homes: { readonly alice: HubHome; readonly bob: HubHome }
}

async function twoHomes(): Promise<TwoHomes> {
  await using stack = new AsyncDisposableStack()
  const homes = { alice: stack.use(await hubHome()), bob: stack.use(await hubHome()) }
  const alice = stack.use(await startTestHub(homes.alice))
  const bob = stack.use(await startTestHub(homes.bob))
  const kept = stack.move()
  return { alice, bob, homes, [Symbol.asyncDispose]: () => within('the end of both', kept.disposeAsync()) }
}
