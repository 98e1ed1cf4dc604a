import { ParleyError } from '@parley/daemon/client/basics'
import * as l10n from '@vscode/l10n'

/** What `read` finds wrong, in words; undefined when it finds nothing. */
export function faultOf(read: () => unknown): string | undefined {
  try {
    read()
    return undefined
  } catch (error) {
    return wordsOf(error)
  }
}

/** What to tell a person of a failure. */
export function wordsOf(error: unknown): string {
  if (error instanceof ParleyError) return error.message
  return l10n.t('Something unexpected went wrong: {0}', error instanceof Error ? error.message : String(error))
}

/** What went wrong when only the password of `name` was asked for, which is then what may be wrong. */
export function whenSigningIn(error: unknown, name: string): unknown {
  if (codeOf(error) !== 'wrong-credentials') return error
  return new ParleyError('wrong-credentials', l10n.t('This is not the password of {0}. Try again.', name))
}

export function codeOf(error: unknown): string {
  return error instanceof ParleyError ? error.code : 'internal'
}
