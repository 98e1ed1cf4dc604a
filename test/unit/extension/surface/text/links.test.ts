import assert from 'node:assert/strict'
import fc from 'fast-check'
import { hostToShow, safeHref } from '../../../../../extension/surface/text/links.ts'

describe('the target of a link', () => {
  it('is a web page or a mail address', () => {
    assert.equal(safeHref('https://example.com/a?b=c#d'), 'https://example.com/a?b=c#d')
    assert.equal(safeHref('http://example.com'), 'http://example.com/')
    assert.equal(safeHref('mailto:bob@example.com'), 'mailto:bob@example.com')
  })

  it('is nothing that runs, opens or reads anything', () => {
    for (const href of [
      'javascript:alert(1)',
      'JaVaScRiPt:alert(1)',
      ' javascript:alert(1)',
      'java\nscript:alert(1)',
      'data:text/html,<script>alert(1)</script>',
      'command:workbench.action.quit',
      'vscode:extension/x',
      'vscode-insiders://x/y',
      'file:///etc/passwd',
      '\\\\server\\share',
      '//example.com',
      'ftp://example.com',
      'blob:https://example.com/1',
      'https:',
      'https://',
      'mailto:',
      'https://example.com/\u202egnp.exe',
      `https://example.com/${'a'.repeat(3000)}`,
      '#top',
      '/etc',
      '',
    ]) {
      assert.equal(safeHref(href), undefined, href)
    }
  })

  it('is one of those whatever is written', () => {
    const scheme = fc.constantFrom(
      'javascript:',
      'https://',
      'mailto:',
      'data:',
      'command:',
      '\thttp:',
      '//',
      'vscode://',
    )
    fc.assert(
      fc.property(scheme, fc.string({ unit: 'binary' }), (start, rest) => {
        const href = safeHref(start + rest)
        assert.ok(href === undefined || /^(https?:\/\/[^/]|mailto:)/.test(href))
      }),
    )
  })
})

describe('the host beside a link', () => {
  const host = (href: string, text: string) => hostToShow(safeHref(href) ?? '', text)

  it('is shown when the text names another one', () => {
    assert.equal(host('https://evil.example/x', 'https://github.com/login'), 'evil.example')
    assert.equal(host('https://evil.example/x', 'github.com'), 'evil.example')
    assert.equal(host('https://evil.example/x', 'sign in at www.github.com please'), 'evil.example')
    assert.equal(host('https://evil.example/x', 'github\u200b.com'), 'evil.example')
    assert.equal(host('https://evil.example/x', 'ｇithub．com'), 'evil.example')
    assert.equal(host('https://github.com.evil.example/x', 'github.com'), 'github.com.evil.example')
    assert.equal(host('mailto:bob@evil.example', 'https://github.com'), 'evil.example')
  })

  it('is shown when letters look like others, or a name stands before an @', () => {
    assert.equal(host('https://аррӏе.com', 'https://аррӏе.com'), 'xn--80ak6aa92e.com')
    assert.equal(host('https://github.com@evil.example/', 'the pull request'), 'evil.example')
  })

  it('is not shown when the text is true, or names no host', () => {
    assert.equal(host('https://github.com/a/b', 'https://github.com/a/b'), undefined)
    assert.equal(host('https://www.github.com/a', 'github.com'), undefined)
    assert.equal(host('https://github.com/a', 'the pull request, e.g. this.'), undefined)
  })
})
