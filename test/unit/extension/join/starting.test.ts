import assert from 'node:assert/strict'
import { ParleyError } from '../../../../daemon/src/errors.ts'
import type { AccountInfo } from '../../../../daemon/src/protocol/control.ts'
import { type StartOptions, startTeam } from '../../../../extension/src/join/starting.ts'
import { type Act, ScriptedPerson } from '../../../support/prompts.ts'

const password = 'correct horse battery'
const hosted = { registry: 'r'.repeat(52), address: 'parley://192.168.1.5:3131/r?v=1', team: 'Acme' }
const account = { name: 'alice', team: 'Acme' } as AccountInfo

/** Starts a team as a person whose acts are scripted; `failures` come first, by method. */
async function starting(acts: readonly Act[], failures: Record<string, ParleyError[]> = {}, asksForFirewall = false) {
  const person = new ScriptedPerson(acts)
  const asked: [string, unknown][] = []
  const request = async (method: string, params: unknown) => {
    asked.push([method, params])
    const failure = failures[method]?.shift()
    if (failure) throw failure
    return method === 'hostTeam' ? hosted : account
  }
  const hub = { state: { is: 'up' }, onState: () => ({ dispose() {} }), request } as unknown as StartOptions['hub']
  const result = await startTeam({ hub, prompter: person, team: 'Alice’s team', name: 'alice', asksForFirewall })
  person.done()
  return { result, asked, seen: person.seen }
}

describe('starting a team', () => {
  it('asks for its name, one’s own and a password, then starts it and makes the first account', async () => {
    const { result, asked, seen } = await starting([{ type: 'Acme' }, 'accept', { type: password }, { type: password }])
    assert.equal(result, account)
    assert.deepEqual(asked, [
      ['hostTeam', { team: 'Acme' }],
      ['signUp', { registry: hosted.address, name: 'alice', displayName: 'alice', password }],
    ])
    assert.match(seen[0] ?? '', /^1\/3 .*over the network, and people join by invite\. \[Alice’s team\]$/)
    assert.deepEqual(seen.slice(-2), ['… Starting Acme…', '… Joining Acme…'])
    assert.ok(!seen.some(line => /system/.test(line)))
  })

  it('tells beforehand that the system may ask, where it does', async () => {
    const acts: Act[] = ['accept', 'accept', { type: password }, 'cancel']
    const { result, asked, seen } = await starting(acts, {}, true)
    assert.equal(result, undefined)
    assert.deepEqual(asked, [])
    assert.ok(seen.some(line => /your system then asks .*, allow it/.test(line)))
  })

  it('says why it could not be started, and tries again with what was typed', async () => {
    const acts: Act[] = [{ type: ' ' }, { type: 'Acme' }, 'accept', { type: password }, { type: password }, 'accept']
    const { result, seen } = await starting(acts, { hostTeam: [new ParleyError('storage', 'The disk is full.')] })
    assert.equal(result, account)
    assert.ok(seen.includes('! Type a name for the team.'))
    assert.ok(seen.includes('! The disk is full.'))
  })

  it('goes back to the password when the account could not be made', async () => {
    const acts: Act[] = ['accept', 'accept', { type: password }, { type: password }, 'accept']
    const { result, seen } = await starting(acts, { signUp: [new ParleyError('sign-up-closed', 'Closed.')] })
    assert.equal(result, account)
    assert.ok(seen.includes('! Closed.'))
  })
})
