import type { Context } from '../context.ts'
import type { Disposable } from '../event.ts'

/** Registers the People view and the search for people. */
export function registerPeople(_context: Context): Disposable {
  return { dispose() {} }
}
