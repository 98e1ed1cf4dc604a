import type { Context } from '../context.ts'
import type { Disposable } from '../event.ts'

/** Registers the status bar item and the commands of the background service. */
export function registerService(_context: Context): Disposable {
  return { dispose() {} }
}
