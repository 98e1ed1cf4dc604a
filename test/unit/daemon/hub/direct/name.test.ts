import assert from 'node:assert/strict'
import fc from 'fast-check'
import { asUserName, nameOfComputerUser } from '../../../../../daemon/src/hub/direct/name.ts'
import { readUserName } from '../../../../../daemon/src/protocol/names.ts'

describe('hub: the name of the person at this computer', () => {
  it('stays near to what the computer calls them', () => {
    const names = {
      alice: 'alice',
      'Alice Liddell': 'alice-liddell',
      Ödön: 'odon',
      'DOMAIN\\bob': 'domain-bob',
      al: 'user-al',
      all: 'user-all',
      山田: 'somebody',
      '': 'somebody',
      '...': 'somebody',
      ['x'.repeat(80)]: 'x'.repeat(32),
    }
    for (const [text, name] of Object.entries(names)) assert.equal(asUserName(text), name, text)
  })

  it('is a user name whatever it is', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary' }), text => readUserName(asUserName(text)) === asUserName(text)))
    assert.equal(readUserName(nameOfComputerUser()), nameOfComputerUser())
  })
})
