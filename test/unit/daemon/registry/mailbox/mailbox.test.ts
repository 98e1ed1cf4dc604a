import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { create } from '@bufbuild/protobuf'
import { limits } from '../../../../../daemon/src/limits.ts'
import { deviceId, fromText, toText, userId } from '../../../../../daemon/src/protocol/ids.ts'
import { openMail, readEnvelope } from '../../../../../daemon/src/protocol/mailbox.ts'
import { NewAccountKeySchema, PublishRosterSchema } from '../../../../../daemon/src/protocol/parley_pb.ts'
import { openMemoryStorage } from '../../../../../plugins/storage-memory/src/index.ts'
import { FaultyStorage } from '../../../../support/faulty-storage.ts'
import { collect, deposit, entriesSaying, mailboxOf, publishMailbox, take, writeTo } from '../../../../support/mail.ts'
import {
  deviceOf,
  joined,
  lookUp,
  type Member,
  meet,
  rosterOf,
  signIn,
  signInByKey,
} from '../../../../support/member.ts'
import { readMetrics } from '../../../../support/open-metrics.ts'
import { type RunningRegistry, registryMemory, startTestRegistry } from '../../../../support/registry.ts'
import { makeKey } from '../../../../support/statements.ts'
import { until } from '../../../../support/wait.ts'

const day = 24 * 3600_000

/** Alice, and bob, who has a mailbox and has gone away. */
async function scene(at: RunningRegistry) {
  const alice = await joined(at, 'alice')
  const bob = await joined(at, 'bob')
  const mailbox = await mailboxOf(bob)
  await publishMailbox(bob, mailbox)
  bob.link.close()
  await until('bob is gone', () => at.registry.status().online === 1)
  const back = async (place = at) => {
    const member = await meet(place, bob)
    await signInByKey(member)
    return member
  }
  return { alice, bob, mailbox, back }
}

/** All keys of a storage that have to do with mail. */
async function mailRows({ memory }: RunningRegistry): Promise<string[]> {
  const { rows } = await memory.storage.list('mail', { limit: 1000 })
  return rows.map(([key]) => key)
}

const told = ({ events }: Member) => events.filter(is => is.case === 'mailWaits').length

