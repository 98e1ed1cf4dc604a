import { isUnread } from '@parley/daemon/protocol/conversation-infos'
import { commands, l10n, window } from 'vscode'
import type { Context } from '../context.ts'
import type { Disposable } from '../event.ts'
import type { Hub } from '../hub/hub.ts'
import { reportFailure } from '../shared/report.ts'
import { nextUnread } from './rows.ts'

/**
 * The commands of chats. Each takes the conversation of the row it was called on; called by a key it is for the row
 * that is `selected`.
 */
export function registerChatCommands({ hub, chats, log }: Context, selected: () => string | undefined): Disposable[] {
  const command = (name: string, act: (argument: unknown) => Promise<unknown>) =>
    commands.registerCommand(`parley.${name}`, (argument: unknown) => reportFailure(log, () => act(argument)))
  const onChat = (name: string, act: (conversation: string) => Promise<unknown>) =>
    command(name, async argument => {
      // A chat in which nothing was said yet is in no list: the hub knows.
      const conversation = typeof argument === 'string' ? argument : selected()
      if (conversation !== undefined) await act(conversation)
      else void window.showInformationMessage(l10n.t('Select a chat first.'))
    })

  return [
    onChat('chat.open', who => chats.open(who)),
    onChat('chat.openToSide', who => chats.open(who, { where: 'beside' })),
    command('chat.openInSideBar', async argument => {
      // The button of an empty side bar calls it for no row.
      const who = conversationIn(hub, argument) ?? (await pickHere(hub))?.who
      if (who !== undefined) await chats.open(who, { where: 'sideBar' })
    }),
    onChat('chat.markRead', conversation => markRead(hub, conversation)),
    onChat('chat.markUnread', conversation => hub.request('markUnread', { conversation })),
    onChat('chat.pin', conversation => hub.request('setPinned', { conversation, pinned: true })),
    onChat('chat.unpin', conversation => hub.request('setPinned', { conversation, pinned: false })),
    onChat('chat.archive', conversation => hub.request('setArchived', { conversation, archived: true })),
    onChat('chat.unarchive', conversation => hub.request('setArchived', { conversation, archived: false })),
    onChat('chat.mute', conversation => hub.request('setMuted', { conversation, muted: true })),
    onChat('chat.unmute', conversation => hub.request('setMuted', { conversation, muted: false })),
    command('markAllRead', async () => {
      for (const info of [...hub.conversations.values()]) {
        const { conversation } = info
        if (isUnread(info)) await markRead(hub, conversation)
      }
    }),
    command('nextUnread', async () => {
      const next = nextUnread(hub.conversations.values(), chats.current)
      if (next) await chats.open(next.conversation)
      else void window.showInformationMessage(l10n.t('You have read everything.'))
    }),
  ]
}

async function pickHere(hub: Hub) {
  const { pickChat } = await import('../people/pick.ts')
  return pickChat(hub, { title: l10n.t('Open a Chat Here'), from: 'chats' })
}

/** Marks all of a chat as read, whether it is open or not. */
async function markRead(hub: Hub, conversation: string): Promise<void> {
  const { messages } = await hub.request('history', { with: conversation, limit: 1 })
  const position = messages.at(-1)?.position
  if (position !== undefined) await hub.request('markRead', { conversation, position })
}

/** The conversation that a command was called with; anything may call a command, with anything. */
function conversationIn(hub: Hub, argument: unknown): string | undefined {
  return typeof argument === 'string' && hub.conversations.has(argument) ? argument : undefined
}
