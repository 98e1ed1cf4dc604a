import assert from 'node:assert/strict'
import { connect } from '../../../../daemon/src/client/connect.ts'
import { startControl } from '../../../../daemon/src/control/server.ts'
import { locations } from '../../../../daemon/src/locations.ts'
import { silentLog } from '../../../../daemon/src/log.ts'
import type { PromptInfo } from '../../../../daemon/src/protocol/control.ts'
import type { AskPerson } from '../../../../daemon/src/protocol/prompts.ts'
import { fakeHub } from '../../../support/fake-hub.ts'
import { temporaryFolder } from '../../../support/folder.ts'
import { someAccount } from '../../../support/hub-client.ts'

const code = (error: string) => ({ name: 'ParleyError', code: error })
const question = { team: 'Acme', kind: 'secret', text: 'Password' } as const

/** A daemon whose hub does at a sign-in what `signIn` says, and a front end of it. */
async function start(signIn: (ask: AskPerson | undefined) => Promise<string>) {
  const folder = await temporaryFolder()
  const hub = { ...fakeHub() }
  const { daemonFile } = locations(folder.path)
  Object.assign(hub, {
    signIn: async (_params: unknown, ask?: AskPerson) => someAccount({ displayName: await signIn(ask) }),
  })
  const options = { home: folder.path, daemonFile, roles: ['hub'], hub, log: silentLog, stop: () => {} } as const
  const control = await startControl(options)
  const prompts: PromptInfo[] = []
  const client = await connect({ home: folder.path, client: 'test' })
  return {
    client,
    prompts,
    another: () => connect({ home: folder.path, client: 'test' }),
    asked: () => new Promise<PromptInfo>(resolve => client.on('prompt', resolve)),
    async [Symbol.asyncDispose]() {
      client.close()
      await control.close()
      await folder[Symbol.asyncDispose]()
    },
  }
}

const waiting = new AbortController().signal
const asks = (ask: AskPerson | undefined) => ask?.(question, waiting) ?? Promise.resolve('nobody can be asked')

describe('prompts of the control API', () => {
  it('go to the front end that has asked for it, whose answer goes back', async () => {
    await using daemon = await start(asks)
    const other = await daemon.another()
    const heard: PromptInfo[] = []
    other.on('prompt', prompt => heard.push(prompt))
    const asked = daemon.asked()
    const signedIn = daemon.client.request('signIn', { prompts: true })
    const { prompt, ...rest } = await asked
    assert.deepEqual(rest, question)
    await assert.rejects(other.request('answerPrompt', { prompt, answer: 'mine' }), code('usage'))
    await daemon.client.request('answerPrompt', { prompt, answer: 'open sesame' })
    assert.equal((await signedIn).displayName, 'open sesame')
    await assert.rejects(daemon.client.request('answerPrompt', { prompt, answer: 'again' }), code('usage'))
    assert.deepEqual(heard, [])
    other.close()
  })

  it('are given up without an answer', async () => {
    await using daemon = await start(asks)
    const asked = daemon.asked()
    const signedIn = daemon.client.request('signIn', { prompts: true })
    const { prompt } = await asked
    await Promise.all([assert.rejects(signedIn, code('closed')), daemon.client.request('answerPrompt', { prompt })])
  })

  it('are not for front ends that do not say that they can ask', async () => {
    await using daemon = await start(asks)
    assert.equal((await daemon.client.request('signIn', {})).displayName, 'nobody can be asked')
    await assert.rejects(daemon.client.request('answerPrompt', { prompt: 'x', answer: 'y' }), code('usage'))
  })

  it('end with the front end', async () => {
    const ended = Promise.withResolvers<unknown>()
    await using daemon = await start(async ask => {
      await asks(ask).catch(ended.resolve)
      return ''
    })
    const asked = daemon.asked()
    const signedIn = daemon.client.request('signIn', { prompts: true })
    await asked
    daemon.client.close()
    await assert.rejects(signedIn, code('closed'))
    assert.equal(((await ended.promise) as { code?: string }).code, 'closed')
  })

  it('end when whoever asks lets go', async () => {
    const letGo = new AbortController()
    await using daemon = await start(async ask => (await ask?.(question, letGo.signal)) ?? '')
    const asked = daemon.asked()
    const signedIn = daemon.client.request('signIn', { prompts: true })
    const { prompt } = await asked
    letGo.abort(new Error('late'))
    await assert.rejects(signedIn, code('internal'))
    await assert.rejects(daemon.client.request('answerPrompt', { prompt, answer: 'y' }), code('usage'))
  })
})
