import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { toText } from '../../daemon/src/protocol/ids.ts'
import { temporaryFolder } from '../support/folder.ts'
import { Person, startRegistry } from '../support/team.ts'
import { cli } from '../support/terminal.ts'
import { until } from '../support/wait.ts'

const password = 'correct horse battery'

/** Guards and observes whatever a daemon does; an event is a line of a file, and one of them always throws. */
const watching = `
import { appendFileSync } from 'node:fs'
export default {
  name: 'watching',
  api: 1,
  setup(host, { into }) {
    const note = what => ({ name, from, text }) => appendFileSync(into, what + ' ' + (name ?? from + ' ' + text) + '\\n')
    const unless = word => ({ name, text }) =>
      (name ?? text).includes(word) ? { is: 'refuse', why: 'No ' + word + ' here.' } : { is: 'allow' }
    return {
      guards: { signUp: unless('mallory'), signIn: unless('mallory'), receive: unless('spam') },
      observers: { signedUp: note('up'), signedIn: note('in'), sent: note('sent'), received: note('received') },
    }
  },
}
`
const throwing = `
const fail = () => { throw new Error('broken') }
export default {
  name: 'throwing',
  api: 1,
  setup: () => ({ guards: { receive: fail }, observers: { signedUp: fail, sent: fail, received: fail } }),
}
`

describe('guards and observers of plugins', () => {
  it('are asked and told by a real registry and real hubs, and one that throws harms nobody', async function () {
    this.timeout(120_000)
    await using folder = await temporaryFolder()
    const seen = async (who: string) =>
      (await readFile(join(folder.path, `${who}.seen`), 'utf8').catch(() => '')).trim()
    const sees = async (who: string, expected: readonly string[]) => {
      let last = ''
      const holds = async () => {
        last = await seen(who)
        return last === expected.join('\n')
      }
      await until(`${who} has seen it all`, holds, 20_000).catch(() => assert.equal(last, expected.join('\n')))
    }
    await writeFile(join(folder.path, 'watching.js'), watching)
    await writeFile(join(folder.path, 'throwing.js'), throwing)
    const configure = async (who: string, plugins: readonly unknown[]) => {
      await mkdir(join(folder.path, who), { mode: 0o700 })
      const watches = { use: '../watching.js', options: { into: join(folder.path, `${who}.seen`) } }
      const all = ['@parley/storage-sqlite', ...plugins, watches, '../throwing.js']
      await writeFile(join(folder.path, who, 'parley.json'), JSON.stringify({ plugins: all }))
      return join(folder.path, who)
    }
    await using registry = await startRegistry(await configure('registry', ['@parley/auth-password']))
    await using ann = await new Person('ann', await configure('ann', ['@parley/guard-secrets'])).start()
    await using bob = await new Person('bob', await configure('bob', [])).start()
    await using mallory = await new Person('mallory', join(folder.path, 'mallory')).start()

    await ann.signUp(registry.ready.address, password)
    await bob.signUp(registry.ready.address, password)
    await assert.rejects(mallory.signUp(registry.ready.address, password), {
      code: 'refused',
      message: 'The registry\'s plugin "watching" refuses: No mallory here.',
    })
    await sees('registry', ['up ann', 'up bob'])

    const token = `ghp_${'a1'.repeat(18)}`
    const say = (text: string, more: { readonly anyway?: true } = {}) =>
      ann.client.request('send', { to: 'bob', text, message: toText(randomBytes(16)), ...more })
    await assert.rejects(say(`take ${token}`), (error: Error & { code?: string }) => {
      assert.equal(error.code, 'guarded')
      assert.match(error.message, /guard-secrets.*a token of GitHub/)
      return !error.message.includes(token)
    })
    const first = await say('hello')
    const { conversation, message } = first
    const edit = { conversation, message, text: token, act: toText(randomBytes(16)) }
    await assert.rejects(ann.client.request('editMessage', edit), { code: 'guarded' })
    await say('buy spam')
    await say(`take ${token}`, { anyway: true })
    await sees('ann', ['sent ann hello', 'sent ann buy spam', `sent ann take ${token}`])
    await sees('bob', ['received ann hello', `received ann take ${token}`])
    const { messages } = await bob.client.request('history', { with: 'ann', limit: 10 })
    assert.deepEqual(
      messages.map(({ text }) => text),
      ['hello', `take ${token}`],
    )
    for (const { home } of [ann, bob]) {
      const log = await readFile(join(home, 'logs', 'parley.log'), 'utf8').catch(() => '')
      assert.ok(!log.includes(token))
    }
  })

  it('may be overridden on purpose at the command line, and only so', async function () {
    this.timeout(120_000)
    await using folder = await temporaryFolder()
    await using registry = await startRegistry(join(folder.path, 'registry'))
    await mkdir(join(folder.path, 'ann'), { mode: 0o700 })
    const plugins = ['@parley/storage-sqlite', '@parley/guard-secrets']
    await writeFile(join(folder.path, 'ann', 'parley.json'), JSON.stringify({ plugins }))
    await using ann = await new Person('ann', join(folder.path, 'ann')).start()
    await using bob = await new Person('bob', join(folder.path, 'bob')).start()
    for (const each of [ann, bob]) await each.signUp(registry.ready.address, password)
    const token = `glpat-${'a1'.repeat(10)}`
    const refused = await cli(['send', 'bob', token, '--home', ann.home])
    assert.equal(refused.code, 1)
    assert.match(refused.err, /a token of GitLab.*--anyway/s)
    assert.ok(!refused.err.includes(token))
    const sent = await cli(['send', 'bob', token, '--anyway', '--wait', '--home', ann.home])
    assert.equal(sent.code, 0, sent.err)
  })
})
