import { ParleyError } from '../errors.ts'
import { limits } from '../limits.ts'
import { foldAlias, reservedNames } from './names.ts'

/** Whether `alias` may be the name of a new classic account: 3 to 10 bytes of UTF-8, no controls, not reserved. */
export function isAlias(alias: string): boolean {
  return fitsClassic(alias) && isHarmless(alias) && !reservedNames.includes(foldAlias(alias))
}

/** Whether a classic packet can carry `name`; other names do not appear to classic clients. */
export function fitsClassic(name: string): boolean {
  const size = Buffer.byteLength(name, 'utf8')
  return size >= limits.classicNameShortest && size <= limits.classicNameLongest
}

/** Whether a classic client may call itself `name` towards a hub: nobody has asked a registry whether it may. */
export function isClaimable(name: string): boolean {
  const size = Buffer.byteLength(name, 'utf8')
  return size >= 1 && size <= limits.classicNameLongest && isHarmless(name) && name.trim() === name
}

/** An alias as it is kept: NFC, without white space around it. Throws `bad-name` with words for a person. */
export function readAlias(text: string): string {
  const alias = text.trim().normalize('NFC')
  if (isAlias(alias)) return alias
  throw new ParleyError(
    'bad-name',
    `${JSON.stringify(alias.slice(0, 40))} cannot be an alias: use 3 to 10 bytes of UTF-8 (letters outside ASCII take two ` +
      'or more) without control characters, and none of all, here, registry and system.',
  )
}

/**
 * A classic password as it is given: it must fit a field of 15 bytes. Throws `bad-password` with words for a person.
 */
export function checkClassicPassword(password: string): void {
  const length = [...password].length
  const size = Buffer.byteLength(password, 'utf8')
  if (length < limits.passwordShortest) {
    throw new ParleyError(
      'bad-password',
      `A classic password has at least ${limits.passwordShortest} characters, not ${length}. Take a longer one.`,
    )
  }
  if (size > limits.classicPasswordLongest) {
    throw new ParleyError(
      'bad-password',
      `A classic password fits ${limits.classicPasswordLongest} bytes, not ${size}. Take a shorter one, used nowhere else.`,
    )
  }
  if (!/\p{Cc}/u.test(password) && password.isWellFormed()) return
  throw new ParleyError('bad-password', 'A classic password has no control characters. Type it anew.')
}

/** Nothing in it is a control, breaks a line or cannot be seen: it would forge rows of lists or look like another name. */
function isHarmless(name: string): boolean {
  return !unseen.test(name) && name.isWellFormed()
}

const unseen = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u
