import type { Context } from '../context.ts'
import type { Disposable } from '../event.ts'

/** Registers the Chats view. */
export function registerChats(_context: Context): Disposable {
  return { dispose() {} }
}
