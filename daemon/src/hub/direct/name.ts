import { userInfo } from 'node:os'
import { ParleyError } from '../../errors.ts'
import { readUserName } from '../../protocol/names.ts'

/** The name of the person at this computer, brought into the form of a user name. */
export function nameOfComputerUser(): string {
  return asUserName(userInfoName())
}

/** `text` as a user name that comes near to it; `somebody` where nothing of it can stay. */
export function asUserName(text: string): string {
  const ascii = text.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase()
  const name = ascii
    .replace(/[^a-z0-9._-]+/g, '-')
    .replace(/^[._-]+|[._-]+$/g, '')
    .slice(0, 32)
  for (const each of [name, `user-${name}`.slice(0, 32)]) {
    if (isUserName(each)) return each
  }
  return 'somebody'
}

function isUserName(text: string): boolean {
  try {
    return text !== 'user-' && readUserName(text) === text
  } catch (error) {
    if (error instanceof ParleyError) return false
    throw error
  }
}

function userInfoName(): string {
  try {
    return userInfo().username
  } catch {
    // A process may run under a number that no name belongs to.
    return ''
  }
}
