import assert from 'node:assert/strict'
import { commonPasswords } from '../../../../daemon/src/protocol/common-passwords.ts'
import { checkPassword, passwordForm } from '../../../../daemon/src/protocol/passwords.ts'
import { refusal } from '../../../support/errors.ts'

describe('passwords', () => {
  it('of 6 characters or more are accepted, whatever the characters', () => {
    for (const password of ['x7#kQp', 'correct horse battery staple', 'пароль-и-ещё', '🦊🦉🐙🦔🐢🐍'])
      checkPassword(password)
  })

  it('below 6 characters are refused, counted as a person counts', () => {
    for (const password of ['', 'x7#kQ', '🦊🦉🐙']) {
      assert.match(refusal(() => checkPassword(password), 'bad-password').message, /at least 6/)
    }
  })

  it('that are common are refused, in any case and with space around', () => {
    for (const password of [
      '123456',
      'password',
      'Password1',
      'QWERTY',
      ' iloveyou ',
      'letmein',
      'aaaaaaa',
      '🦊🦊🦊🦊🦊🦊',
    ]) {
      assert.match(refusal(() => checkPassword(password), 'bad-password').message, /guess/)
    }
  })

  it('as long as a file are refused', () => {
    assert.match(refusal(() => checkPassword('x7#kQp'.repeat(1000)), 'bad-password').message, /at most 1024/)
  })

  it('with a broken character are refused, as it could not be typed again', () => {
    refusal(() => checkPassword('abc\ud800defgh'), 'bad-password')
  })

  it('are never repeated in the error', () => {
    assert.doesNotMatch(refusal(() => checkPassword('trustno1'), 'bad-password').message, /trustno1/)
  })

  it('are the same however a keyboard composes them', () => {
    assert.equal(passwordForm('Zoe\u0308-secret'), passwordForm('Zoë-secret'))
  })

  it('are compared with a list that holds only what could otherwise pass', () => {
    assert.ok(commonPasswords.size >= 400, `${commonPasswords.size}`)
    for (const password of commonPasswords) assert.equal(password, password.toLowerCase())
    assert.deepEqual(
      [...commonPasswords].filter(password => [...password].length < 6),
      [],
    )
  })
})
