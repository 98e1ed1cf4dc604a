import assert from 'node:assert/strict'
import { startControl } from '../../../../daemon/src/control/server.ts'
import { ParleyError } from '../../../../daemon/src/errors.ts'
import { locations } from '../../../../daemon/src/locations.ts'
import { silentLog } from '../../../../daemon/src/log.ts'
import type { AskPerson, PromptInfo } from '../../../../daemon/src/protocol/prompts.ts'
import { fakeHub } from '../../../support/fake-hub.ts'
import { temporaryFolder } from '../../../support/folder.ts'
import { someAccount } from '../../../support/hub-client.ts'
import { type CliInput, cli } from '../../../support/terminal.ts'

type Ask = (kind: PromptInfo['kind'], text: string) => Promise<string>

/** Runs a command line in a home whose hub does at a sign-in what `signIn` says. */
async function run(args: readonly string[], input: CliInput, signIn: (ask: Ask) => Promise<void>) {
  await using folder = await temporaryFolder()
  const wishes: unknown[] = []
  const enter = async (params: unknown, person?: AskPerson) => {
    wishes.push(params)
    const gone = new AbortController().signal
    await signIn(
      (kind, text) => person?.({ team: 'Ac\u001bme', kind, text }, gone) ?? Promise.reject(new Error('Nobody.')),
    )
    return someAccount()
  }
  const hub = { ...fakeHub(), signIn: enter, signUp: enter }
  const { daemonFile } = locations(folder.path)
  const options = { home: folder.path, daemonFile, roles: ['hub'], hub, log: silentLog, stop: () => {} } as const
  const control = await startControl(options)
  try {
    const env = { PARLEY_HOME: folder.path, ...input.env }
    return { ...(await cli(args, { ...input, env })), wishes }
  } finally {
    await control.close()
  }
}

const place = ['--registry', '127.0.0.1:3131']
const wrong = () => new ParleyError('wrong-credentials', 'The name or the password is wrong.')

describe('what a team asks, in the command line', () => {
  it('is shown to the person, who sees who asks and not what they type of a secret', async () => {
    const typed = [
      [/Password of alice: $/, 'open sesame\r'],
      [/Which town\? $/, 'Basra\r'],
    ] as const
    const said: string[] = []
    const { code, err, wishes } = await run(['sign-in', 'alice', ...place], { typed }, async ask => {
      said.push(await ask('secret', 'Password of alice'), await ask('text', 'For safety\nWhich town?'))
    })
    assert.equal(code, 0, err)
    assert.deepEqual(said, ['open sesame', 'Basra'])
    assert.deepEqual(wishes, [{ registry: '127.0.0.1:3131', name: 'alice', prompts: true }])
    assert.match(err, /^Ac␛me asks, and sees what you answer\.\n/)
    assert.match(err, /For safety\n/)
    assert.ok(!err.includes('sesame'))
  })

  it('is asked again of a person who was wrong, three times in all', async () => {
    const typed = [
      [/Password: $/, 'one\r'],
      [/is wrong[\s\S]*Password: $/, 'two\r'],
      [/is wrong[\s\S]*Password: $/, 'three\r'],
    ] as const
    const { code, err, wishes } = await run(['sign-in', 'alice', ...place], { typed }, async ask => {
      await ask('secret', 'Password')
      throw wrong()
    })
    assert.equal(code, 1, err)
    assert.equal(wishes.length, 3)
  })

  it('takes PARLEY_PASSWORD for the first secret, and lines of stdin for all else', async () => {
    const said: string[] = []
    const input = { env: { PARLEY_PASSWORD: 'a token' }, stdin: 'Basra\n123456\n' }
    const { code, err, wishes } = await run(['sign-in', 'bot', ...place, '--by', 'prompts'], input, async ask => {
      said.push(await ask('text', 'Town'), await ask('secret', 'Token'), await ask('secret', 'Code'))
    })
    assert.equal(code, 0, err)
    assert.deepEqual(said, ['Basra', 'a token', '123456'])
    const wish = { registry: '127.0.0.1:3131', name: 'bot', by: 'prompts', afresh: true, prompts: true }
    assert.deepEqual(wishes, [wish])
  })

  it('is tried once by a program, which nobody can ask again', async () => {
    const input = { env: { PARLEY_PASSWORD: 'a token' } }
    const { code, wishes } = await run(['sign-up', 'bot', ...place], input, async ask => {
      await ask('secret', 'Token')
      throw wrong()
    })
    assert.equal(code, 1)
    assert.equal(wishes.length, 1)
  })

  it('says what is missing when there is no answer to be had', async () => {
    const { code, err } = await run(['sign-in', 'bot', ...place], {}, async ask => void (await ask('text', 'Town')))
    assert.equal(code, 2)
    assert.match(err, /Give an answer to "Town": at the prompt of a terminal, or as a line of stdin\./)
  })

  it('shows the address of a page, and takes Enter for done', async () => {
    const typed = [[/Enter when you are done/, '\r']] as const
    const { code, err } = await run(['sign-up', 'alice', ...place], { typed }, async ask => {
      assert.equal(await ask('link', 'https://id.example/device'), '')
    })
    assert.equal(code, 0, err)
    assert.match(err, /Open this page in a browser, if you expect it:\n {4}https:\/\/id\.example\/device\n/)
  })

  it('ends when the person gives up, and when the team does', async () => {
    const ctrlC = [[/Password: $/, '\u0003']] as const
    const given = await run(
      ['sign-in', 'alice', ...place],
      { typed: ctrlC },
      async ask => void (await ask('secret', 'Password')),
    )
    assert.equal(given.code, 1)
    assert.match(given.err, /Stopped; nothing was changed/)
    const late = await run(['sign-in', 'alice', ...place], { typed: [], isOpen: true }, async ask => {
      void ask('secret', 'Password').catch(() => {})
      throw new ParleyError('timeout', 'Nobody has answered.')
    })
    assert.equal(late.code, 1)
    assert.match(late.err, /Nobody has answered/)
  })
})
