import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { create } from '@bufbuild/protobuf'
import { OnlineList, personInfo } from '../../../../../daemon/src/hub/registry/online-list.ts'
import { classicUserId, fromText, userId } from '../../../../../daemon/src/protocol/ids.ts'
import {
  OnlineChangeSchema,
  OnlineSnapshotSchema,
  type Person,
  PersonSchema,
} from '../../../../../daemon/src/protocol/parley_pb.ts'

describe('hub: online list', () => {
  const person = (name: string, status = 'online', user = randomBytes(16)): Person =>
    create(PersonSchema, { user, name, displayName: name, status, since: 7n })
  const snapshot = (number: bigint, ...people: Person[]) => create(OnlineSnapshotSchema, { number, people })
  const change = (number: bigint, ...people: Person[]) => create(OnlineChangeSchema, { number, people })
  const names = (list: OnlineList) => list.all.map(({ name, status }) => `${name} ${status}`)

  it('is a snapshot and what changed since', () => {
    const list = new OnlineList()
    const alice = person('alice')
    assert.equal(list.apply(change(1n, alice)), 'gap', 'a change before any snapshot')
    list.reset(snapshot(5n, alice))
    assert.deepEqual(list.apply(change(6n, person('bob'))) instanceof Set, true)
    list.apply(change(7n, { ...alice, status: 'busy' }))
    assert.deepEqual(names(list), ['alice busy', 'bob online'])
    assert.deepEqual(list.apply(change(8n, { ...alice, status: 'offline' })), new Set([userId(alice.user)]))
    assert.deepEqual(names(list), ['bob online'])
  })

  it('takes pages of a long snapshot, passes over old changes, and notices a gap', () => {
    const list = new OnlineList()
    list.reset(snapshot(5n, person('alice')))
    list.apply(change(5n, person('bob')))
    list.apply(change(4n, person('ghost')))
    assert.deepEqual(names(list), ['alice online', 'bob online'])
    assert.equal(list.apply(change(7n, person('carol'))), 'gap')
  })

  it('says who left between two snapshots', () => {
    const list = new OnlineList()
    const alice = person('alice')
    const bob = person('bob')
    list.reset(snapshot(1n, alice))
    assert.deepEqual(list.reset(snapshot(9n, bob)), new Set([userId(alice.user), userId(bob.user)]))
    assert.deepEqual(names(list), ['bob online'])
  })

  it('makes odd rows harmless', () => {
    const row = personInfo({ ...person('a\nb', 'on fire'), displayName: '\u001b[31mred', since: 1n << 60n })
    assert.deepEqual(
      { ...row, user: '' },
      { user: '', name: 'a b', displayName: '[31mred', status: 'offline', since: 0 },
    )
    assert.throws(() => personInfo({ ...person('short'), user: new Uint8Array(3) }), { code: 'bad-frame' })
  })

  it('has classic clients, who are no accounts, and forgets them once they are gone', () => {
    const list = new OnlineList()
    const carl = { ...person('Carl', 'online', Buffer.from(fromText(classicUserId('carl')))), classic: '192.0.2.7' }
    list.reset(create(OnlineSnapshotSchema, { number: 1n, people: [person('alice'), carl], total: 2 }))
    assert.deepEqual([list.size, list.all.length], [1, 2])
    const listed = list.classicNamed('CARL')
    assert.deepEqual([listed?.via, listed?.address], ['classic', '192.0.2.7'])
    list.apply(create(OnlineChangeSchema, { number: 2n, people: [{ ...carl, classic: '192.0.2.8' }], total: 2 }))
    assert.deepEqual([list.size, list.classicNamed('carl')?.address], [1, '192.0.2.8'])
    list.apply(create(OnlineChangeSchema, { number: 3n, people: [{ ...carl, status: 'offline' }], total: 2 }))
    assert.deepEqual(
      [list.size, list.classicNamed('carl'), list.known(classicUserId('carl'))],
      [1, undefined, undefined],
    )
    list.apply(create(OnlineChangeSchema, { number: 4n, people: [carl], total: 2 }))
    list.lost()
    assert.deepEqual([list.size, list.known(classicUserId('carl'))], [0, undefined])
  })

  it('lets no registry make a classic client of somebody with an account, or of an address that is none', () => {
    assert.equal(personInfo({ ...person('bob'), classic: '192.0.2.66' }).via, undefined)
    const user = Buffer.from(fromText(classicUserId('bob')))
    for (const classic of ['', '::1', 'evil.example', '192.0.2.7:80', '192.0.2.7\n']) {
      assert.equal(personInfo({ ...person('bob', 'online', user), classic }).via, undefined, classic)
    }
    assert.equal(personInfo({ ...person('carl', 'online', user), classic: '192.0.2.7' }).via, undefined, 'another name')
  })
})
