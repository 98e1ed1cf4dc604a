import assert from 'node:assert/strict'
import guardSecrets, { secretIn, secretKinds } from '@parley/guard-secrets'
import type { Host } from '@parley/kit'
import { silentLog } from '../../../daemon/src/log.ts'

/** Made here, so that no scanner of sources takes them for real ones. */
const much = 'Ab3dEf6hIj9lMn2pQr5tUv8xYz1bCd4fGh7jKl0nOp3rSt6vWx9zAb2dEf5hIj8l'.repeat(2)
const letters = 'abcdefghij'.repeat(8)
const samples: Readonly<Record<string, string>> = {
  'private-key': `-----BEGIN ${'OPENSSH'} PRIVATE KEY-----`,
  'putty-key': `PuTTY-User-Key-File-${3}: ssh-ed25519`,
  'age-key': `AGE-SECRET-KEY-${1}${'QPZRY9X8'.repeat(8).slice(0, 58)}`,
  aws: `AKIA${'ABCDEFGH23456777'}`,
  'aws-secret': `aws_secret_access_key = ${much.slice(0, 40)}`,
  azure: `AccountKey=${much.slice(0, 86)}==`,
  google: `AIza${much.slice(0, 35)}`,
  'google-oauth': `GOCSPX-${much.slice(0, 28)}`,
  github: `ghp_${much.slice(0, 36)}`,
  gitlab: `glpat-${much.slice(0, 20)}`,
  npm: `npm_${much.slice(0, 36)}`,
  pypi: `pypi-AgEIcHlwaS5vcmc${much.slice(0, 50)}`,
  slack: `xoxb-${much.slice(0, 24)}`,
  'slack-hook': `https://hooks.slack.com/services/${much.slice(0, 40)}`,
  stripe: `sk_live_${much.slice(0, 24)}`,
  anthropic: `sk-ant-${much.slice(0, 40)}`,
  openai: `sk-proj-${much.slice(0, 40)}`,
  'hugging-face': `hf_${letters.slice(0, 34)}`,
  digitalocean: `dop_v1_${'0123456789abcdef'.repeat(4)}`,
  sendgrid: `SG.${much.slice(0, 22)}.${much.slice(0, 43)}`,
}

describe('the guard of secrets', () => {
  const host = {
    log: silentLog,
    signal: new AbortController().signal,
    dir: '',
    secret: async (_, make) => make(),
  } as Host
  const send = async (text: string, options = {}) => {
    const { guards } = await guardSecrets.setup(host, options)
    return guards?.send?.({ conversation: 'c', text }, host.signal)
  }

  for (const { id, words } of secretKinds) {
    it(`sees ${words}, in the middle of a text, and does not repeat it`, async () => {
      const secret = samples[id] ?? assert.fail(`There is no sample of ${id}.`)
      assert.equal(secretIn(secret)?.id, id)
      const judgement = await send(`Use this:\n\`${secret}\` please`)
      assert.ok(judgement?.is === 'refuse' && judgement.mayOverride)
      assert.match(judgement.why, new RegExp(words))
      assert.ok(!judgement.why.includes(secret))
    })
  }

  it('lets pass what only speaks of them', async () => {
    const harmless = [
      'Put it into -----BEGIN CERTIFICATE----- instead',
      'tokens begin with ghp_ and keys with AKIA',
      'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI' + 'a'.repeat(40),
      'risk_live_migration_of_everything_now',
      'commit 3f786850e387550fdab836ed7e6dc881de23001b',
    ]
    for (const text of harmless) assert.deepEqual(await send(text), { is: 'allow' }, text)
  })

  it('lets pass what is allowed, and nobody override when told so', async () => {
    const hook = samples['slack-hook'] ?? ''
    assert.deepEqual(await send(hook, { allow: ['slack-hook'] }), { is: 'allow' })
    const judgement = await send(hook, { override: false })
    assert.ok(judgement?.is === 'refuse' && judgement.mayOverride === false)
  })

  it('is quick with the largest text, whatever stands in it', () => {
    for (const piece of ['aws_secret_access_key        ', '-----BEGIN A A ', 'AccountKey=AAAA', 'SG.aaaa', 'xoxb-']) {
      const text = piece.repeat(Math.ceil(65_536 / piece.length))
      const start = performance.now()
      secretIn(text)
      assert.ok(performance.now() - start < 250, `${piece}: ${performance.now() - start} ms`)
    }
  })
})
