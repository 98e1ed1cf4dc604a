import type { Context } from '../context.ts'
import type { Disposable } from '../event.ts'

/** Registers joining and starting teams, sign-in and out, links. */
export function registerJoin(_context: Context): Disposable {
  return { dispose() {} }
}
