import { ParleyError } from '../errors.ts'
import { limits } from '../limits.ts'
import { commonPasswords } from './common-passwords.ts'

/**
 * Throws `bad-password` for a password that is too short, too long or among the first that anyone would guess. Clients
 * ask this before a sign-up: the registry never sees a password. Its hash must be taken of {@link passwordForm}.
 */
export function checkPassword(password: string): void {
  const length = [...password].length
  if (length < limits.passwordShortest) {
    throw new ParleyError(
      'bad-password',
      `A password needs at least ${limits.passwordShortest} characters. Choose a longer one.`,
    )
  }
  if (length > limits.passwordLongest) {
    throw new ParleyError(
      'bad-password',
      `A password has at most ${limits.passwordLongest} characters. Choose a shorter one.`,
    )
  }
  if (!passwordForm(password).isWellFormed())
    throw new ParleyError('bad-password', 'The password has a broken character. Type it anew.')
  const folded = password.toLowerCase().trim()
  if (commonPasswords.has(folded) || /^(.)\1*$/su.test(folded)) {
    throw new ParleyError('bad-password', 'This password is among the first that anyone would guess. Choose another.')
  }
}

/** The form in which a password is used: NFC, as keyboards differ in how they compose (RFC 8265, section 4.2). */
export function passwordForm(password: string): string {
  return password.normalize('NFC')
}
