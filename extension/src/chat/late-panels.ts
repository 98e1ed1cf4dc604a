import { commands, window } from 'vscode'
import type { ChatOpener, Context } from '../context.ts'
import type { Disposable } from '../event.ts'
import type { Memory } from './outbox.ts'
import type { ChatPanels } from './panels.ts'
import { chatTabs, chatView } from './views.ts'

/**
 * Registers chats in editor tabs and in the side bar. Their code is a file of its own, read once the window has its lists
 * or somebody wants a chat, whichever is first. `memory` keeps what could not be sent.
 */
export function registerChatPanels(context: Omit<Context, 'chats'>, memory: Memory): ChatOpener & Disposable {
  let panels: ChatPanels | undefined
  const made = () => import('./panels.ts').then(({ ChatPanels }) => (panels ??= new ChatPanels(context, memory)))
  const soon = setImmediate(() => void made())
  const focusCurrent = (focus: 'composer' | 'lastMessage') => async () => (await made()).focusCurrent(focus)
  const registered = [
    window.registerWebviewPanelSerializer(chatTabs, {
      deserializeWebviewPanel: async (panel, state) => (await made()).restore(panel, state),
    }),
    window.registerWebviewViewProvider(chatView, {
      resolveWebviewView: async (...asked) => (await made()).sideBar.resolveWebviewView(...asked),
    }),
    commands.registerCommand('parley.focusLastMessage', focusCurrent('lastMessage')),
    commands.registerCommand('parley.focusComposer', focusCurrent('composer')),
  ]
  return {
    open: async (...asked) => (await made()).open(...asked),
    insert: async (...asked) => (await made()).insert(...asked),
    addToDraft: async (...asked) => (await made()).addToDraft(...asked),
    get current() {
      return panels?.current
    },
    dispose() {
      clearImmediate(soon)
      for (const each of registered) each.dispose()
      panels?.dispose()
    },
  }
}
