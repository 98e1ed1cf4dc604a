import { commands } from 'vscode'
import type { Context } from '../context.ts'
import type { Disposable } from '../event.ts'
import { withChats } from '../shared/in-team.ts'
import { chatOf, type KnownChat } from '../shared/known-chat.ts'
import { reportFailure } from '../shared/report.ts'
import { clearHistory } from './clear.ts'
import { exportHistory } from './export.ts'
import { importHistory } from './import.ts'
import { keepMessages } from './retention.ts'

/** Registers what is done with all that was said: in the chat that a command is called with, else the one in use. */
export function registerHistory(context: Context): Disposable {
  const { hub, chats, log } = context
  const command = (name: string, act: (argument: unknown) => Promise<void>) =>
    commands.registerCommand(`parley.${name}`, (argument: unknown) => reportFailure(log, () => act(argument)))
  const onChat = (name: string, act: (context: Context, chat: KnownChat) => Promise<void>) =>
    command(`chat.${name}`, async argument => act(context, chatOf(hub, argument, chats.current)))
  const parts = [
    onChat('retention', keepMessages),
    onChat('export', exportHistory),
    onChat('clear', clearHistory),
    command('export', () => withChats(hub, () => exportHistory(context))),
    command('import', () => importHistory(context)),
  ]
  return {
    dispose() {
      for (const part of parts) part.dispose()
    },
  }
}
