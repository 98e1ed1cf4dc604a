import assert from 'node:assert/strict'
import { create } from '@bufbuild/protobuf'
import { classicUserId, toText } from '../../../../daemon/src/protocol/ids.ts'
import { type Person, SetClassicSchema } from '../../../../daemon/src/protocol/parley_pb.ts'
import { ClassicClient, classicRows } from '../../../support/classic-client.ts'
import {
  joined,
  lookUp,
  type Member,
  meet,
  search,
  setStatus,
  signInByKey,
  signOut,
  signUp,
  watch,
} from '../../../support/member.ts'
import { startTestRegistry } from '../../../support/registry.ts'
import { until } from '../../../support/wait.ts'

describe('classic clients and members of one registry', () => {
  it('share a port: a classic list shows members who have a short name and IPv4', async () => {
    await using at = await startTestRegistry({ options: { classic: 'loopback', listen: ['127.0.0.1:0', '[::1]:0'] } })
    await using alice = await joined(at, 'alice', { localAddress: '127.0.0.9' })
    await using long = await joined(at, 'much-too-long')
    const ipv6 = Number(at.registry.listen[1]?.split(':').at(-1))
    await using six = await joined({ ...at, host: '::1', port: ipv6 }, 'six')
    const classic = await ClassicClient.connect({ port: at.port })
    await classic.register('carl', 'secret-1')
    await classic.login('carl', 'secret-1')

    const rows = classicRows((await classic.online('carl')).list)
    assert.deepEqual(rows.sort(), ['alice-127.0.0.9', 'carl-127.0.0.1'])
    assert.deepEqual(await answer(classic.search('carl', 'Alice')), [22, '127.0.0.9'])
    for (const name of ['six', 'much-too-l', 'nobody']) {
      assert.equal((await classic.search('carl', name)).code, 44)
    }
    await signOut(alice)
    assert.equal((await classic.search('carl', 'alice')).code, 44)
    classic.socket.destroy()
    for (const member of [long, six]) member.link.close()
  })

  it('share one namespace of names', async () => {
    await using at = await startTestRegistry({ options: { classic: 'loopback' } })
    await using alice = await joined(at, 'alice')
    const classic = await ClassicClient.connect({ port: at.port })
    assert.equal((await classic.register('Alice', 'secret-1')).code, 40)
    assert.equal((await classic.register('carl', 'secret-1')).code, 20)
    await using carl = await meet(at, { name: 'carl' })
    await assert.rejects(signUp(carl), { code: 'name-taken' })
    await using dora = await meet(at, { name: 'dora' })
    await signUp(dora)
    assert.equal((await classic.login('alice', 'correct horse')).code, 41, 'a member has no classic password')
    classic.socket.destroy()
    alice.link.close()
  })

  it('see each other: a classic client is in the online list, in searches and looked up by name', async () => {
    await using at = await startTestRegistry({ options: { classic: 'loopback' } })
    await using alice = await joined(at, 'alice')
    assert.deepEqual(names((await watch(alice)).people), ['alice'])
    const classic = await ClassicClient.connect({ port: at.port, from: '127.0.0.7' })
    await classic.register('Carl', 'secret-1')
    await classic.login('carl', 'secret-1')

    const here = await change(alice, ({ name }) => name === 'Carl')
    assert.deepEqual([here.status, here.classic, toText(here.user)], ['online', '127.0.0.7', classicUserId('carl')])
    const { people } = await watch(alice)
    assert.deepEqual(names(people), ['Carl', 'alice'])
    assert.deepEqual(names((await search(alice, 'ca')).people), ['Carl'])
    assert.deepEqual(names((await search(alice, '')).people), ['alice'], 'no account, so not in the list of all')
    for (const who of [{ name: 'CARL' }, { user: here.user }]) {
      const { person, attestation, roster } = await lookUp(alice, who)
      assert.deepEqual(
        [person?.name, person?.classic, attestation, roster],
        ['Carl', '127.0.0.7', undefined, undefined],
      )
    }
    await classic.logout('carl')
    const gone = await change(alice, ({ name, status }) => name === 'Carl' && status === 'offline')
    assert.equal(gone.classic, '127.0.0.7')
    assert.deepEqual(names((await search(alice, 'ca')).people), [])
    await assert.rejects(lookUp(alice, { name: 'carl' }), { code: 'unknown-user' })
    classic.close()
    alice.link.close()
  })

  it('are one person when a member logs in by their alias', async () => {
    await using at = await startTestRegistry({ options: { classic: 'loopback' } })
    await using alice = await joined(at, 'alexandra-long')
    await using bob = await joined(at, 'bob')
    await setClassic(alice, { alias: 'lexi', password: 'secret-9' })
    const classic = await ClassicClient.connect({ port: at.port, from: '127.0.0.8' })
    assert.equal((await classic.login('lexi', 'correct horse')).code, 41, 'not the password of the account')
    assert.equal((await classic.login('lexi', 'secret-9')).code, 21)
    assert.deepEqual(names((await watch(bob)).people), ['alexandra-long', 'bob'])
    assert.deepEqual(classicRows((await classic.online('lexi')).list).sort(), ['bob-127.0.0.1', 'lexi-127.0.0.8'])

    await signOut(alice)
    assert.equal((await lookUp(bob, { name: alice.name })).person?.status, 'online', 'by the classic client')
    await assert.rejects(lookUp(bob, { name: 'lexi' }), { code: 'unknown-user' }, 'an alias is no name of the team')
    await classic.logout('lexi')
    assert.equal((await lookUp(bob, { name: alice.name })).person?.status, 'offline')
    classic.close()
    for (const member of [alice, bob]) member.link.close()
  })

  it('know a member by the alias, and again by the name once it is gone', async () => {
    await using at = await startTestRegistry({ options: { classic: 'loopback' } })
    await using alice = await joined(at, 'alice', { localAddress: '127.0.0.9' })
    const classic = await ClassicClient.connect({ port: at.port })
    await classic.register('carl', 'secret-1')
    await classic.login('carl', 'secret-1')
    await setClassic(alice, { alias: 'ali', password: 'secret-9' })
    assert.deepEqual(classicRows((await classic.online('carl')).list).sort(), ['ali-127.0.0.9', 'carl-127.0.0.1'])
    assert.deepEqual(await answer(classic.search('carl', 'ali')), [22, '127.0.0.9'])
    assert.equal((await classic.register('ali', 'secret-1')).code, 40)
    await setClassic(alice, { password: '' })
    assert.deepEqual(classicRows((await classic.online('carl')).list).sort(), ['alice-127.0.0.9', 'carl-127.0.0.1'])
    assert.equal((await classic.register('ali', 'secret-1')).code, 20)
    classic.close()
    alice.link.close()
  })

  it('a member who is invisible is not there for classic clients either', async () => {
    await using at = await startTestRegistry({ options: { classic: 'loopback' } })
    await using alice = await joined(at, 'alice')
    const classic = await ClassicClient.connect({ port: at.port })
    await classic.register('carl', 'secret-1')
    await classic.login('carl', 'secret-1')
    await setStatus(alice, 'invisible')
    await until('alice is hidden', async () => (await classic.search('carl', 'alice')).code === 44)
    assert.deepEqual(classicRows((await classic.online('carl')).list), ['carl-127.0.0.1'])
    await setStatus(alice, 'online')
    await until('alice is back', async () => (await classic.search('carl', 'alice')).code === 22)
    classic.close()
    alice.link.close()
  })

  it('a member who is disabled or deleted is logged out, and logs in no more', async () => {
    await using at = await startTestRegistry({ options: { classic: 'loopback' } })
    await using alice = await joined(at, 'alice')
    await setClassic(alice, { alias: 'ali', password: 'secret-9' })
    const classic = await ClassicClient.connect({ port: at.port })
    assert.equal((await classic.login('ali', 'secret-9')).code, 21)
    await at.registry.users.setUser({ name: 'alice', disabled: true })
    assert.equal((await classic.search('ali', 'ali')).code, 44, 'logged out')
    assert.equal((await classic.login('ali', 'secret-9')).code, 41)
    await at.registry.users.setUser({ name: 'alice', disabled: false })
    assert.equal((await classic.login('ali', 'secret-9')).code, 21)
    await at.registry.users.deleteUser({ name: 'alice' })
    assert.equal((await classic.search('ali', 'ali')).code, 44, 'logged out')
    assert.equal((await classic.login('ali', 'secret-9')).code, 41)
    assert.equal((await classic.register('ali', 'secret-1')).code, 40, 'the alias stays taken')
    classic.close()
    alice.link.close()
  })

  it('a member’s alias is told at sign-in, and refused where classic is off', async () => {
    await using at = await startTestRegistry({ options: { classic: 'loopback' } })
    await using alice = await joined(at, 'alice')
    await setClassic(alice, { alias: 'ali', password: 'secret-9' })
    await alice.dial()
    assert.equal((await signInByKey(alice)).classicAlias, 'ali')
    alice.link.close()
    await using off = await startTestRegistry()
    await using bob = await joined(off, 'bob')
    await assert.rejects(setClassic(bob, { password: 'secret-9' }), { code: 'unsupported' })
    await setClassic(bob, { password: '' })
    bob.link.close()
  })
})

const names = (people: readonly Person[]) => people.map(({ name }) => name).sort()

const setClassic = (member: Member, wish: { alias?: string; password: string }) =>
  member.ask({ case: 'setClassic', value: create(SetClassicSchema, wish) }, 'done')

/** The first row that `member` is told of and that `is` what is wanted. */
async function change(member: Member, is: (person: Person) => boolean): Promise<Person> {
  const found = () =>
    member.events.flatMap(event => (event.case === 'onlineChange' ? event.value.people.filter(is) : []))[0]
  await until('a change of the online list', () => found() !== undefined)
  const person = found()
  assert.ok(person)
  return person
}

async function answer(asked: ReturnType<ClassicClient['search']>): Promise<[number, string]> {
  const { code, message } = await asked
  return [code, message]
}
