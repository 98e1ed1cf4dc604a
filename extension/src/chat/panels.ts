import type { ChatOpener, Context } from '../context.ts'
import type { Disposable } from '../event.ts'

/** Chats in editor tabs and in the side bar. */
export function registerChatPanels(_context: Omit<Context, 'chats'>): ChatOpener & Disposable {
  throw new Error('not built yet')
}
