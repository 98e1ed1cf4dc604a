import assert from 'node:assert/strict'
import { readLink } from '../../../../extension/src/chat/links.ts'
import { isMessageLink, messageLink, readMessageLink } from '../../../../extension/src/chat/message-link.ts'
import { safeHref } from '../../../../extension/surface/text/links.ts'

describe('a link to a message', () => {
  const linked = { conversation: 'c'.repeat(52), position: `00aa/${'d'.repeat(52)}/001/0b` }
  const read = (link: string) => {
    const { pathname: path, search } = new URL(link)
    return readMessageLink({ path, query: search.slice(1) })
  }

  it('leads to where it was made', () => {
    assert.deepEqual(read(messageLink('vscode', linked)), linked)
    assert.equal(isMessageLink({ path: '/join' }), false)
  })

  it('is opened where it stands in a message', () => {
    const link = messageLink('vscode', linked)
    assert.deepEqual(readLink(link), { is: 'message', to: linked })
    assert.equal(safeHref(link), link)
    assert.equal(safeHref('vscode://evil.extension/message?conversation=x'), undefined)
    assert.equal(readLink('vscode://parley.parley-chat/join?link=x'), undefined)
  })

  it('leads nowhere when it is cut or mistyped', () => {
    for (const change of [{ conversation: '../x' }, { conversation: '' }, { position: '' }, { position: 'a b' }]) {
      assert.equal(read(messageLink('vscode', { ...linked, ...change })), undefined)
    }
    assert.equal(readMessageLink({ path: '/other', query: '' }), undefined)
  })
})
