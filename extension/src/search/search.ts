import { commands } from 'vscode'
import type { Context } from '../context.ts'
import type { Disposable } from '../event.ts'
import { withChats } from '../shared/in-team.ts'
import { chatOf } from '../shared/known-chat.ts'
import { reportFailure } from '../shared/report.ts'

/** Registers the search through all chats, and the one in the chat that it is called with, else the one in use. */
export function registerSearch(context: Context): Disposable {
  const { hub, log, chats } = context
  const command = (name: string, act: (argument: unknown) => Promise<void>) =>
    commands.registerCommand(name, (argument: unknown) => reportFailure(log, () => withChats(hub, () => act(argument))))
  const box = () => import('./search-box.ts')
  const parts = [
    command('parley.search', async typed => (await box()).search(context, { typed })),
    command('parley.chat.search', async chat =>
      (await box()).search(context, { within: chatOf(hub, chat, chats.current) }),
    ),
  ]
  return {
    dispose() {
      for (const part of parts) part.dispose()
    },
  }
}
