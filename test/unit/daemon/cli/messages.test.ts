import assert from 'node:assert/strict'
import { PassThrough } from 'node:stream'
import { stripVTControlCharacters } from 'node:util'
import { messageLines } from '../../../../daemon/src/cli/messages.ts'
import type { MessageInfo } from '../../../../daemon/src/protocol/control.ts'

const message: MessageInfo = {
  ...{ conversation: 'c', message: 'm', user: 'u', name: 'bob', mine: false, text: 'I owe you 100', position: 'p' },
  written: new Date(2026, 4, 5, 14, 3).getTime(),
}

describe('a message in the terminal', () => {
  it('says that an import brought it, so that nobody takes it for what its author has signed', () => {
    assert.match(shown({ ...message, imported: true }), /bob {2}I owe you 100 \(imported, not signed\)$/)
    assert.match(shown({ ...message, imported: true, edited: 5 }), /\(edited\) \(imported, not signed\)$/)
    assert.doesNotMatch(shown(message), /imported/)
  })
})

function shown(of: MessageInfo): string {
  const stdout = new PassThrough() as unknown as NodeJS.WriteStream
  return stripVTControlCharacters(
    messageLines({ stdin: process.stdin, stdout, stderr: stdout, env: {}, builtIns: {} }, of),
  )
}
