import assert from 'node:assert/strict'
import { chatPage, emptyPage, type PageParts } from '../../../../extension/src/chat/html.ts'

const parts: PageParts = {
  script: 'https://file.vscode-cdn.net/dist/surface.js?a=1&b=2',
  style: 'https://file.vscode-cdn.net/dist/surface.css',
  language: 'en-gb',
  nonce: 'abc123',
}

function policyOf(page: string): ReadonlyMap<string, string> {
  const [, content = ''] = /Content-Security-Policy" content="([^"]*)"/.exec(page) ?? []
  return new Map(
    content.split('; ').map(directive => {
      const [name = '', ...sources] = directive.split(' ')
      return [name, sources.join(' ')]
    }),
  )
}

describe('the page of a chat', () => {
  it('may run our one script and use our one style sheet, and nothing else', () => {
    assert.deepEqual(
      policyOf(chatPage(parts)),
      new Map([
        ['default-src', "'none'"],
        ['script-src', "'nonce-abc123'"],
        ['style-src', "'nonce-abc123'"],
        ['img-src', 'data:'],
        ['base-uri', "'none'"],
        ['form-action', "'none'"],
      ]),
    )
  })

  it('holds no inline script, style or handler', () => {
    const page = chatPage(parts)
    assert.deepEqual(page.match(/<script[^>]*>/g), [
      '<script nonce="abc123" src="https://file.vscode-cdn.net/dist/surface.js?a=1&#38;b=2">',
    ])
    assert.match(page, /<script [^>]*><\/script>/)
    assert.doesNotMatch(page, /<style|\son\w+=|\sstyle=|unsafe/)
  })

  it('names the language of the editor, and its direction', () => {
    assert.match(chatPage(parts), /<html lang="en-gb" dir="ltr">/)
    assert.match(chatPage({ ...parts, language: 'ar' }), /<html lang="ar" dir="rtl">/)
    assert.match(chatPage({ ...parts, language: 'arn' }), /dir="ltr"/)
  })

  it('cannot be broken out of by what it is made from', () => {
    const page = chatPage({ ...parts, language: '"><script>alert(1)</script>' })
    assert.equal(page.match(/<script/g)?.length, 1)
  })
})

describe('the page of a side bar without a chat', () => {
  const page = emptyPage({
    text: 'No <chat>',
    button: 'Open "it"',
    command: 'parley.openChat',
    language: 'en',
    nonce: 'n1',
  })

  it('runs no script and loads nothing', () => {
    assert.deepEqual(
      policyOf(page),
      new Map([
        ['default-src', "'none'"],
        ['style-src', "'nonce-n1'"],
        ['base-uri', "'none'"],
        ['form-action', "'none'"],
      ]),
    )
    assert.doesNotMatch(page, /<script|\son\w+=|\sstyle=|<link/)
  })

  it('leads to one command', () => {
    assert.deepEqual(page.match(/href="[^"]*"/g), ['href="command:parley.openChat"'])
    assert.match(page, />Open &#34;it&#34;<\/a>/)
    assert.match(page, /<p>No &#60;chat&#62;<\/p>/)
  })
})