describe('the mailbox of a registry', () => {
  it('keeps an item for a device that is not there, which takes it once, after a restart of all', async () => {
    const memory = registryMemory()
    await using first = await startTestRegistry({ memory })
    const { alice, bob, mailbox, back } = await scene(first)
    const id = await writeTo(alice, bob, 'are you there?')
    assert.deepEqual(first.registry.status().mail, { items: 1, bytes: 256 })
    await first.registry.close()

    await using at = await startTestRegistry({ memory })
    assert.deepEqual(at.registry.status().mail, { items: 1, bytes: 256 })
    await using member = await back(at)
    const { items, more } = await collect(member)
    const [item] = items
    assert.ok(item && items.length === 1 && !more)
    assert.deepEqual([userId(item.user), deviceId(item.device), item.id], [alice.user, deviceOf(alice), id])
    const route = { from: deviceOf(alice), device: deviceOf(bob), keys: mailbox.keys }
    assert.deepEqual(await openMail(readEnvelope(item.sealed), route), entriesSaying('are you there?'))
    assert.equal((await collect(member)).items.length, 1, 'it stays until it is taken')
    await take(member, [item.id])
    assert.equal((await collect(member)).items.length, 0)
    assert.deepEqual(await mailRows(at), [`mailbox-key/${bob.user}/${deviceOf(bob)}`])
  })

  it('tells the keys of devices, of those that are away too', async () => {
    await using at = await startTestRegistry()
    const { alice, bob, mailbox, back } = await scene(at)
    const away = await lookUp(alice, { name: 'bob' })
    assert.deepEqual(
      away.devices.map(({ offline, mailboxKey, addresses }) => [offline, mailboxKey?.payload, addresses.length]),
      [[true, mailbox.signed.payload, 0]],
    )
    await using member = await back()
    const next = await mailboxOf(bob)
    await publishMailbox(member, next)
    const here = await lookUp(alice, { name: 'bob' })
    assert.deepEqual(
      here.devices.map(({ offline, mailboxKey }) => [offline, mailboxKey?.payload]),
      [[false, next.signed.payload]],
    )
  })

  it('gives items in the order in which they came, page by page', async () => {
    await using at = await startTestRegistry()
    const { alice, bob, back } = await scene(at)
    const ids = Array.from({ length: 6 }, () => toText(randomBytes(16)))
    for (const id of ids) await deposit(alice, bob, { id: fromText(id), sealed: randomBytes(128 * 1024) })
    await using member = await back()
    const got: string[] = []
    for (let more = true; more; ) {
      const page = await collect(member)
      assert.ok(page.items.length <= 4 && page.items.length > 0)
      const some = page.items.map(({ id }) => id)
      got.push(...some.map(toText))
      await take(member, some)
      more = page.more
    }
    assert.deepEqual(got, ids)
  })

  it('tells a device that is there of what comes for it', async () => {
    await using at = await startTestRegistry()
    const { alice, bob, back } = await scene(at)
    await using member = await back()
    assert.equal(told(member), 0)
    await deposit(alice, bob)
    await until('it is told', () => told(member) === 1)
    await deposit(alice, bob)
    await until('it is told again', () => told(member) === 2)
  })

  it('takes the same deposit again as the same, also at once, and answers only what is committed', async () => {
    const storage = new FaultyStorage(openMemoryStorage())
    await using at = await startTestRegistry({ memory: registryMemory(storage) })
    const { alice, bob, back } = await scene(at)
    const item = { id: randomBytes(16), sealed: randomBytes(512) }
    const held = Promise.withResolvers<'commit'>()
    storage.fate = changes =>
      changes.some(change => 'put' in change && change.put.startsWith('mail/')) ? held.promise : 'commit'
    let answers = 0
    const both = [deposit(alice, bob, item), deposit(alice, bob, item)].map(one => one.then(() => answers++))
    await until('both have been asked', () => storage.writes > 0)
    assert.equal(answers, 0)
    held.resolve('commit')
    await Promise.all(both)
    await deposit(alice, bob, item)
    storage.fate = () => 'fail'
    await assert.rejects(deposit(alice, bob))
    storage.fate = () => 'commit'
    await using member = await back()
    assert.equal((await collect(member)).items.length, 1)
    assert.deepEqual(at.registry.status().mail, { items: 1, bytes: 512 })
  })

  it('refuses what is no item, what is for nobody, and what is for oneself', async () => {
    await using at = await startTestRegistry()
    const { alice, bob } = await scene(at)
    for (const size of [0, 255, 257, 300, 384, 256 * 1024])
      await assert.rejects(deposit(alice, bob, { sealed: randomBytes(size) }), { code: 'bad-frame' }, `${size} bytes`)
    await assert.rejects(deposit(alice, bob, { id: randomBytes(15) }), { code: 'bad-frame' })
    await assert.rejects(deposit(alice, alice), { code: 'usage' })
    await assert.rejects(deposit(alice, { ...bob, user: userId(randomBytes(16)) }), { code: 'unknown-user' })
    await assert.rejects(deposit(alice, { ...bob, identity: alice.identity, user: bob.user }), { code: 'usage' })
    await using carol = await joined(at, 'carol')
    await assert.rejects(deposit(alice, { ...bob, identity: carol.identity }), { code: 'device-denied' })
    assert.deepEqual(at.registry.status().mail, { items: 0, bytes: 0 })
  })

  it('keeps no key that its device has not signed, or whose time is over or to come', async () => {
    await using at = await startTestRegistry()
    await using alice = await joined(at, 'alice')
    await using bob = await joined(at, 'bob')
    await assert.rejects(publishMailbox(alice, await mailboxOf(bob)), { code: 'bad-signature' })
    const now = Date.now()
    const old = await mailboxOf(alice, { issued: now - 10 * day, expires: now - 1 })
    await assert.rejects(publishMailbox(alice, old), { code: 'clock' })
    const early = await mailboxOf(alice, { issued: now + day, expires: now + 2 * day })
    await assert.rejects(publishMailbox(alice, early), { code: 'clock' })
    assert.deepEqual(await mailRows(at), [])
  })

  it('says no to a device that waits to be approved', async () => {
    await using at = await startTestRegistry()
    const { bob } = await scene(at)
    await using pending = await meet(at, { name: 'alice' })
    await signIn(pending)
    for (const asked of [() => deposit(pending, bob), () => collect(pending), () => take(pending, [])])
      await assert.rejects(asked(), { code: 'second-device' })
  })

  it('is counted in the metrics', async () => {
    await using at = await startTestRegistry()
    const { alice, bob, back } = await scene(at)
    await deposit(alice, bob)
    const id = randomBytes(16)
    await deposit(alice, bob, { id, sealed: randomBytes(1024) })
    await deposit(alice, bob, { id })
    await using member = await back()
    await take(member, [new Uint8Array(id)])
    const values = readMetrics((await at.registry.metrics()).text)
    assert.equal(values.get('parley_mail_items'), 1)
    assert.equal(values.get('parley_mail_bytes'), 256)
    assert.equal(values.get('parley_mail_events_total{event="deposited"}'), 2)
    assert.equal(values.get('parley_mail_events_total{event="repeated"}'), 1)
    assert.equal(values.get('parley_mail_events_total{event="taken"}'), 1)
  })
})

