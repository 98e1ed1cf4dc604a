import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { create } from '@bufbuild/protobuf'
import { ParleyError } from '../../../../../daemon/src/errors.ts'
import type { MailLot } from '../../../../../daemon/src/hub/conversations/mail.ts'
import { Courier, type CourierOptions } from '../../../../../daemon/src/hub/mailbox/courier.ts'
import type { RegistrySession } from '../../../../../daemon/src/hub/registry/session.ts'
import { limits } from '../../../../../daemon/src/limits.ts'
import {
  conversationId,
  type DeviceId,
  deviceId,
  fromText,
  toText,
  userId,
} from '../../../../../daemon/src/protocol/ids.ts'
import { makeMailKeys, openMail, readEnvelope } from '../../../../../daemon/src/protocol/mailbox.ts'
import { type Deposit, EntrySchema } from '../../../../../daemon/src/protocol/parley_pb.ts'
import { testLog } from '../../../../support/links.ts'
import { answeringSession, doneReply } from '../../../../support/mail-session.ts'
import { until } from '../../../../support/wait.ts'

const conversation = conversationId(new Uint8Array(32).fill(1))
const newDevice = () => deviceId(randomBytes(32))
const bob = userId(randomBytes(16))

/** What is written for devices, each message a body; what was posted is remembered as the conversations do. */
class Outgoing {
  readonly #posted = new Map<DeviceId, number>()
  readonly messages: Uint8Array[] = []
  asked = 0

  write(...texts: (string | Uint8Array)[]): void {
    this.messages.push(...texts.map(text => new Uint8Array(Buffer.from(text))))
  }

