import type { Context } from '../context.ts'
import type { Disposable } from '../event.ts'
import { ChatsView } from './chats-view.ts'
import { registerChatCommands } from './commands.ts'
import { UnreadBadges } from './unread-badges.ts'

/** Registers the Chats view. */
export function registerChats(context: Context): Disposable {
  const view = new ChatsView(context.hub)
  const parts = [view, new UnreadBadges(context.hub), ...registerChatCommands(context, () => view.selected)]
  return {
    dispose() {
      for (const part of parts) part.dispose()
    },
  }
}