describe('a mailbox that is full', () => {
  it('says so and when to try again: for one person, for a device, and for the whole registry', async () => {
    await using at = await startTestRegistry({
      limits: { mailItemsPerSender: 2, mailItemsPerDevice: 3, mailBytesPerSender: 10_000, mailItems: 4 },
    })
    const { alice, bob, back } = await scene(at)
    await using carol = await joined(at, 'carol')
    const full = { code: 'busy', retryAfter: limits.mailFullRetry }
    await deposit(alice, bob, { sealed: randomBytes(8192) })
    await assert.rejects(deposit(alice, bob, { sealed: randomBytes(2048) }), full, 'too many bytes')
    await deposit(alice, bob)
    await assert.rejects(deposit(alice, bob), full, 'too many items of one')
    await deposit(carol, bob)
    await assert.rejects(deposit(carol, bob), full, 'too many items for one')
    await deposit(alice, carol)
    await assert.rejects(deposit(alice, carol), full, 'too many items of all')
    await using member = await back()
    await take(
      member,
      (await collect(member)).items.map(({ id }) => id),
    )
    await deposit(alice, bob)
  })

  it('slows down whoever writes too quickly, with the time to wait', async () => {
    await using at = await startTestRegistry()
    const { alice, bob } = await scene(at)
    const item = { id: randomBytes(16), sealed: randomBytes(256) }
    const all = Array.from({ length: limits.mailBurst + 40 }, () => deposit(alice, bob, item).catch(error => error))
    const refused = (await Promise.all(all)).filter(one => one.code === 'throttled')
    assert.ok(refused.length > 0 && refused.every(({ retryAfter }) => retryAfter > 0 && retryAfter < 10_000))
  })
})