  isPosted(device: DeviceId): boolean {
    return (this.#posted.get(device) ?? 0) >= this.messages.length
  }

  written() {
    return [conversation]
  }

  readers() {
    return [bob]
  }

  lacksMail(_user: unknown, device: DeviceId): boolean {
    return !this.isPosted(device)
  }

  async mailFor(_user: unknown, device: DeviceId, bytes: number): Promise<MailLot | undefined> {
    this.asked++
    const from = this.#posted.get(device) ?? 0
    const entries: MailLot['entries'][number][] = []
    for (let room = bytes; entries.length === 0 || room > 0; ) {
      const body = this.messages[from + entries.length]
      if (!body) break
      room -= body.length
      if (entries.length === 0 || room > 0) entries.push(create(EntrySchema, { body: new Uint8Array(body) }))
    }
    const upTo = [{ seq: from + entries.length, hash: new Uint8Array(32) }] as unknown as MailLot['upTo']
    return entries.length > 0 ? { conversation, entries, upTo } : undefined
  }

  async posted(_conversation: unknown, device: DeviceId, upTo: MailLot['upTo']): Promise<void> {
    this.#posted.set(device, upTo[0]?.seq ?? 0)
  }
}

/** A hub that writes to bob's devices, which have mailboxes at a registry. */
async function scene(changes: Partial<CourierOptions> = {}) {
  const devices = [newDevice()]
  const keys = await makeMailKeys()
  const key = { id: new Uint8Array(8), key: keys.publicKey, issued: 0, expires: Number.MAX_SAFE_INTEGER }
  const self = newDevice()
  const outgoing = new Outgoing()
  const linked = new Set<DeviceId>()
  const deposits: Deposit[] = []
  const at = {
    refuse: undefined as ParleyError | undefined,
    gate: undefined as Promise<void> | undefined,
    most: 0,
    isAway: false,
    session: undefined as RegistrySession | undefined,
  }
  let atOnce = 0
  const registry = await answeringSession(async is => {
    if (is.case !== 'deposit') throw new ParleyError('unsupported', 'Not in this test.')
    at.most = Math.max(at.most, ++atOnce)
    await at.gate
    atOnce--
    if (at.refuse) throw at.refuse
    deposits.push(is.value)
    return doneReply
  })
  at.session = registry.session
  const log = testLog()
  const courier = new Courier({
    mail: outgoing,
    self,
    session: () => at.session,
    devicesOf: () => devices,
    isLinked: device => linked.has(device),
    isAway: () => at.isAway,
    isHeld: () => false,
    keyOf: async (_user, device) => ({ ...key, device }),
    log,
    waits: { patience: 10, retry: { first: 5, fast: 5 } },
    ...changes,
  })
  const read = async ({ device, sealed }: Deposit) => {
    const route = { from: self, device: deviceId(device), keys }
    return (await openMail(readEnvelope(sealed), route)).entries.map(({ body }) => Buffer.from(body).toString())
  }
  const texts = async () => (await Promise.all(deposits.map(read))).flat()
  const [device = newDevice()] = devices
  return {
    ...{ at, courier, deposits, device, devices, linked, log, outgoing, read, texts },
    async [Symbol.asyncDispose]() {
      await courier.close()
      await registry[Symbol.asyncDispose]()
    },
  }
}

describe('what is written to a device that is away', () => {
  it('is left at once when the hub is about to stop, and the hub waits no longer than it may', async () => {
    await using one = await scene({ waits: { patience: 3600_000 } })
    one.outgoing.write('a')
    one.courier.wants(bob)
    await one.courier.hurry()
    assert.deepEqual(await one.texts(), ['a'])
    assert.ok(one.outgoing.isPosted(one.device))
    const gate = Promise.withResolvers<void>()
    one.at.gate = gate.promise
    one.outgoing.write('b')
    one.courier.wants(bob)
    await one.courier.hurry(5)
    assert.ok(!one.outgoing.isPosted(one.device))
    gate.resolve()
  })

  it('is left for it in order, one item after the other, and noted once the registry has it', async () => {
    await using one = await scene()
    const gate = Promise.withResolvers<void>()
    one.at.gate = gate.promise
    one.outgoing.write('a', 'b')
    one.courier.wants(bob)
    await until('it is on its way', () => one.at.most === 1)
    assert.ok(!one.outgoing.isPosted(one.device))
    one.outgoing.write('c')
    one.courier.wants(bob)
    gate.resolve()
    await until('all is left', () => one.outgoing.isPosted(one.device))
    assert.deepEqual(await one.texts(), ['a', 'b', 'c'])
    assert.deepEqual([one.at.most, one.deposits.length], [1, 2])
    assert.deepEqual(
      one.deposits.map(({ user, device }) => [toText(user), toText(device)]),
      [
        [bob, one.device],
        [bob, one.device],
      ],
    )
  })

  it('is left at once when the registry says that they are away, then or later', async () => {
    const waits = { patience: 3_600_000, away: 10 }
    await using one = await scene({ waits })
    one.outgoing.write('one')
    one.courier.wants(bob)
    one.courier.presence(new Set([bob]))
    assert.equal(one.deposits.length, 0)
    one.at.isAway = true
    one.courier.presence(new Set([userId(randomBytes(16))]))
    one.courier.presence(new Set([bob]))
    await until('it is left', () => one.deposits.length === 1)
    one.outgoing.write('two')
    one.courier.wrote(conversation)
    await until('so is the next', () => one.deposits.length === 2)
    assert.deepEqual(await one.texts(), ['one', 'two'])
  })

  it('is left for each of their devices, as many as may at once', async () => {
    await using one = await scene()
    for (let n = 0; n < 9; n++) one.devices.push(newDevice())
    one.outgoing.write('hello')
    one.courier.wants(bob)
    await until('all have it', () => one.devices.every(device => one.outgoing.isPosted(device)))
    assert.equal(new Set(one.deposits.map(({ device }) => toText(device))).size, 10)
    assert.equal(new Set(one.deposits.map(({ id }) => toText(id))).size, 10)
    assert.ok(one.at.most <= limits.mailAtOnce)
  })

  it('is not left when a link comes up meanwhile, nor for oneself, nor while nothing may pass', async () => {
    const held = { now: true }
    await using one = await scene({ isHeld: () => held.now })
    one.outgoing.write('hello')
    one.courier.wants(bob)
    held.now = false
    one.courier.wants(bob)
    one.linked.add(one.device)
    const other = newDevice()
    one.devices.push(other)
    one.courier.wants(bob)
    await until('the other one has it', () => one.outgoing.isPosted(other))
    assert.deepEqual(
      one.deposits.map(({ device }) => toText(device)),
      [other],
    )
  })

  it('keeps its place in the queue while the device has no mailbox', async () => {
    let hasMailbox = false
    const asked: DeviceId[] = []
    await using one = await scene({
      keyOf: async (_user, device) => {
        asked.push(device)
        const { publicKey } = await makeMailKeys()
        return hasMailbox ? { device, id: new Uint8Array(8), key: publicKey, issued: 0, expires: 1 } : undefined
      },
    })
    one.outgoing.write('hello')
    one.courier.wants(bob)
    await until('it has looked', () => asked.length === 1)
    assert.equal(one.outgoing.asked, 0)
    hasMailbox = true
    await until('it looks again when asked to', () => {
      one.courier.wants(bob)
      return one.deposits.length === 1
    })
  })

  it('waits as long as the registry says when there is no room, and is left then', async () => {
    await using one = await scene()
    one.at.refuse = new ParleyError('busy', 'The mailbox is full.', { retryAfter: 100 })
    one.outgoing.write('hello')
    const began = performance.now()
    one.courier.wants(bob)
    await until('it was refused', () => one.log.lines.length === 1)
    one.at.refuse = undefined
    for (let n = 0; n < 3; n++) one.courier.wants(bob)
    await until('it is left', () => one.outgoing.isPosted(one.device))
    assert.ok(performance.now() - began >= 100)
    assert.deepEqual(await one.texts(), ['hello'])
  })

  it('goes on with the next sign-in when the registry is gone', async () => {
    await using one = await scene()
    const { session } = one.at
    one.at.session = undefined
    one.outgoing.write('hello')
    one.courier.wants(bob)
    one.at.session = session
    one.courier.signedIn()
    await until('it is left', () => one.outgoing.isPosted(one.device), 10_000)
  })

  it('is the same item again when it was left but not noted here before a restart', async () => {
    await using one = await scene()
    one.outgoing.write('a', 'b')
    const lost = {
      ...one.outgoing,
      posted: async () => Promise.reject(new ParleyError('storage', 'The disk is full.')),
    }
    await using before = await scene({
      mail: {
        written: () => one.outgoing.written(),
        readers: () => one.outgoing.readers(),
        lacksMail: (user, device) => one.outgoing.lacksMail(user, device),
        mailFor: (...asked) => one.outgoing.mailFor(...asked),
        posted: lost.posted,
      },
      devicesOf: () => one.devices,
    })
    before.courier.wants(bob)
    await until('it was left twice', () => before.deposits.length >= 2)
    one.courier.wants(bob)
    await until('it is noted', () => one.outgoing.isPosted(one.device))
    const ids = [...before.deposits, ...one.deposits].map(({ id }) => toText(id))
    assert.equal(new Set(ids).size, 1)
  })

  it('is cut into items that fit', async () => {
    await using one = await scene()
    const text = 'x'.repeat(50 * 1024)
    one.outgoing.write(...Array.from({ length: 7 }, () => text))
    one.courier.wants(bob)
    await until('all is left', () => one.outgoing.isPosted(one.device))
    assert.deepEqual(
      await one.texts(),
      Array.from({ length: 7 }, () => text),
    )
    assert.ok(one.deposits.every(({ sealed }) => sealed.length <= limits.mailItem))
    assert.deepEqual(one.deposits.map(({ user }) => Buffer.from(user).equals(fromText(bob))).includes(false), false)
  })
})
