import { l10n, window, workspace } from 'vscode'
import type { Context } from '../context.ts'
import type { Disposable } from '../event.ts'
import { realClock } from '../hub/clock.ts'
import { reportFailure } from '../shared/report.ts'
import { Flood } from './flood.ts'
import { isWanted, type Notice, noticeName, noticePlace, noticeRoom, noticeText, type Wanted } from './words.ts'

/** Registers notifications of new messages. The hub chooses the window and the message; here is only how it is told. */
export function registerNotify(context: Context): Disposable {
  const { hub, log } = context
  const flood = new Flood<Notice>(realClock, {
    one: notice => void reportFailure(log, () => tellOne(context, notice)),
    many: (count, last) => void reportFailure(log, () => tellMany(context, count, last)),
  })
  const listening = hub.onNotice(notice => {
    const ownName = hub.accounts?.[0]?.name
    if (isWanted(wantedNotices(), notice, ownName)) flood.take(notice.conversation, notice)
  })
  return {
    dispose() {
      listening.dispose()
      flood.dispose()
    },
  }
}

async function tellOne(context: Context, notice: Notice): Promise<void> {
  const name = noticePlace(notice)
  const text = showsText() ? noticeText(notice) : ''
  const words = text === '' ? l10n.t('{0} sent you a message.', name) : l10n.t('{0}: {1}', name, text)
  const reply = l10n.t('Reply')
  const open = l10n.t('Open')
  const chosen = await window.showInformationMessage(words, reply, open)
  if (chosen === reply) (await import('./reply.ts')).askReply(context, notice)
  if (chosen === open) await context.chats.open(notice.conversation)
}

async function tellMany({ chats }: Context, count: number, last: Notice): Promise<void> {
  const open = l10n.t('Open')
  const chosen = await window.showInformationMessage(
    last.room === undefined
      ? l10n.t('{0} more messages from {1}', count, noticeName(last))
      : l10n.t('{0} more messages in {1}', count, noticeRoom(last.room)),
    open,
  )
  if (chosen === open) await chats.open(last.conversation)
}

function wantedNotices(): Wanted {
  const wanted = workspace.getConfiguration('parley').get('notifications')
  return wanted === 'off' || wanted === 'direct' ? wanted : 'all'
}

function showsText(): boolean {
  return workspace.getConfiguration('parley').get('notificationText', true)
}
