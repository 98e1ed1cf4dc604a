import { commands } from 'vscode'
import type { Context } from '../context.ts'
import type { Disposable } from '../event.ts'
import { withChats } from '../shared/in-team.ts'
import { chatOf, type KnownChat } from '../shared/known-chat.ts'
import { reportFailure } from '../shared/report.ts'

/** Registers what is done with all that was said: in the chat that a command is called with, else the one in use. */
export function registerHistory(context: Context): Disposable {
  const { hub, chats, log } = context
  const command = (name: string, act: (argument: unknown) => Promise<void>) =>
    commands.registerCommand(`parley.${name}`, (argument: unknown) => reportFailure(log, () => act(argument)))
  const onChat = (name: string, act: (context: Context, chat: KnownChat) => Promise<void>) =>
    command(`chat.${name}`, async argument => act(context, chatOf(hub, argument, chats.current)))
  const parts = [
    onChat('retention', async (...about) => (await import('./retention.ts')).keepMessages(...about)),
    onChat('export', async (...about) => (await import('./export.ts')).exportHistory(...about)),
    onChat('clear', async (...about) => (await import('./clear.ts')).clearHistory(...about)),
    command('export', () => withChats(hub, async () => (await import('./export.ts')).exportHistory(context))),
    command('import', async () => (await import('./import.ts')).importHistory(context)),
  ]
  return {
    dispose() {
      for (const part of parts) part.dispose()
    },
  }
}
