import assert from 'node:assert/strict'
import { pendingCommands, pendingPage } from '../../../../extension/src/devices/pending-page.ts'

const facts = {
  team: 'Acme <b>',
  name: 'Alice & co',
  digits: '12345 67890 11111 22222 33333 44444',
  language: 'en',
  nonce: 'n1',
}

describe('the page of a device that waits to be approved', () => {
  it('shows the digits in six groups, each to be read digit by digit', () => {
    const groups = [...pendingPage(facts).matchAll(/aria-label="([\d ]+)"[^>]*>(\d+)</g)]
    assert.deepEqual(
      groups.map(([, , text]) => text),
      facts.digits.split(' '),
    )
    assert.equal(groups[0]?.[1], '1 2 3 4 5')
  })

  it('says that they are on their way until they are known', () => {
    assert.match(pendingPage({ ...facts, digits: '' }), /role="status">Working out the digits…/)
  })

  it('runs no script, and leads to commands that it may run', () => {
    const page = pendingPage(facts)
    assert.doesNotMatch(page, /<script|\son\w+=|\sstyle=|<link|<b>/)
    const links = [...page.matchAll(/href="command:([^"]*)"/g)].map(([, command]) => command)
    assert.deepEqual(links, [...pendingCommands])
    assert.match(page, /signed in to Acme &#60;b&#62; as Alice &#38; co/)
  })
})
