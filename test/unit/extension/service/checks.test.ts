import assert from 'node:assert/strict'
import type { CheckInfo } from '../../../../daemon/src/protocol/control.ts'
import { checkRows, summaryOf, textOf } from '../../../../extension/src/service/checks.ts'
import { checksCommands, checksPage } from '../../../../extension/src/service/checks-page.ts'

const ok: CheckInfo = { about: 'clock', state: 'ok', words: 'The clock agrees.' }
const warning: CheckInfo = {
  about: 'listen',
  state: 'warning',
  words: 'Only this computer.',
  advice: 'Allow it: parley direct on',
}
const failed: CheckInfo = { about: 'new-thing', state: 'failed', words: '<b>Acme</b>\u001b[31m is away.' }

describe('what the look at the connection found', () => {
  it('begins with what is wrong, each by a name that a person knows', () => {
    const rows = checkRows([ok, warning, failed])
    assert.deepEqual(
      rows.map(({ title, state }) => `${title}: ${state}`),
      ['new-thing: failed', 'Direct connections: warning', 'Clock: ok'],
    )
  })

  it('is summed up in a sentence', () => {
    assert.equal(summaryOf(checkRows([ok])), 'All is well.')
    assert.equal(summaryOf(checkRows([ok, warning])), 'It works, with one thing to look at.')
    assert.equal(summaryOf(checkRows([failed, warning])), 'One thing is wrong.')
    assert.equal(summaryOf(checkRows([failed, failed])), '2 things are wrong.')
  })

  it('can be copied as text', () => {
    assert.equal(
      textOf(checkRows([ok, warning])),
      [
        'It works, with one thing to look at.',
        '',
        'Look at this · Direct connections: Only this computer.',
        '  Allow it.',
        'Well · Clock: The clock agrees.',
        '',
      ].join('\n'),
    )
  })

  it('is a page that runs nothing, says each state in words, and leads to what mends it', () => {
    const page = checksPage({ rows: checkRows([ok, warning, failed]), time: '09:41', language: 'en', nonce: 'n' })
    assert.doesNotMatch(page, /<script|\son\w+=|\sstyle=|<link|<b>/)
    assert.deepEqual(
      [...page.matchAll(/aria-label="([^"]*)"/g)].map(([, word]) => word),
      ['Wrong', 'Look at this', 'Well'],
    )
    const links = [...page.matchAll(/href="command:([^"]*)"/g)].map(([, command = '']) => command)
    assert.deepEqual(links.sort(), [...checksCommands].sort())
  })
})
