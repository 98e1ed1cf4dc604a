import assert from 'node:assert/strict'
import { limits } from '../../../../../daemon/src/limits.ts'
import type { RoomConversation } from '../../../../../daemon/src/protocol/control.ts'
import { type HubHome, hubHome, password, type RunningHub, startTestHub } from '../../../../support/hub.ts'
import { type RunningRegistry, startTestRegistry } from '../../../../support/registry.ts'
import { until } from '../../../../support/wait.ts'

/** Hubs of people of one team. */
class RoomsTeam implements AsyncDisposable {
  readonly registry: RunningRegistry
  readonly hubs = new Map<string, RunningHub>()
  readonly #homes = new Map<string, HubHome>()

  private constructor(registry: RunningRegistry) {
    this.registry = registry
  }

  static async start(...names: string[]): Promise<RoomsTeam> {
    const team = new RoomsTeam(await startTestRegistry())
    for (const name of names) {
      team.#homes.set(name, await hubHome())
      await team.begin(name)
      await team.of(name).hub.signUp({ registry: team.registry.registry.address, name, password })
    }
    return team
  }

  async begin(name: string): Promise<void> {
    const home = this.#homes.get(name)
    assert.ok(home)
    this.hubs.set(name, await startTestHub(home, { reconnect: { first: 50, fast: 100, fastFor: 60_000, slow: 500 } }))
  }

  async stop(name: string): Promise<void> {
    await this.of(name).hub.close()
    this.hubs.delete(name)
  }

  /** Somebody loses their home: they begin with an empty one. */
  async lose(name: string): Promise<void> {
    await this.stop(name)
    await this.#homes.get(name)?.[Symbol.asyncDispose]()
    this.#homes.set(name, await hubHome())
    await this.begin(name)
  }

  of(name: string): RunningHub {
    const hub = this.hubs.get(name)
    assert.ok(hub, `${name} is not running`)
    return hub
  }

  /** A room as somebody sees it, by its name. */
  room(name: string, title: string): RoomConversation | undefined {
    const { conversations } = this.of(name).hub.snapshot()
    return conversations.find((each): each is RoomConversation => each.kind === 'room' && each.room.name === title)
  }

  /** Resolves once somebody stands so in a room, and has seen so many join. */
  stands(name: string, title: string, standing: string, members?: number): Promise<true> {
    return this.of(name).seen(`${name} is ${standing} in ${title}`, () => {
      const room = this.room(name, title)?.room
      return room?.standing === standing && (members === undefined || room.members === members)
    })
  }

  /** What somebody sees of a room: texts, and events in brackets. */
  async shown(name: string, room: string): Promise<string[]> {
    const { messages } = await this.of(name).hub.history({ with: room, limit: 500 })
    return messages.map(({ text, event, name: author }) => {
      if (!event) return `${author}: ${text}`
      return `[${author} ${event.is}${'name' in event ? ` ${event.name}` : ''}${'text' in event ? ` ${event.text}` : ''}]`
    })
  }

