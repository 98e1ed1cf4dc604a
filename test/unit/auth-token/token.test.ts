import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import authToken, { tokenAuth } from '@parley/auth-token'
import { fakeExchange, testAuth } from '@parley/kit/testing'
import { readTokens } from '../../../plugins/auth-token/src/tokens.ts'
import { temporaryFolder } from '../../support/folder.ts'
import { skip } from '../../support/skip.ts'

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')
const right = 'parley_0123456789abcdef'

describe('auth-token', () => {
  testAuth(
    () => ({
      auth: tokenAuth(readTokens([{ name: 'ci-bot', sha256: sha256(right) }])),
      name: 'ci-bot',
      right,
      wrong: 'parley_fedcba9876543210',
    }),
    { enrols: false },
  )

  it('takes each of several tokens of a name, until its time', async () => {
    const text = `# made in spring\ncib ${sha256('one')}\n\n  cib ${sha256('two').toUpperCase()}  2030-01-01\r\ndeploy ${sha256('two')} 2030-01-01T12:30Z`
    let now = Date.parse('2029-12-31T23:59:59Z')
    const auth = tokenAuth(readTokens(text), () => now)
    const verdict = async (name: string, token: string) => (await auth.signIn(fakeExchange([token], { name }))).is
    assert.deepEqual(await Promise.all(['one', 'two', 'three'].map(token => verdict('cib', token))), [
      'allow',
      'allow',
      'deny',
    ])
    assert.equal(await verdict('deploy', 'one'), 'deny', 'the token of somebody else')
    now += 1000
    assert.deepEqual([await verdict('cib', 'two'), await verdict('deploy', 'two')], ['deny', 'allow'])
    now += 12.5 * 3600_000
    assert.equal(await verdict('deploy', 'two'), 'deny')
  })

  it('asks for one secret, with the name that it is of', async () => {
    const exchange = fakeExchange([right])
    await tokenAuth(readTokens(`alice ${sha256(right)}`)).signIn(exchange)
    assert.deepEqual(exchange.prompts(), [{ kind: 'secret', text: 'Token of alice' }])
  })

  it('refuses what it cannot read, naming the line and repeating no token', () => {
    const hash = sha256(right)
    for (const [text, words] of [
      ['', /no tokens/],
      [`\n${right}! ${hash}`, /Line 2 of the tokens is for no user name/],
      [`Ci ${hash}`, /no user name/],
      [`cib ${right}`, /Line 1 of the tokens has no SHA-256: 64/],
      [`cib ${sha256('')}`, /empty token/],
      [`cib ${hash} tomorrow`, /ends at no time/],
      [`cib ${hash} 2030-13-01`, /ends at no time/],
      [`cib ${hash} 2030-01-01 extra`, /has 4 words/],
    ] as const) {
      assert.throws(
        () => authToken.parseOptions?.({ tokens: text }),
        (error: Error) => words.test(error.message) && !error.message.includes(right),
        text,
      )
    }
    assert.throws(
      () => readTokens([{ name: 'ci', sha256: 'abc' }]),
      /Token 1 is for no user name|Token 1 has no SHA-256/,
    )
  })

  it('is told in its README how to make a token, and that works', async function () {
    const readme = await readFile(join(import.meta.dirname, '../../../plugins/auth-token/README.md'), 'utf8')
    const [, script = ''] = /```sh\n(TOKEN=.*?)```/s.exec(readme) ?? []
    await using folder = await temporaryFolder()
    const sh = promisify(execFile)
    await sh('openssl', ['version']).catch(() => skip(this, 'openssl is not there; install the package openssl'))
    const { stdout } = await sh('sh', ['-ec', script], { cwd: folder.path })
    const auth = tokenAuth(readTokens(await readFile(join(folder.path, 'tokens.txt'), 'utf8')))
    const name = 'ci-bot'
    assert.match(stdout, /^parley_[0-9a-f]{64}\n$/)
    assert.equal((await auth.signIn(fakeExchange([stdout.trim()], { name }))).is, 'allow')
    assert.equal((await auth.signIn(fakeExchange([stdout], { name }))).is, 'deny')
  })
})
