import assert from 'node:assert/strict'
import { readLink } from '../../../../extension/src/chat/links.ts'

describe('a link in a message', () => {
  it('leads out of the editor when it is one of the web or of mail', () => {
    for (const href of ['https://example.org/a?b=%26c#d', 'http://localhost:3000', 'mailto:bob@example.org']) {
      assert.deepEqual(readLink(href), { is: 'outside', href })
    }
  })

  it('leads to the box that joins teams when it is an invite', () => {
    const href = 'parley://team.example:3131/abc?v=1#code'
    assert.deepEqual(readLink(href), { is: 'join', href })
  })

  const refused = [
    'command:workbench.action.quit',
    'COMMAND:workbench.action.quit',
    'file:///etc/passwd',
    'vscode://parley.parley-chat/join',
    'vscode-insiders://x.y/z',
    'javascript:alert(1)',
    'java\nscript:alert(1)',
    'data:text/html,<script>alert(1)</script>',
    'blob:https://example.org/1',
    'ftp://example.org',
    'about:blank',
    ' https://example.org',
    'https://exa\tmple.org',
    'src/a.ts',
    '//example.org',
    'https://',
    '',
  ]
  for (const href of refused) {
    it(`opens nothing when it is ${JSON.stringify(href)}`, () => assert.equal(readLink(href), undefined))
  }
})
