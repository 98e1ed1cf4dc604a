import type { Context } from '../context.ts'
import type { Disposable } from '../event.ts'

/** Registers sharing the selection. */
export function registerShare(_context: Context): Disposable {
  return { dispose() {} }
}
