import type { Context } from '../context.ts'
import type { Disposable } from '../event.ts'

/** Registers notifications of new messages. */
export function registerNotify(_context: Context): Disposable {
  return { dispose() {} }
}
