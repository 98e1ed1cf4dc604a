import assert from 'node:assert/strict'
import type { Account, AccountStore } from '../../../../../daemon/src/hub/accounts.ts'
import type { Conversations } from '../../../../../daemon/src/hub/conversations/conversations.ts'
import { LogCuts, type LogCutsParts } from '../../../../../daemon/src/hub/devices/log-cuts.ts'
import { type ConversationId, conversationId, deviceId, userId } from '../../../../../daemon/src/protocol/ids.ts'
import { generateKeyPair, idOfKey } from '../../../../../daemon/src/protocol/keys.ts'
import { readAct } from '../../../../../daemon/src/protocol/membership-bodies.ts'
import { testLog } from '../../../../support/links.ts'

const user = userId(new Uint8Array(16).fill(1))
const [direct, room, left] = [2, 3, 4].map(number => conversationId(new Uint8Array(32).fill(number))) as [
  ConversationId,
  ConversationId,
  ConversationId,
]
const key = generateKeyPair().spki
const device = deviceId(idOfKey(key))
const head = { seq: 7, hash: new Uint8Array(32).fill(7) }

/** A home with a chat where the device wrote, a room where it did not, and one that was left. */
function home(options: { revoked?: boolean; failing?: boolean } = {}) {
  const isRevoked = options.revoked ?? true
  let cutting: readonly Uint8Array[] = [key]
  const enacted: { conversation: ConversationId; seqs: number[] }[] = []
  const state = { failing: options.failing ?? false }
  const store = {
    get current() {
      return { cutting, listed: { revoked: new Set(isRevoked ? [device] : []) } } as unknown as Account
    },
    save: async (_registry: unknown, patch: { cutting?: readonly Uint8Array[] }) => {
      cutting = patch.cutting ?? cutting
    },
  } as unknown as AccountStore
  const conversations = {
    list: () => [{ conversation: direct }],
    rooms: () => [{ conversation: room }, { conversation: left }],
    membersOf: (id: ConversationId) => ({
      users: new Set(id === left ? [] : [user]),
      cutsOf: () => enacted.filter(({ conversation }) => conversation === id),
    }),
    headsOf: (id: ConversationId) => new Map(id === direct ? [[device, [head]]] : []),
    enact: async (conversation: ConversationId, kind: number, body: Uint8Array) => {
      if (state.failing && conversation === room) throw new Error('the disk is full')
      const act = readAct(body, kind)
      assert.ok(act.is === 'revocation' && act.device === device)
      enacted.push({ conversation, seqs: act.cut.map(({ seq }) => seq) })
      return new Uint8Array(32)
    },
  } as unknown as Conversations
  const parts: LogCutsParts = { store, conversations, user, now: Date.now, log: testLog() }
  return { cuts: new LogCuts(parts), enacted, state, left: () => cutting.length }
}

describe('the logs of a revoked device', () => {
  it('are cut where it wrote last, or before anything, in every conversation that one takes part in', async () => {
    const { cuts, enacted, left } = home()
    await cuts.make()
    assert.deepEqual(enacted, [
      { conversation: direct, seqs: [7] },
      { conversation: room, seqs: [] },
    ])
    assert.equal(left(), 0)
    await cuts.make()
    assert.equal(enacted.length, 2, 'once each')
  })

  it('are cut in the rest after something went wrong', async () => {
    const { cuts, enacted, state, left } = home({ failing: true })
    await cuts.make()
    assert.deepEqual([enacted.length, left()], [1, 1])
    state.failing = false
    await Promise.all([cuts.make(), cuts.make()])
    assert.deepEqual([enacted.length, left()], [2, 0])
  })

  it('are not cut where it was never revoked after all', async () => {
    const { cuts, enacted, left } = home({ revoked: false })
    await cuts.make()
    assert.deepEqual([enacted.length, left()], [0, 0])
  })
})
