import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { runParley } from '../support/command.ts'
import { temporaryFolder } from '../support/folder.ts'
import { Person, startRegistry } from '../support/team.ts'

const password = 'correct horse battery'

/** The keys in a home: the device's and the account's. */
function keysIn(home: string): Record<string, string> {
  const names = readdirSync(home).filter(name => /^(device|account-.+)\.key$/.test(name))
  return Object.fromEntries(names.sort().map(name => [name, readFileSync(join(home, name), 'utf8')]))
}

describe('parley sign-out', () => {
  it('ends the sign-in, also over a restart, keeps keys and history, and the password is asked next time', async function () {
    this.timeout(120_000)
    await using folder = await temporaryFolder()
    await using registry = await startRegistry(join(folder.path, 'registry'))
    await using bob = await new Person('bob', join(folder.path, 'bob')).start()
    await bob.signUp(registry.ready.address, password)
    await using alice = await new Person('alice', join(folder.path, 'alice')).start()
    await alice.signUp(registry.ready.address, password)
    const as = (...args: string[]) => runParley([...args, '--home', alice.home])
    assert.equal((await as('send', 'bob', 'before', '--wait')).code, 0)
    const keys = keysIn(alice.home)
    // Of the device, of the account, and of oneself towards people of no team.
    assert.equal(Object.keys(keys).length, 3)

    const out = await as('sign-out')
    assert.equal(out.code, 0, out.err)
    assert.match(out.out, /^Signed alice out\. `parley sign-in[^`]*` signs in again\.\n$/)
    await alice.stop()
    await alice.start()
    const { accounts = [] } = (await alice.client.request('status', {})).hub ?? {}
    assert.equal(accounts[0]?.state, 'signed-out')
    const refused = await as('send', 'bob', 'after')
    assert.equal(refused.code, 1)
    assert.match(refused.err, /^parley: You signed out\. Sign in with your password\.[^\n]*\n$/)
    const asked = await as('sign-in')
    assert.equal(asked.code, 2)
    assert.match(asked.err, /^parley: Give the password: /)
    const wrong = await runParley(['sign-in', '--home', alice.home], { PARLEY_PASSWORD: 'battery staple' })
    assert.equal(wrong.code, 1)
    assert.match(wrong.err, /^parley: The name or the password is wrong\. [^\n]+\n$/)

    assert.match((await as('log', 'bob')).out, /before/, 'history stays')
    const back = await runParley(['sign-in', '--home', alice.home], { PARLEY_PASSWORD: password })
    assert.equal(back.code, 0, back.err)
    assert.deepEqual(keysIn(alice.home), keys)
    assert.equal((await as('send', 'bob', 'after', '--wait')).code, 0)
    assert.equal((await as('sign-in')).code, 0, 'from now on the key is enough again')
  })
})
