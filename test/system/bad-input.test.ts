import assert from 'node:assert/strict'
import { join } from 'node:path'
import { runParley } from '../support/command.ts'
import { temporaryFolder } from '../support/folder.ts'
import { Person, portOf, startRegistry } from '../support/team.ts'

const password = 'correct horse battery'
/** The port of the discard service, which nobody runs any more. */
const nowhere = '127.0.0.1:9'

describe('bad input to a command', () => {
  it('is told in one sentence of its own, with its exit code, and leaves nothing half-done', async function () {
    this.timeout(120_000)
    await using folder = await temporaryFolder()
    await using registry = await startRegistry(join(folder.path, 'registry'))
    await using alice = await new Person('alice', join(folder.path, 'alice')).start()
    await alice.signUp(registry.ready.address, password)
    await using newcomer = await new Person('newcomer', join(folder.path, 'newcomer')).start()
    const { hub } = await alice.client.request('status', {})
    const { listen, registryId } = registry.ready
    const device = `127.0.0.1:${portOf(hub?.listen[0] ?? '')}`
    const wrongKey = `parley://${listen}/${hub?.device}?v=1`
    const signUp = (name: string, at = listen) => ['sign-up', name, '--registry', at, '--home', newcomer.home]
    const said = (...words: string[]) => ['send', ...words, '--home', alice.home]

    const cases: [code: number, words: RegExp | string, args: string[], secret?: string][] = [
      [1, 'The name "alice" is taken. Choose another.', signUp('alice')],
      [2, /^"a b" cannot be a user name: use 3 to 32 of a-z, 0-9, /, signUp('a b')],
      [2, 'The name "registry" is reserved. Choose another.', signUp('registry')],
      [2, 'A password needs at least 6 characters. Choose a longer one.', signUp('newcomer'), 'short'],
      [2, 'This password is among the first that anyone would guess. Choose another.', signUp('newcomer'), 'password1'],
      [
        1,
        `Nothing listens at ${nowhere}. Check the address and whether the Parley registry is running there.`,
        signUp('newcomer', nowhere),
      ],
      [1, /^127\.0\.0\.1:\d+ answers, but is no Parley registry\. Check the address/, signUp('newcomer', device)],
      [
        1,
        new RegExp(`is not the one expected: its key is ${registryId}.* Nothing was sent\\.`),
        signUp('newcomer', wrongKey),
      ],
      [
        1,
        'The name or the password is wrong. Check both and try again.',
        ['sign-in', 'alice', '--registry', listen, '--home', newcomer.home],
        'not her password',
      ],
      [
        1,
        /^This home belongs to alice at Parley\. Use another home/,
        ['sign-up', 'again', '--registry', listen, '--home', alice.home],
      ],
      [1, 'Nobody in Parley is called "nobody". Look for people with: parley who nobody', said('nobody', 'hi')],
      [2, 'The message is empty. Write something first.', said('nobody', '')],
      [2, 'The message has 102401 bytes; at most 102400 fit. Send it in parts.', said('nobody', 'a'.repeat(102_401))],
    ]
    for (const [code, words, args, secret = password] of cases) {
      const ended = await runParley(args, { PARLEY_PASSWORD: secret })
      const where = args.join(' ').slice(0, 120)
      assert.equal(ended.out, '', where)
      assert.match(ended.err, /^parley: [^\n]+\n$/, where)
      const sentence = ended.err.slice('parley: '.length, -1)
      if (typeof words === 'string') assert.equal(sentence, words, where)
      else assert.match(sentence, words, `${where}: ${sentence}`)
      assert.equal(ended.code, code, `${where}: ${sentence}`)
    }

    assert.deepEqual((await newcomer.client.request('status', {})).hub?.accounts, [])
    const { people } = await alice.client.request('who', { query: 'n' })
    assert.deepEqual(people, [])
    assert.equal((await alice.client.request('status', {})).hub?.queued, 0)
  })
})
