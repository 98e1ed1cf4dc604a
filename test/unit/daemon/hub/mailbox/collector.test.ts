import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { create } from '@bufbuild/protobuf'
import { ParleyError } from '../../../../../daemon/src/errors.ts'
import { Collector, type CollectorOptions } from '../../../../../daemon/src/hub/mailbox/collector.ts'
import type { Person } from '../../../../../daemon/src/hub/people.ts'
import { limits } from '../../../../../daemon/src/limits.ts'
import { sealEntry } from '../../../../../daemon/src/protocol/entries.ts'
import {
  conversationId,
  type DeviceId,
  deviceId,
  fromText,
  toText,
  userId,
} from '../../../../../daemon/src/protocol/ids.ts'
import { generateKeyPair, idOfKey } from '../../../../../daemon/src/protocol/keys.ts'
import { makeMailKeys, sealMail } from '../../../../../daemon/src/protocol/mailbox.ts'
import {
  EntriesSchema,
  type Entry,
  type MailItem,
  MailItemSchema,
  MailSchema,
} from '../../../../../daemon/src/protocol/parley_pb.ts'
import { testLog } from '../../../../support/links.ts'
import { answeringSession, doneReply } from '../../../../support/mail-session.ts'
import { until } from '../../../../support/wait.ts'

const conversation = conversationId(new Uint8Array(32).fill(1))

function author() {
  const key = generateKeyPair()
  const device = deviceId(idOfKey(key.spki))
  return { ...key, device, user: userId(randomBytes(16)) }
}

type Author = ReturnType<typeof author>

function entryBy({ device, privateKey }: Author, text: string, kind = 16): Entry {
  const fields = { conversation, device, seq: 1, prev: [], time: 1n, kind, body: Buffer.from(text), privateKey }
  return sealEntry(fields).entry
}

/** A device whose mailbox at the registry holds what `put` puts there. */
async function scene(changes: Partial<CollectorOptions> = {}) {
  const waiting: MailItem[] = []
  const asked: string[] = []
  const taken: string[] = []
  const keys = await makeMailKeys()
  const keyId = new Uint8Array(8).fill(7)
  const self = author().device
  const log = testLog()
  const people = new Map<string, Person>()
  const registry = await answeringSession(is => {
    asked.push(is.case ?? '')
    if (is.case === 'collectMail')
      return { case: 'mail', value: create(MailSchema, { items: waiting.slice(0, 3), more: waiting.length > 3 }) }
    if (is.case !== 'takenMail') throw new ParleyError('unsupported', 'Not in this test.')
    for (const id of is.value.ids) {
      const at = waiting.findIndex(item => Buffer.from(item.id).equals(id))
      if (at >= 0) waiting.splice(at, 1)
    }
    return doneReply
  })
  const collector = new Collector({
    mail: {
      take: async (_from, _conversation, entries) => void taken.push(...entries.map(({ body }) => textOf(body))),
    },
    keys: {
      pair: id => (Buffer.from(id).equals(keyId) ? keys : undefined),
      prune: async () => void asked.push('prune'),
    },
    self,
    session: () => registry.session,
    personWith: async user => {
      const person = people.get(user)
      if (person) return person
      throw new ParleyError('unknown-user', 'Nobody has this id.')
    },
    isHeld: () => false,
    log,
    retry: { first: 5, fast: 5 },
    ...changes,
  })
  const know = ({ user, device, spki }: Author) => {
    people.set(user, { user, name: 'alice', keys: new Map([[device, spki]]) } as unknown as Person)
  }
  const put = async (by: Author, entries: Entry[], route: { device?: DeviceId; keyId?: Uint8Array } = {}) => {
    const key = { id: route.keyId ?? keyId, key: keys.publicKey }
    const content = create(EntriesSchema, { conversation: fromText(conversation), entries })
    const { id, sealed } = await sealMail(content, { from: by.device, device: route.device ?? self, key })
    const item = { id, user: fromText(by.user), device: fromText(by.device), sealed }
    waiting.push(create(MailItemSchema, item))
    return toText(id)
  }
  const dropped = () => log.lines.filter(({ text }) => text.startsWith('Mail was dropped'))
  return {
    waiting,
    asked,
    taken,
    dropped,
    collector,
    know,
    put,
    async [Symbol.asyncDispose]() {
      await collector.close()
      await registry[Symbol.asyncDispose]()
    },
  }
}

const textOf = (bytes: Uint8Array) => Buffer.from(bytes).toString()

