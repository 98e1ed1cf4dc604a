import assert from 'node:assert/strict'
import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { locations } from '../../daemon/src/locations.ts'
import type { AccountInfo } from '../../daemon/src/protocol/control.ts'
import { runParley } from '../support/command.ts'
import { temporaryFolder } from '../support/folder.ts'
import { Person, startRegistry } from '../support/team.ts'
import { until } from '../support/wait.ts'

const password = 'correct horse battery'
const secret = { PARLEY_PASSWORD: password }

async function account({ client }: Person): Promise<AccountInfo | undefined> {
  return (await client.request('status', {})).hub?.accounts[0]
}

const links = async ({ client }: Person) => (await client.request('status', {})).hub?.links ?? 0

describe('devices, from the command line', () => {
  it('wait with digits, are approved by another one, approve a third; a revoked one is cut off within 2 s', async function () {
    this.timeout(180_000)
    await using folder = await temporaryFolder()
    await using registry = await startRegistry(join(folder.path, 'registry'))
    const { address, registryId } = registry.ready
    const person = (name: string, home: string) => new Person(name, join(folder.path, home)).start()
    await using alice = await person('alice', 'alice')
    await alice.signUp(address, password)
    await using bob = await person('bob', 'bob')
    await bob.signUp(address, password)
    await using phone = await person('alice', 'phone')
    const as = (who: Person, args: string[], stdin = '') => runParley([...args, '--home', who.home], secret, stdin)

    const entered = await as(phone, ['sign-in', 'alice', '--registry', address])
    assert.equal(entered.code, 0, entered.err)
    const [digits = ''] = /(\d{5} ){5}\d{5}/.exec(entered.out) ?? []
    assert.match(entered.out, /waits to be approved/)
    assert.notEqual(digits, '')
    assert.equal((await as(phone, ['who'])).code, 1)

    const other = digits.replaceAll(/\d/g, digit => String((Number(digit) + 1) % 10))
    assert.equal((await as(alice, ['devices', 'approve', '--yes'])).code, 2, 'nobody has compared')
    const wrong = await as(alice, ['devices', 'approve', '--yes', '--digits', other])
    assert.equal(wrong.code, 1)
    assert.match(wrong.err, /not the digits/)
    const guessed = await as(alice, ['devices', 'approve', '--digits', other], 'yes\n')
    assert.equal(guessed.code, 1)
    assert.match(guessed.err, /not the digits/)
    assert.doesNotMatch(guessed.err, new RegExp(digits))
    const no = await as(alice, ['devices', 'approve'], 'no\n')
    assert.equal(no.code, 1)
    assert.match(no.err, new RegExp(digits))
    const yes = await as(alice, ['devices', 'approve'], 'yes\n')
    assert.equal(yes.code, 0, yes.err)
    await until('the approval', async () => (await account(phone))?.state === 'online')
    const keyFile = (who: Person) => locations(who.home).accountKey(registryId)
    const holds = async () => (await phone.client.request('devices', {})).hasAccountKey
    await until('the account key', holds)
    assert.equal(statSync(keyFile(phone)).mode & 0o777, 0o600)
    const privateKey = (who: Person) => readFileSync(keyFile(who), 'utf8').split('-----END PRIVATE KEY-----')[0]
    assert.equal(privateKey(phone), privateKey(alice))

    // The first device is away: the second one approves a third.
    await alice.stop()
    await using tablet = await person('alice', 'tablet')
    const third = JSON.parse((await as(tablet, ['sign-in', 'alice', '--registry', address, '--json'])).out)
    const approved = await as(phone, ['devices', 'approve', '--yes', '--digits', third.digits, '--json'])
    assert.equal(approved.code, 0, approved.err)
    await until('the approval', async () => (await account(tablet))?.state === 'online')
    assert.equal((await as(tablet, ['send', 'bob', 'from the tablet', '--wait'])).code, 0)
    assert.ok((await links(bob)) > 0)

    const { device } = (await tablet.client.request('status', {})).hub ?? { device: '' }
    const began = performance.now()
    const revoked = await as(phone, ['devices', 'revoke', device.slice(0, 12), '--yes'])
    assert.equal(revoked.code, 0, revoked.err)
    await until('the cut', async () => (await links(bob)) === 0, 4_000)
    assert.ok(performance.now() - began < 4_000, 'with the start of a program')
    await until('its end', async () => (await account(tablet))?.state === 'signed-out')
    const back = await as(tablet, ['sign-in'])
    assert.equal(back.code, 1)
    assert.match(back.err, /removed from the account/)
    assert.match((await as(tablet, ['log', 'bob'])).out, /from the tablet/)
    await tablet.stop()
    await tablet.start()
    assert.match((await account(tablet))?.why ?? '', /removed from the account/)
  })

  it('are all lost: the password makes a new account key, and whoever had verified the person decides', async function () {
    this.timeout(120_000)
    await using folder = await temporaryFolder()
    await using registry = await startRegistry(join(folder.path, 'registry'))
    const { address } = registry.ready
    const person = (name: string, home: string) => new Person(name, join(folder.path, home)).start()
    await using bob = await person('bob', 'bob')
    await bob.signUp(address, password)
    {
      await using lost = await person('alice', 'lost')
      await lost.signUp(address, password)
      const sent = await runParley(['send', 'bob', 'hello', '--wait', '--home', lost.home])
      assert.equal(sent.code, 0, sent.err)
    }
    const asBob = (args: string[], stdin = '') => runParley([...args, '--home', bob.home], {}, stdin)
    const verified = await asBob(['verify', 'alice', '--confirm'], 'yes\n')
    assert.equal(verified.code, 0, verified.err)

    await using fresh = await person('alice', 'fresh')
    const asAlice = (args: string[], stdin = '') => runParley([...args, '--home', fresh.home], secret, stdin)
    assert.equal((await asAlice(['sign-in', 'alice', '--registry', address])).code, 0)
    assert.equal((await asAlice(['devices', 'new-key'], 'no\n')).code, 1)
    const made = await asAlice(['devices', 'new-key'], 'yes\n')
    assert.equal(made.code, 0, made.err)

    const queued = await asAlice(['send', 'bob', 'it is me'])
    assert.equal(queued.code, 0, queued.err)
    await until('bob to be told', async () => /has changed/.test((await asBob(['verify', 'alice'])).out))
    assert.match((await asBob(['send', 'alice', 'is it you?'])).out, /queued/)
    assert.doesNotMatch((await asBob(['log', 'alice'])).out, /it is me/)
    const again = await asBob(['verify', 'alice', '--confirm'], 'yes\n')
    assert.match(again.out, /alice is verified/)
    await until('the message', async () => /it is me/.test((await asBob(['log', 'alice'])).out), 30_000)
  })
})