  /** Resolves once somebody sees a text in a room. */
  async sees(name: string, room: string, text: string): Promise<void> {
    const find = async () => (await this.shown(name, room)).some(line => line.endsWith(`: ${text}`))
    let isThere = await find()
    while (!isThere) {
      const { length } = this.of(name).news
      await this.of(name).seen(`${name} sees ${text}`, () => this.of(name).news.length > length)
      isThere = await find()
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const { hub } of this.hubs.values()) await hub.close()
    await this.registry[Symbol.asyncDispose]()
    for (const home of this.#homes.values()) await home[Symbol.asyncDispose]()
  }
}

describe('rooms of a team', () => {
  it('are founded, joined and talked in, also while the founder is away', async () => {
    await using team = await RoomsTeam.start('ann', 'bob', 'cas')
    const ann = team.of('ann').hub
    const founded = await ann.rooms.createRoom({ name: 'Tea club', topic: 'Which tea?', invite: ['bob', 'cas'] })
    assert.equal(founded.conversation.kind, 'room')
    assert.deepEqual(
      founded.members.map(({ person, role, isSelf }) => [person.name, role, isSelf]),
      [
        ['ann', 'owner', true],
        ['bob', 'invited', undefined],
        ['cas', 'invited', undefined],
      ],
    )
    await team.stands('bob', 'Tea club', 'invited')
    await team.stands('cas', 'Tea club', 'invited')
    assert.equal(team.room('bob', 'Tea club')?.room.by?.name, 'ann')
    assert.equal(team.room('bob', 'Tea club')?.room.topic, 'Which tea?')
    assert.deepEqual(await team.shown('bob', '#tea-club'), [])
    await assert.rejects(team.of('bob').say('#tea-club', 'early'), { code: 'not-member' })

    await team.of('bob').hub.rooms.joinRoom({ conversation: '#tea club' })
    await team.of('cas').hub.rooms.joinRoom({ conversation: '#TEA-CLUB' })
    for (const name of ['ann', 'bob', 'cas'])
      await team.stands(name, 'Tea club', name === 'ann' ? 'owner' : 'member', 3)
    await team.of('ann').say('#tea-club', 'hello')
    await team.sees('bob', '#tea-club', 'hello')
    await team.sees('cas', '#tea-club', 'hello')
    assert.equal(team.room('bob', 'Tea club')?.unread, 1)

    await team.stop('ann')
    await team.of('bob').say('#tea-club', 'ann is gone')
    await team.sees('cas', '#tea-club', 'ann is gone')
    await team.of('cas').say('#tea-club', 'so she is')
    await team.sees('bob', '#tea-club', 'so she is')
    await team.begin('ann')
    await team.sees('ann', '#tea-club', 'so she is')
    await team.sees('ann', '#tea-club', 'ann is gone')
    assert.deepEqual((await team.shown('ann', '#tea-club')).slice(0, 3), [
      '[ann founded]',
      '[ann invited bob]',
      '[ann invited cas]',
    ])
  })

  it('that one was invited to while away are found by the first question after the start', async () => {
    await using team = await RoomsTeam.start('ann', 'ben')
    await team.of('ann').say('ben', 'we have met')
    await team.of('ben').seen('the message', () => team.of('ben').hub.snapshot().conversations.length === 1)
    await team.stop('ben')
    await team.of('ann').hub.rooms.createRoom({ name: 'Tea club', invite: ['ben'] })
    await team.begin('ben')
    const { hub } = team.of('ben')
    const [asked, named] = await Promise.all([
      hub.rooms.room({ conversation: '#tea-club' }),
      hub.history({ with: '#Tea club', limit: 1 }),
    ])
    assert.equal(asked.conversation.conversation, named.conversation)
  })

  it('put somebody out, and take them in again', async () => {
    await using team = await RoomsTeam.start('ann', 'bob')
    const { rooms } = team.of('ann').hub
    await rooms.createRoom({ name: 'Tea', invite: ['bob'] })
    await team.stands('bob', 'Tea', 'invited')
    await team.of('bob').hub.rooms.joinRoom({ conversation: '#tea' })
    await team.stands('ann', 'Tea', 'owner', 2)
    await assert.rejects(team.of('bob').hub.rooms.changeRoom({ conversation: '#tea', name: 'Mine' }), {
      code: 'not-allowed',
    })
    await assert.rejects(team.of('bob').hub.rooms.removeFromRoom({ conversation: '#tea', who: 'ann' }), {
      code: 'not-allowed',
    })
    await rooms.setRoomRole({ conversation: '#tea', who: 'bob', role: 'admin' })
    await team.stands('bob', 'Tea', 'admin')
    await rooms.removeFromRoom({ conversation: '#tea', who: 'bob' })
    await team.stands('bob', 'Tea', 'left')
    await assert.rejects(team.of('bob').say('#tea', 'let me in'), { code: 'not-member' })
    await rooms.inviteToRoom({ conversation: '#tea', who: 'bob' })
    await team.stands('bob', 'Tea', 'invited')
    await team.of('bob').hub.rooms.joinRoom({ conversation: '#tea' })
    await team.stands('ann', 'Tea', 'owner', 2)
    await team.of('bob').say('#tea', 'back again')
    await team.sees('ann', '#tea', 'back again')
  })

  it('hand over when the owner leaves, and keep what was said to read', async () => {
    await using team = await RoomsTeam.start('ann', 'bob')
    await team.of('ann').hub.rooms.createRoom({ name: 'Tea', invite: ['bob'] })
    await team.stands('bob', 'Tea', 'invited')
    await team.of('bob').hub.rooms.joinRoom({ conversation: '#tea' })
    await team.stands('ann', 'Tea', 'owner', 2)
    await team.of('ann').say('#tea', 'bye')
    await team.sees('bob', '#tea', 'bye')
    await team.of('ann').hub.rooms.leaveRoom({ conversation: '#tea' })
    await team.stands('bob', 'Tea', 'owner', 1)
    await team.of('bob').hub.rooms.changeRoom({ conversation: '#tea', name: 'Coffee' })
    assert.ok((await team.shown('ann', '#tea')).includes('ann: bye'))
    await until('nothing waits', async () => team.room('ann', 'Tea')?.queued === 0)
    assert.equal(team.room('ann', 'Tea')?.room.standing, 'left')
  })

  it('show who wrote something to those who never met them', async () => {
    await using team = await RoomsTeam.start('ann', 'bob', 'cas')
    await team.of('ann').hub.rooms.createRoom({ name: 'Tea', invite: ['bob'] })
    await team.stands('bob', 'Tea', 'invited')
    await team.of('bob').hub.rooms.joinRoom({ conversation: '#tea' })
    await team.stands('ann', 'Tea', 'owner', 2)
    await team.of('bob').say('#tea', 'hello')
    await team.sees('ann', '#tea', 'hello')
    await team.stop('bob')
    await team.of('ann').hub.rooms.inviteToRoom({ conversation: '#tea', who: 'cas' })
    await team.stands('cas', 'Tea', 'invited')
    await team.of('cas').hub.rooms.joinRoom({ conversation: '#tea' })
    await team.sees('cas', '#tea', 'hello')
    assert.ok((await team.shown('cas', '#tea')).includes('bob: hello'))
  })

  it('know what somebody wrote who has lost all devices, also those who come later and they themselves', async () => {
    await using team = await RoomsTeam.start('ann', 'bob', 'dan')
    const { conversation } = await team.of('ann').hub.rooms.createRoom({ name: 'Tea', invite: ['bob'] })
    await team.stands('bob', 'Tea', 'invited')
    await team.of('bob').hub.rooms.joinRoom({ conversation: '#tea' })
    await team.stands('ann', 'Tea', 'owner', 2)
    await team.of('bob').say('#tea', 'before')
    await team.sees('ann', '#tea', 'before')
    await team.of('bob').say('ann', 'to ann alone')
    await team.of('ann').seen('it', () => team.of('ann').hub.snapshot().conversations.length === 2)
    await team.lose('bob')

    const fresh = team.of('bob')
    await fresh.hub.signIn({ registry: team.registry.registry.address, name: 'bob', password })
    await fresh.hub.devices.newAccountKey()
    await team.of('ann').seen('the new key', () => team.of('ann').hub.status().warnings.length > 0)
    await team.of('ann').hub.trust.acceptKey({ with: 'bob' })
    await team.stands('bob', 'Tea', 'member', 2)
    await team.sees('bob', '#tea', 'before')
    await fresh.seen('what was said to ann', () => {
      return fresh.hub.snapshot().conversations.some(({ lastLine }) => lastLine === 'to ann alone')
    })

    await team.of('ann').hub.rooms.inviteToRoom({ conversation: conversation.conversation, who: 'dan' })
    await team.stands('dan', 'Tea', 'invited')
    await team.of('dan').hub.rooms.joinRoom({ conversation: '#tea' })
    await team.stands('dan', 'Tea', 'member', 3)
    await team.sees('dan', '#tea', 'before')
    await team.stop('dan')
    await team.begin('dan')
    await fresh.say('#tea', 'after')
    await team.sees('dan', '#tea', 'after')
    await team.sees('dan', '#tea', 'before')
  }).timeout(60_000)

  it('are refused in words', async () => {
    await using team = await RoomsTeam.start('ann')
    const { rooms } = team.of('ann').hub
    await assert.rejects(rooms.createRoom({ name: ' ' }), { code: 'bad-name' })
    await assert.rejects(rooms.createRoom({ name: 'n'.repeat(81) }), { code: 'bad-name' })
    await assert.rejects(rooms.createRoom({ name: 'Tea', invite: ['nobody'] }), { code: 'unknown-user' })
    assert.deepEqual(team.of('ann').hub.snapshot().conversations, [])
    // A hub that has just started waits for a while whether it comes.
    const notCome = /no invitation to one has come since this hub started/
    await assert.rejects(rooms.room({ conversation: '#tea' }), { code: 'unknown-room', message: notCome })
    const began = performance.now()
    await assert.rejects(team.of('ann').say('#tea', 'hello'), { code: 'unknown-room', message: /"#tea"\. List them/ })
    assert.ok(performance.now() - began < limits.catchUp)
    const { conversation } = await rooms.createRoom({ name: 'Tea', invite: ['ann'] })
    const withoutSign = { code: 'unknown-user', message: /If you mean the room, write "#Tea"/ }
    await assert.rejects(team.of('ann').say('tea', 'hello'), withoutSign)
    const inviteSelf = rooms.inviteToRoom({ conversation: conversation.conversation, who: '@Ann' })
    await assert.rejects(inviteSelf, { code: 'usage', message: /You are in Tea already/ })
    await rooms.createRoom({ name: 'tea' })
    await assert.rejects(rooms.room({ conversation: '#tea' }), { code: 'usage', message: /2 rooms are called/ })
  })
})
