import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { PromptInfo } from '../../daemon/src/protocol/control.ts'
import { say, startAccountsService } from '../support/accounts-service.ts'
import { temporaryFolder } from '../support/folder.ts'
import { skip } from '../support/skip.ts'
import { passwordOf, people, slapdMissing, startSlapd } from '../support/slapd.ts'
import { Person, startRegistry } from '../support/team.ts'
import { cli } from '../support/terminal.ts'
import { until } from '../support/wait.ts'

const ldapPlugin = join(import.meta.dirname, '..', '..', 'plugins', 'auth-ldap', 'src', 'index.ts')
const unavailable =
  /Sign-in does not work at the moment: the (service|directory) that knows people gives no answer\. Try again later\./

/** A registry whose people sign in by this plugin, and a folder for their homes. */
async function start(plugin: object) {
  const folder = await temporaryFolder()
  const home = join(folder.path, 'registry')
  await mkdir(home, { mode: 0o700 })
  await writeFile(join(home, 'parley.json'), JSON.stringify({ plugins: ['@parley/storage-sqlite', plugin] }))
  const registry = await startRegistry(home)
  const { address } = registry.ready
  return {
    registry,
    person: (name: string) => new Person(name, join(folder.path, name)).start(),
    /** What somebody says in a home of theirs, with this secret in their environment. */
    async says({ home }: Person, command: readonly string[], secret: string) {
      const input = { env: { PARLEY_PASSWORD: secret } }
      return cli([...command, '--registry', address, '--home', home, '--json'], input)
    },
    async [Symbol.asyncDispose]() {
      await registry.stop()
      await folder[Symbol.asyncDispose]()
    },
  }
}

function failed(run: { readonly code: number; readonly err: string }, words: RegExp): void {
  assert.equal(run.code, 1, run.err)
  assert.match(run.err, words)
}

