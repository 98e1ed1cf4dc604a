import { userInfo } from 'node:os'
import type { AccountInfo } from '@parley/daemon/protocol/control'
import type { Context } from '../context.ts'
import { suggestName } from './names.ts'

/** The account of this home, if there is one and it is known by now. */
export function ownAccount({ hub }: Context): AccountInfo | undefined {
  return hub.accounts?.[0]
}

/** A name to begin with; empty when this computer knows none that tells anything. */
export function suggestedName(): string {
  try {
    return suggestName(userInfo().username)
  } catch {
    // A user without an entry in the system's list, as in some containers.
    return ''
  }
}
