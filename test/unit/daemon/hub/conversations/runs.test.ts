import assert from 'node:assert/strict'
import { emptyLog } from '../../../../../daemon/src/hub/conversations/device-log.ts'
import { checkEntries, type Ground } from '../../../../../daemon/src/hub/conversations/intake.ts'
import { encodeText } from '../../../../../daemon/src/protocol/bodies.ts'
import { readHeader, sealEntry } from '../../../../../daemon/src/protocol/entries.ts'
import { conversationId, deviceId, messageId, userId } from '../../../../../daemon/src/protocol/ids.ts'
import { idOfKey } from '../../../../../daemon/src/protocol/keys.ts'
import type { Entry } from '../../../../../daemon/src/protocol/parley_pb.ts'
import { makeKey } from '../../../../support/statements.ts'

const key = makeKey()
const conversation = conversationId(new Uint8Array(32).fill(1))
const device = deviceId(idOfKey(key.spki))
const user = userId(new Uint8Array(16))
const none = new Uint8Array(0)

/** Nothing is here yet, or the log up to `head`. */
function ground(head?: { seq: number; hash: Uint8Array }): Ground {
  const log = head && { ...emptyLog, heads: [{ ...head, time: 0n, rights: [] }] }
  return {
    from: device,
    conversation,
    now: 0,
    mayLink: () => ({ user, key: key.publicKey }),
    log: () => log,
    holds: async () => false,
    holdsHash: async () => false,
    holdsRights: () => true,
    heldCuts: async () => new Set(),
    rightsAt: async () => [],
  }
}

function makeLog(length: number, by = key): Entry[] {
  const log: Entry[] = []
  for (let seq = 1; seq <= length; seq++) log.push(seal(seq, log.slice(-1), by))
  return log
}

function seal(seq: number, after: readonly Entry[], by = key, rights: readonly Uint8Array[] = []): Entry {
  const body = encodeText(messageId(new Uint8Array(16).fill(seq)), 0, `message ${seq}`)
  const prev = after.map(entry => readHeader(entry).hash)
  const fields = {
    conversation,
    device,
    seq,
    prev,
    rights,
    time: BigInt(seq),
    kind: 16,
    body,
    privateKey: by.privateKey,
  }
  return sealEntry(fields).entry
}

const unsigned = (entry: Entry): Entry => ({ ...entry, signature: none, alg: 0 })

describe('a run of entries', () => {
  const log = makeLog(5)

  it('is vouched for by its last signature alone', async () => {
    const bare = log.map((entry, index) => (index < 4 ? unsigned(entry) : entry))
    const { accepted, refused } = await checkEntries(bare, ground())
    assert.deepEqual(
      accepted.map(({ seq }) => seq),
      [1, 2, 3, 4, 5],
    )
    assert.deepEqual(refused, [])
  })

  it('that ends without a signature is not accepted, except for the part that one vouches for', async () => {
    const [a, b, c] = log
    assert.ok(a && b && c)
    const cut = await checkEntries([unsigned(a), b, unsigned(c)], ground())
    assert.deepEqual(
      cut.accepted.map(({ seq }) => seq),
      [1, 2],
    )
    const none = await checkEntries([unsigned(a), unsigned(b)], ground())
    assert.deepEqual(none.accepted, [])
    assert.deepEqual(
      none.refused.map(({ code }) => code),
      ['bad-signature'],
    )
  })

  it('is taken up to a signature when what comes behind it has to wait', async () => {
    const [a, b, c] = log
    assert.ok(a && b && c)
    const waits = seal(4, [c], key, [new Uint8Array(32).fill(7)])
    const lacking = { ...ground(), holdsRights: (rights: readonly Uint8Array[]) => rights.length === 0 }
    const some = await checkEntries([unsigned(a), b, unsigned(c), waits], lacking)
    assert.deepEqual(
      some.accepted.map(({ seq, entry }) => [seq, entry.signature.length]),
      [
        [1, 0],
        [2, 64],
      ],
    )
    assert.ok(some.lacksRights && some.gaps.has(device))
    const nothing = await checkEntries([unsigned(a), unsigned(b), unsigned(c), waits], lacking)
    assert.deepEqual(nothing.accepted, [])
    assert.ok(nothing.gaps.has(device))
  })

  it('leaves no signature to be stored that nobody checked', async () => {
    const dirty = log.map((entry, index) => (index < 4 ? { ...entry, signature: new Uint8Array(64).fill(9) } : entry))
    const { accepted } = await checkEntries(dirty, ground())
    assert.deepEqual(
      accepted.map(({ entry }) => entry.signature.length),
      [0, 0, 0, 0, 64],
    )
  })

  it('by another key is refused, whatever device it names', async () => {
    const { accepted, refused } = await checkEntries(makeLog(3, makeKey()), ground())
    assert.deepEqual(accepted, [])
    assert.ok(refused.every(({ code }) => code === 'bad-signature') && refused.length > 0)
  })

  it('must follow what is here: a gap is asked for again', async () => {
    const [first, second, third] = log
    assert.ok(first && second && third)
    const gap = await checkEntries([third], ground({ seq: 1, hash: readHeader(first).hash }))
    assert.deepEqual([gap.accepted.length, [...gap.gaps]], [0, [device]])
    const other = makeLog(1)[0]
    assert.ok(other)
    const behindAnother = await checkEntries([second], ground({ seq: 1, hash: readHeader(other).hash }))
    assert.deepEqual([behindAnother.accepted.length, [...behindAnother.gaps]], [0, [device]])
  })

  it('that begins another branch of the log is taken as well', async () => {
    const [first] = log
    const [other] = makeLog(1)
    assert.ok(first && other)
    const { accepted, logs } = await checkEntries([other], ground({ seq: 1, hash: readHeader(first).hash }))
    assert.equal(accepted.length, 1)
    assert.equal(logs.get(device)?.heads.length, 2)
  })

  it('keeps its links where a body was changed: that one shows nothing, and its author is told', async () => {
    const run = log.map((entry, index) =>
      index === 2 ? { ...entry, body: encodeText(messageId(new Uint8Array(16)), 0, 'forged') } : entry,
    )
    const { accepted, refused } = await checkEntries(run, ground())
    assert.deepEqual(
      accepted.map(({ content }) => (content && 'text' in content ? content.text : undefined)),
      ['message 1', 'message 2', undefined, 'message 4', 'message 5'],
    )
    assert.deepEqual(accepted[2]?.entry.body, none)
    assert.deepEqual(
      refused.map(({ code, seq }) => [code, seq]),
      [['forged', 3]],
    )
  })
})