describe('mail and keys', () => {
  it('of a device that was revoked are erased, and nobody writes to it any more', async () => {
    await using at = await startTestRegistry()
    await using alice = await joined(at, 'alice')
    await using bob = await joined(at, 'bob')
    await using other = await meet(at, { name: 'bob' })
    await signIn(other)
    const devices = [bob, other].map(({ identity }) => ({ key: identity.spki, name: 'one', added: 1 }))
    const publish = (roster: ReturnType<typeof rosterOf>) =>
      bob.ask({ case: 'publishRoster', value: create(PublishRosterSchema, { roster }) }, 'done')
    await publish(rosterOf(bob, { version: 2, devices }))
    await publishMailbox(bob, await mailboxOf(bob))
    await publishMailbox(other, await mailboxOf(other))
    const stolen = { ...other, user: bob.user }
    await deposit(alice, stolen)
    await deposit(alice, bob)
    assert.equal((await mailRows(at)).length, 6)
    await publish(rosterOf(bob, { version: 3, devices: devices.slice(0, 1), revoked: new Set([deviceOf(other)]) }))
    assert.ok((await mailRows(at)).every(key => !key.includes(deviceOf(other))))
    assert.equal((await mailRows(at)).length, 3)
    assert.deepEqual(at.registry.status().mail, { items: 1, bytes: 256 })
    await assert.rejects(deposit(alice, stolen), { code: 'device-denied' })
    const { devices: shown } = await lookUp(alice, { name: 'bob' })
    assert.deepEqual(
      shown.map(({ device }) => deviceId(device)),
      [deviceOf(bob)],
    )
  })

  it('of an account that was disabled or deleted are erased, and it deposits nothing', async () => {
    await using at = await startTestRegistry()
    const { alice, bob, back } = await scene(at)
    await deposit(alice, bob)
    await at.registry.users.setUser({ name: 'bob', disabled: true })
    assert.deepEqual(await mailRows(at), [])
    await assert.rejects(deposit(alice, bob), { code: 'device-denied' })
    await at.registry.users.setUser({ name: 'bob', disabled: false })
    await using member = await back()
    await publishMailbox(member, await mailboxOf(bob))
    await deposit(alice, bob)
    await deposit(member, alice)
    await at.registry.users.deleteUser({ name: 'bob' })
    assert.ok(
      (await mailRows(at)).every(key => !key.includes(bob.user)),
      'what bob has sent is alice’s',
    )
    await assert.rejects(deposit(alice, bob), { code: 'unknown-user' })
    assert.deepEqual(at.registry.status().mail, { items: 1, bytes: 256 })
  })

  it('of devices that a new account key leaves behind are erased', async () => {
    await using at = await startTestRegistry()
    const { alice, bob } = await scene(at)
    await deposit(alice, bob)
    await using next = await meet(at, { name: 'bob' })
    await signIn(next)
    const account = makeKey()
    const roster = rosterOf({ ...next, user: bob.user, account }, { generation: 2 })
    const value = create(NewAccountKeySchema, { accountKey: account.spki, roster })
    await next.ask({ case: 'newAccountKey', value }, 'signedIn')
    assert.deepEqual(await mailRows(at), [])
  })

  it('leave nothing behind when a deposit and the end of an account meet', async () => {
    const storage = new FaultyStorage(openMemoryStorage())
    await using at = await startTestRegistry({ memory: registryMemory(storage) })
    const { alice, bob } = await scene(at)
    const held = Promise.withResolvers<'commit'>()
    const reached = Promise.withResolvers<void>()
    storage.fate = changes => {
      if (!changes.some(change => 'put' in change && change.put.startsWith('mail/'))) return 'commit'
      reached.resolve()
      return held.promise
    }
    const late = deposit(alice, bob)
    late.catch(() => {})
    await reached.promise
    await at.registry.users.setUser({ name: 'bob', disabled: true })
    held.resolve('commit')
    await assert.rejects(late, { code: 'device-denied' })
    assert.deepEqual([await mailRows(at), at.registry.status().mail], [[], { items: 0, bytes: 0 }])
  })

  it('that a crash has left of whoever counts no more are erased at the next start', async () => {
    const storage = new FaultyStorage(openMemoryStorage())
    const memory = registryMemory(storage)
    await using at = await startTestRegistry({ memory })
    const { alice, bob } = await scene(at)
    await deposit(alice, bob)
    storage.fate = changes =>
      changes.some(change => 'remove' in change && change.remove.startsWith('mail')) ? 'fail' : 'commit'
    await assert.rejects(at.registry.users.setUser({ name: 'bob', disabled: true }))
    await at.registry.close()
    storage.fate = () => 'commit'
    assert.equal((await mailRows(at)).length, 3)
    await using again = await startTestRegistry({ memory })
    assert.deepEqual([await mailRows(again), again.registry.status().mail], [[], { items: 0, bytes: 0 }])
  })
})
