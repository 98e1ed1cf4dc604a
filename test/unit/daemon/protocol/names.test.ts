import assert from 'node:assert/strict'
import fc from 'fast-check'
import {
  foldAlias,
  readDisplayName,
  readTeamName,
  readUserName,
  reservedNames,
} from '../../../../daemon/src/protocol/names.ts'
import { orRefused, refusal } from '../../../support/errors.ts'

describe('user names', () => {
  it('are 3 to 32 of a-z, 0-9, dot, underscore and hyphen, and are lower-cased', () => {
    for (const name of ['abc', 'a.b', '0_-', `a${'b'.repeat(31)}`]) assert.equal(readUserName(name), name)
    assert.equal(readUserName(' Alice '), 'alice')
  })

  it('are refused in words that tell what is allowed', () => {
    const wrong = [
      '',
      'ab',
      `a${'b'.repeat(32)}`,
      '.ab',
      '-ab',
      '_ab',
      'a b',
      'a/b',
      'zoë',
      'abc\n',
      'a\0bc',
      'x'.repeat(10_000),
    ]
    for (const name of wrong.filter(name => name.trim() === name || name.trim().length < 3)) {
      assert.match(refusal(() => readUserName(name), 'bad-name').message, /3 to 32/)
    }
    assert.ok(refusal(() => readUserName('x'.repeat(10_000)), 'bad-name').message.length < 300)
  })

  it('cannot be forged with letters that only lower-case to ASCII', () => {
    refusal(() => readUserName('\u212Aelvin'), 'bad-name')
    refusal(() => readUserName('\u0130stanbul'), 'bad-name')
  })

  it('that mean someone else are reserved, in any case', () => {
    for (const name of reservedNames) {
      assert.match(refusal(() => readUserName(name.toUpperCase()), 'bad-name').message, /reserved/)
    }
  })

  it('accepted once are accepted again, unchanged', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 40 }), text => {
        const name = orRefused(() => readUserName(text))
        if (name !== undefined) assert.equal(readUserName(name), name)
      }),
    )
  })
})

describe('display names', () => {
  it('keep letters, signs and emoji of any language, in NFC', () => {
    for (const name of ['Ann', 'Zoë Müller', '山田 太郎', '👩‍💻 Dev', "O'Brien", 'محمد'])
      assert.equal(readDisplayName(name), name)
    assert.equal(readDisplayName('Zoe\u0308'), 'Zoë')
    assert.equal(readDisplayName('  Ann '), 'Ann')
  })

  it('cannot have controls, line breaks, characters that turn text around, or broken ones', () => {
    for (const bad of [
      'a\0b',
      'a\nb',
      'a\u007fb',
      'a\u2028b',
      'a\u202eb',
      'a\u2066b',
      'a\u200fb',
      'a\u061cb',
      'a\ud800b',
    ]) {
      refusal(() => readDisplayName(bad), 'bad-name')
    }
  })

  it('cannot be empty, invisible or endless', () => {
    for (const bad of ['', '   ', '\u200b\u200b', '\u2060', 'x'.repeat(65), 'x'.repeat(1_000_000)]) {
      refusal(() => readDisplayName(bad), 'bad-name')
    }
    assert.equal(readDisplayName('👍'.repeat(64)).length, 128)
  })
})

describe('the name of a team', () => {
  it('follows the rule of display names, in words of its own', () => {
    assert.equal(readTeamName('  Acme & Söhne '), 'Acme & Söhne')
    assert.throws(() => readTeamName(' '), { code: 'bad-name', message: /^The name of a team cannot be empty/ })
    assert.throws(() => readTeamName('a\u202eb'), {
      code: 'bad-name',
      message: /^The name of a team cannot have control/,
    })
    assert.throws(() => readTeamName('x'.repeat(65)), {
      code: 'bad-name',
      message: /^The name of a team has at most 64/,
    })
  })
})

describe('aliases', () => {
  it('are compared without case and however their letters are composed', () => {
    assert.equal(foldAlias('ZOE\u0308'), foldAlias('zoë'))
    assert.notEqual(foldAlias('zoe'), foldAlias('zoë'))
    fc.assert(fc.property(fc.string({ unit: 'grapheme' }), text => foldAlias(foldAlias(text)) === foldAlias(text)))
  })
})