describe('registries that ask people by themselves', () => {
  it('let a bot in by a token, and nobody by another one', async function () {
    this.timeout(60_000)
    const token = `parley_${'5e'.repeat(32)}`
    const tokens = `ci-bot ${createHash('sha256').update(token).digest('hex')}`
    await using team = await start({ use: '@parley/auth-token', options: { tokens } })
    await using bot = await team.person('ci-bot')
    await using mallory = await team.person('mallory')
    failed(await team.says(bot, ['sign-up', 'ci-bot'], 'parley_wrong'), /wrong-credentials/)
    failed(await team.says(mallory, ['sign-up', 'mallory'], token), /wrong-credentials/)
    const { code, out, err } = await team.says(bot, ['sign-up', 'ci-bot', '--by', 'prompts'], token)
    assert.equal(code, 0, err)
    const { state, signsInBy } = JSON.parse(out)
    assert.deepEqual([state, signsInBy], ['online', 'prompts'])
    // The token is in nothing that either of them has written.
    const log = await readFile(join(bot.home, 'logs', 'parley.log'), 'utf8').catch(() => '')
    assert.ok(!`${log}${team.registry.errors()}`.includes(token))
  })

  it('let a web service decide, and say that it is away', async function () {
    this.timeout(60_000)
    const secret = 'a-secret-of-the-registry'
    await using service = await startAccountsService(({ body: { name, answer } }, response) =>
      say(response, { is: name === 'alice' && answer === 'open sesame' ? 'allow' : 'deny', displayName: 'Alice E.' }),
    )
    await using team = await start({ use: '@parley/auth-http', options: { url: service.url, secret } })
    await using alice = await team.person('alice')
    const signUp = (answer: string) => team.says(alice, ['sign-up', 'alice'], answer)
    await service.away()
    failed(await signUp('open sesame'), unavailable)
    await service.back()
    failed(await signUp('open barley'), /wrong-credentials/)
    const { code, out, err } = await signUp('open sesame')
    assert.equal(code, 0, err)
    assert.equal(JSON.parse(out).displayName, 'Alice E.')
    assert.equal((await cli(['sign-out', '--home', alice.home])).code, 0)
    failed(await team.says(alice, ['sign-in'], 'open barley'), /wrong-credentials/)
    const back = await team.says(alice, ['sign-in'], 'open sesame')
    assert.equal(back.code, 0, back.err)
  })

  it('let in who has an account in a directory, on another device of theirs too', async function () {
    if (slapdMissing !== undefined) skip(this, slapdMissing)
    this.timeout(60_000)
    await using slapd = await startSlapd()
    const options = { url: slapd.secure, ca: slapd.certificates.ca, dn: `uid={name},${people}` }
    await using team = await start({ use: ldapPlugin, options })
    await using alice = await team.person('alice')
    await using phone = await team.person('phone')
    failed(await team.says(alice, ['sign-up', 'alice'], passwordOf('bob')), /wrong-credentials/)
    await slapd.away()
    failed(await team.says(alice, ['sign-up', 'alice'], passwordOf('alice')), unavailable)
    await slapd.back()
    failed(await team.says(phone, ['sign-in', 'bob'], passwordOf('bob')), /unknown-user.*Sign up/)
    const made = await team.says(alice, ['sign-up', 'alice'], passwordOf('alice'))
    assert.equal(made.code, 0, made.err)
    assert.equal(JSON.parse(made.out).displayName, 'Alice Example')
    const waiting = await team.says(phone, ['sign-in', 'alice'], passwordOf('alice'))
    assert.equal(waiting.code, 0, waiting.err)
    const { state, digits } = JSON.parse(waiting.out)
    assert.equal(state, 'pending')
    const approved = await cli(['devices', 'approve', '--yes', '--digits', digits, '--home', alice.home])
    assert.equal(approved.code, 0, approved.err)
    await until('the phone is in', async () => {
      const { hub } = await phone.client.request('status', {})
      return hub?.accounts[0]?.state === 'online'
    })
  })

  it('ask the person in front of any front end, who may give up', async function () {
    this.timeout(60_000)
    const asking = { is: 'prompt', kind: 'text', text: 'Which town?', state: 'town' }
    await using service = await startAccountsService(({ body: { answer, state } }, response) =>
      say(response, state === undefined ? asking : { is: answer === 'Basra' ? 'allow' : 'deny' }),
    )
    const options = { url: service.url, secret: 'a-secret-of-the-registry' }
    await using team = await start({ use: '@parley/auth-http', options })
    await using alice = await team.person('alice')
    const { client } = alice
    const registry = team.registry.ready.address
    const probed = await client.request('probe', { text: registry })
    assert.deepEqual(probed.is === 'registry' && probed.signsInBy, ['prompts'])
    let answers: (string | undefined)[] = []
    const asked: Omit<PromptInfo, 'prompt'>[] = []
    client.on('prompt', ({ prompt, ...rest }) => {
      asked.push(rest)
      const answer = answers.shift()
      void client.request('answerPrompt', { prompt, ...(answer !== undefined && { answer }) })
    })
    const signUp = () => client.request('signUp', { registry, name: 'alice', prompts: true })
    await assert.rejects(client.request('signUp', { registry, name: 'alice', password: 'correct horse' }), {
      code: 'unsupported',
      message: /which this front end cannot show/,
    })
    answers = ['password', undefined]
    await assert.rejects(signUp(), { code: 'closed' })
    answers = ['password', 'Kufa']
    await assert.rejects(signUp(), { code: 'wrong-credentials' })
    asked.length = 0
    answers = ['password', 'Basra']
    assert.equal((await signUp()).signsInBy, 'prompts')
    const { team: name = '' } = asked[0] ?? {}
    assert.deepEqual(asked, [
      { team: name, kind: 'secret', text: 'Password' },
      { team: name, kind: 'text', text: 'Which town?' },
    ])
    await assert.rejects(client.request('changePassword', { prompts: true }), {
      code: 'unsupported',
      message: /not kept here/,
    })
  })
})
