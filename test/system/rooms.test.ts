import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import type { RoomConversation } from '../../daemon/src/protocol/control.ts'
import { toText } from '../../daemon/src/protocol/ids.ts'
import { temporaryFolder } from '../support/folder.ts'
import { Person, startRegistry } from '../support/team.ts'
import { cli } from '../support/terminal.ts'
import { until } from '../support/wait.ts'

const password = 'correct horse battery'
/** How long something may take to reach somebody while the machine is busy, in ms. */
const reaching = 30_000

/** The only room of somebody. */
async function roomOf({ client }: Person): Promise<RoomConversation | undefined> {
  const { conversations } = await client.request('subscribe', {})
  return conversations.find((each): each is RoomConversation => each.kind === 'room')
}

async function stands(person: Person, standing: string, members?: number): Promise<void> {
  const holds = async () => {
    const room = (await roomOf(person))?.room
    return room?.standing === standing && (members === undefined || room.members === members)
  }
  await until(`${person.name} is ${standing}`, holds, reaching)
}

function say({ client }: Person, text: string) {
  return client.request('send', { to: '#tea-club', text, message: toText(randomBytes(16)) })
}

/** What somebody sees of the room, what happened in it aside. */
async function texts({ client }: Person): Promise<string[]> {
  const { messages } = await client.request('history', { with: '#tea-club', limit: 500 })
  return messages.filter(({ event }) => event === undefined).map(({ name, text }) => `${name}: ${text}`)
}

async function sees(person: Person, expected: readonly string[]): Promise<void> {
  const sorted = JSON.stringify(expected.toSorted())
  let last: string[] = []
  const holds = async () => {
    last = await texts(person)
    return JSON.stringify(last.toSorted()) === sorted
  }
  await until(`${person.name} sees it all`, holds, reaching).catch(() => assert.deepEqual(last, expected))
}

describe('a room of real people', () => {
  it('goes on while whoever founded it is gone, heals, and puts somebody out for good', async function () {
    this.timeout(180_000)
    await using folder = await temporaryFolder()
    await using registry = await startRegistry(join(folder.path, 'registry'))
    const person = (name: string) => new Person(name, join(folder.path, name), { deadline: 60_000 })
    await using ann = await person('ann').start()
    await using bob = await person('bob').start()
    await using cas = await person('cas').start()
    await using dan = await person('dan').start()
    for (const each of [ann, bob, cas, dan]) await each.signUp(registry.ready.address, password)

    const founded = await cli(['room', 'create', 'Tea club', '--invite', 'bob', 'cas', '--home', ann.home])
    assert.equal(founded.code, 0, founded.err)
    assert.match(founded.out, /parley send "#Tea-club"/)
    // Nobody has joined, so it names nobody; that does not keep it from being said.
    const early = await cli(['send', '#tea-club', 'hello', '@bob', '--home', ann.home, '--json'])
    assert.equal(early.code, 0, early.err)
    assert.equal(JSON.parse(early.out).mentions, undefined)
    for (const each of [bob, cas]) {
      await stands(each, 'invited')
      const unread = await cli(['log', '#tea-club', '--home', each.home])
      assert.match(unread.out, /You are invited to #tea-club and see what was said once you join/)
      const joined = await cli(['room', 'join', '#tea-club', '--home', each.home])
      assert.equal(joined.out, 'You are in Tea club now.\n', joined.err)
    }
    for (const each of [ann, bob, cas]) await stands(each, each === ann ? 'owner' : 'member', 3)
    for (const each of [ann, bob, cas]) await sees(each, ['ann: hello @bob'])

    // The founder is gone for now; the others go on, and let somebody in.
    await ann.kill()
    await say(bob, 'ann is gone')
    await sees(cas, ['ann: hello @bob', 'bob: ann is gone'])
    const half = await cli(['room', 'invite', '#tea-club', 'dan', 'zoe', '--home', cas.home])
    assert.match(half.err, /It was done for dan; then: Nobody in .* is called "zoe"/)
    await stands(dan, 'invited')
    await dan.client.request('joinRoom', { conversation: '#tea-club' })
    await sees(dan, ['ann: hello @bob', 'bob: ann is gone'])
    await say(dan, 'here I am')
    const all = ['ann: hello @bob', 'bob: ann is gone', 'dan: here I am']
    await sees(bob, all)
    await sees(cas, all)

    // Whoever wrote it is gone as well, and yet it comes to the one who was away.
    await dan.kill()
    await ann.start()
    await sees(ann, all)
    await dan.start()
    await stands(ann, 'owner', 4)

    await ann.client.request('removeFromRoom', { conversation: '#tea-club', who: 'dan' })
    await stands(dan, 'left')
    await assert.rejects(say(dan, 'let me in'), { code: 'not-member' })
    await stands(bob, 'member', 3)
    await say(ann, 'without dan')
    await sees(bob, [...all, 'ann: without dan'])
    await sees(dan, all)

    await bob.client.request('inviteToRoom', { conversation: '#tea-club', who: 'dan' })
    await stands(dan, 'invited')
    await dan.client.request('joinRoom', { conversation: '#tea-club' })
    await say(dan, 'back')
    for (const each of [ann, bob, cas, dan]) await sees(each, [...all, 'ann: without dan', 'dan: back'])
    const shown = await cli(['room', 'show', '#tea-club', '--home', dan.home])
    assert.match(shown.out, /ann[^\n]*owner\n/)
    assert.match(shown.out, /dan[^\n]*member, you\n/)
  })
})
