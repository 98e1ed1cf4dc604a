import assert from 'node:assert/strict'
import { isMessageLink, messageLink, readMessageLink } from '../../../../extension/src/chat/message-link.ts'

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

  it('leads nowhere when it is cut or mistyped', () => {
    for (const change of [{ conversation: '../x' }, { conversation: '' }, { position: '' }, { position: 'a b' }]) {
      assert.equal(read(messageLink('vscode', { ...linked, ...change })), undefined)
    }
    assert.equal(readMessageLink({ path: '/other', query: '' }), undefined)
  })
})