describe('mail that waits', () => {
  it('is taken in order, page by page, and forgotten by the registry only then', async () => {
    const order: string[] = []
    await using at = await scene({
      mail: { take: async (_from, _to, entries) => void order.push(...entries.map(({ body }) => textOf(body))) },
    })
    const alice = author()
    at.know(alice)
    for (let n = 0; n < 8; n++) await at.put(alice, [entryBy(alice, `${n}`)])
    at.collector.collect()
    await until('all is taken', () => at.waiting.length === 0)
    assert.deepEqual(order, ['0', '1', '2', '3', '4', '5', '6', '7'])
    await until('old keys are looked at once nothing waits', () => at.asked.at(-1) === 'prune')
    assert.equal(at.asked.filter(one => one === 'takenMail').length, 3)
  })

  it('stays at the registry while it cannot be stored here, and everything behind it too', async () => {
    let isFull = true
    const order: string[] = []
    await using at = await scene({
      mail: {
        take: async (_from, _to, [entry]) => {
          if (isFull) throw new ParleyError('storage', 'The disk is full.')
          order.push(textOf(entry?.body ?? new Uint8Array()))
        },
      },
    })
    const alice = author()
    at.know(alice)
    for (const text of ['a', 'b']) await at.put(alice, [entryBy(alice, text)])
    at.collector.collect()
    await until('it has tried again', () => at.asked.filter(one => one === 'collectMail').length > 2)
    assert.deepEqual([at.waiting.length, at.asked.includes('takenMail')], [2, false])
    isFull = false
    await until('it is taken', () => at.waiting.length === 0)
    assert.deepEqual([order, at.dropped()], [['a', 'b'], []])
  })

  it('that can never be opened is logged once and deleted, and what is behind it comes', async () => {
    await using at = await scene()
    const alice = author()
    at.know(alice)
    await at.put(alice, [entryBy(alice, 'to a lost key')], { keyId: new Uint8Array(8) })
    await at.put(alice, [entryBy(alice, 'for another device')], { device: author().device })
    const odd = (fill: number, sealed: Uint8Array) =>
      create(MailItemSchema, {
        id: new Uint8Array(16).fill(fill),
        user: fromText(alice.user),
        device: fromText(alice.device),
        sealed: new Uint8Array(sealed),
      })
    at.waiting.push(odd(0, randomBytes(256)), odd(1, new Uint8Array(3)))
    await at.put(alice, [entryBy(alice, 'good')])
    at.collector.collect()
    await until('all is gone', () => at.waiting.length === 0)
    assert.deepEqual(at.taken, ['good'])
    assert.equal(at.dropped().length, 4)
  })

  it('is dropped when its sender is nobody, has no such device, or has not written it', async () => {
    await using at = await scene()
    const [alice, bob, nobody] = [author(), author(), author()]
    at.know(alice)
    at.know(bob)
    await at.put(nobody, [entryBy(nobody, 'from nobody')])
    await at.put({ ...nobody, user: alice.user }, [entryBy(nobody, 'from a device that is not hers')])
    await at.put(alice, [entryBy(bob, 'bob’s, by alice')])
    await at.put(alice, [entryBy(alice, 'hers'), entryBy(bob, 'who belongs to the room', 33)])
    at.collector.collect()
    await until('all is gone', () => at.waiting.length === 0)
    assert.deepEqual(at.taken, ['hers', 'who belongs to the room'])
    assert.equal(at.dropped().length, 3)
  })

  it('from somebody blocked, or whose key has changed, is dropped unread', async () => {
    await using at = await scene({ isHeld: () => true })
    const alice = author()
    at.know(alice)
    await at.put(alice, [entryBy(alice, 'hello?')])
    at.collector.collect()
    await until('it is gone', () => at.waiting.length === 0)
    assert.deepEqual([at.taken, at.dropped().length], [[], 1])
  })

  it('without end is taken up to what a mailbox holds, then after a while, whatever the registry says', async () => {
    const log = testLog()
    let asked = 0
    const registry = await answeringSession(is => {
      if (is.case === 'takenMail') return doneReply
      asked++
      const items = Array.from({ length: 500 }, () => create(MailItemSchema, { id: randomBytes(16) }))
      return { case: 'mail', value: create(MailSchema, { items, more: true }) }
    })
    await using it = await scene({ session: () => registry.session, log, retry: { first: 60_000 } })
    it.collector.collect()
    await until('it has enough', () => log.lines.some(({ text }) => text.includes('more mail than a mailbox holds')))
    const before = asked
    for (let count = 0; count < 50; count++) {
      it.collector.collect()
      await new Promise(resolve => setImmediate(resolve))
    }
    assert.deepEqual([asked, before], [9, 9])
    await registry[Symbol.asyncDispose]()
  })

  it('that fails in a way nobody foresaw is dropped after some tries: it keeps nothing waiting for ever', async () => {
    let tries = 0
    const order: string[] = []
    await using at = await scene({
      mail: {
        take: async (_from, _to, [entry]) => {
          const text = textOf(entry?.body ?? new Uint8Array())
          if (text === 'odd' && ++tries > 0) throw new RangeError('a bug')
          order.push(text)
        },
      },
    })
    const alice = author()
    at.know(alice)
    for (const text of ['odd', 'good']) await at.put(alice, [entryBy(alice, text)])
    at.collector.collect()
    await until('all is gone', () => at.waiting.length === 0)
    assert.deepEqual([order, tries], [['good'], limits.mailTries])
  })
})
