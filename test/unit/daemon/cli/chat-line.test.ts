import assert from 'node:assert/strict'
import { completions, readChatLine } from '../../../../daemon/src/cli/chat-line.ts'

describe('a line of a chat', () => {
  it('is a text unless it is a command', () => {
    for (const text of ['hello', '/etc/hosts is a file', '/editor', ' /edit', '/deleted?'])
      assert.deepEqual(readChatLine(text), { is: 'text', text })
    assert.deepEqual(readChatLine('//edit is a command'), { is: 'text', text: '/edit is a command' })
  })

  it('does something with the latest message, or with the one that it names', () => {
    assert.deepEqual(readChatLine('/edit lunch at one'), { is: 'edit', text: 'lunch at one' })
    assert.deepEqual(readChatLine('/edit #k3fq  lunch'), { is: 'edit', id: 'k3fq', text: 'lunch' })
    assert.deepEqual(readChatLine('/reply #1 yes'), { is: 'reply', text: '#1 yes' })
    assert.deepEqual(readChatLine('/react 👍'), { is: 'react', emoji: '👍' })
    assert.deepEqual(readChatLine('/delete'), { is: 'delete' })
    assert.deepEqual(readChatLine('/delete #k3fq'), { is: 'delete', id: 'k3fq' })
  })

  it('is completed: commands at its beginning, names behind an @', () => {
    assert.deepEqual(completions('/re', ['bob']), [['/reply ', '/react '], '/re'])
    assert.deepEqual(completions('ask @b', ['bob', 'carl']), [['@bob '], '@b'])
    assert.deepEqual(completions('no', ['bob'])[0], [])
  })
})
