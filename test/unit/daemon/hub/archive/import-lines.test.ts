import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { readConversation } from '../../../../../daemon/src/hub/archive/import-lines.ts'
import { toText } from '../../../../../daemon/src/protocol/ids.ts'

describe('a conversation in a file that somebody else has written', () => {
  it('brings no name that moves a cursor, turns text round or forges lines', () => {
    const name = 'bob\u001b[2J\n\u202ealice'
    const person = { user: toText(randomBytes(16)), name, displayName: name }
    const read = readConversation({ conversation: toText(randomBytes(32)), person })
    assert.deepEqual([read.person?.name, read.person?.displayName], ['bob [2J alice', 'bob [2J alice'])
  })
})
