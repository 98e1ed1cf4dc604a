import assert from 'node:assert/strict'
import { create, fromBinary, toBinary } from '@bufbuild/protobuf'
import { openMemoryStorage } from '@parley/storage-memory'
import { ChatRows } from '../../../../../daemon/src/hub/chats/chat-rows.ts'
import { OwnStates } from '../../../../../daemon/src/hub/chats/own-state.ts'
import { RowSaver } from '../../../../../daemon/src/hub/chats/row-saver.ts'
import { HybridClock } from '../../../../../daemon/src/protocol/clock.ts'
import { conversationId, deviceId } from '../../../../../daemon/src/protocol/ids.ts'
import { type Event, EventSchema } from '../../../../../daemon/src/protocol/parley_pb.ts'
import { testLog } from '../../../../support/links.ts'
import { until } from '../../../../support/wait.ts'

const chat = (number: number) => conversationId(new Uint8Array(32).fill(number))
const secret = chat(200)

/** What one device keeps, without its hub. */
class Device implements Disposable {
  readonly id
  readonly rows: ChatRows
  readonly states: OwnStates
  readonly #clock = new HybridClock()

  private constructor(number: number, rows: ChatRows) {
    this.id = deviceId(new Uint8Array(32).fill(number))
    this.rows = rows
    this.states = new OwnStates({
      registers: () => rows.registers(),
      register: (conversation, kind) => rows.register(conversation, kind),
      merge: registers => rows.merge(registers),
      isShared: conversation => conversation !== secret,
      clock: this.#clock,
      log: testLog(),
      draftPause: 5,
    })
  }

  static async open(number: number): Promise<Device> {
    const storage = openMemoryStorage()
    return new Device(number, await ChatRows.open(storage, new RowSaver(storage, 0)))
  }

  async set(conversation: ReturnType<typeof chat>, patch: Parameters<ChatRows['change']>[1]): Promise<void> {
    const stamp = (last: bigint) => ({ time: this.#clock.next(last), device: this.id })
    this.states.changed(await this.rows.change(conversation, patch, stamp))
  }

  [Symbol.dispose](): void {
    this.states.close()
  }
}

/** Links two devices; gives what passed and what cuts them. */
function link(a: Device, b: Device) {
  const cut = new AbortController()
  const frames: Event['is'][] = []
  const { signal } = cut
  let atB: ReturnType<OwnStates['attach']> | undefined
  let atA: ReturnType<OwnStates['attach']> | undefined
  const carry = (is: Event['is'], take: () => typeof atA) => {
    frames.push(is)
    const bytes = toBinary(EventSchema, create(EventSchema, { is }))
    setImmediate(() => void take()?.event(fromBinary(EventSchema, bytes).is))
  }
  atA = a.states.attach({ device: b.id, signal, send: async is => carry(is, () => atB) })
  atB = b.states.attach({ device: a.id, signal, send: async is => carry(is, () => atA) })
  return { frames, cut: () => cut.abort() }
}

describe('what own devices tell each other', () => {
  it('is all that is kept once they meet, and then what changes', async () => {
    using a = await Device.open(1)
    using b = await Device.open(2)
    await a.set(chat(3), { muted: true, draft: 'so far' })
    await b.set(chat(4), { pinned: true })
    link(a, b)
    await until('both know all', () => b.rows.get(chat(3)).muted && a.rows.get(chat(4)).pinned)
    assert.equal(b.rows.get(chat(3)).draft, 'so far')
    await b.set(chat(3), { draft: 'so far, so good', muted: false })
    await until('a knows it', () => a.rows.get(chat(3)).draft === 'so far, so good' && !a.rows.get(chat(3)).muted)
  })

  it('is a digest alone where nothing has changed', async () => {
    using a = await Device.open(1)
    using b = await Device.open(2)
    for (let number = 0; number < 100; number++) await a.set(chat(number), { archived: true })
    const first = link(a, b)
    await until('b knows all', () => [...b.rows.registers()].length === 100)
    first.cut()
    const second = link(b, a)
    await until('both have said it', () => second.frames.length === 2)
    await new Promise(resolve => setImmediate(() => setImmediate(resolve)))
    assert.equal(second.frames.length, 2)
  })

  it('goes on to devices that never meet, and ends there', async () => {
    using a = await Device.open(1)
    using b = await Device.open(2)
    using c = await Device.open(3)
    const links = [link(a, b), link(b, c), link(c, a)]
    links[2]?.cut()
    await a.set(chat(3), { pinned: true })
    await until('c knows it', () => c.rows.get(chat(3)).pinned)
    assert.equal(links[1]?.frames.filter(is => is.case === 'ownState' && is.value.registers.length > 0).length, 1)
  })

  it('agrees whatever was set at the same time', async () => {
    using a = await Device.open(1)
    using b = await Device.open(2)
    for (let round = 0; round < 20; round++) {
      await Promise.all([a.set(chat(3), { draft: `a ${round}` }), b.set(chat(3), { draft: `b ${round}` })])
    }
    link(a, b)
    await until('both agree', () => a.rows.get(chat(3)).draft === b.rows.get(chat(3)).draft)
  })

  it('is nothing of conversations that are not of their account', async () => {
    using a = await Device.open(1)
    using b = await Device.open(2)
    await a.set(secret, { draft: 'for nobody else' })
    await a.set(chat(3), { pinned: true })
    const { frames } = link(a, b)
    await until('b knows the rest', () => b.rows.get(chat(3)).pinned)
    const told = frames.flatMap(is => (is.case === 'ownState' ? is.value.registers : []))
    assert.deepEqual(
      told.map(({ conversation }) => conversationId(conversation)),
      [chat(3)],
    )
    assert.deepEqual(b.rows.get(secret).draft, '')
  })
})
