import { useMemo } from 'preact/hooks'
import type { ChatView } from '../src/chat/messages.ts'
import type { Host } from './bridge.ts'
import type { Chat } from './chat/chat.ts'
import type { ChatState } from './chat/state.ts'
import type { Surroundings } from './list/message-row.tsx'
import { datesIn, startOfDay } from './model/dates.ts'
import type { People } from './model/people.ts'
import type { Row } from './model/rows.ts'
import type { Writing } from './use-writing.ts'

interface SurroundingsOf {
  readonly chat: Chat
  readonly host: Host
  readonly state: ChatState
  readonly view: ChatView
  readonly people: People
  readonly mayAct: boolean
  /** The focus goes to the composer. */
  readonly write: () => void
  readonly writing: Pick<Writing, 'reply' | 'edit'>
  /** Opens something beside a message. */
  readonly open: (is: 'pick' | 'reached', row: Row, by: HTMLElement) => void
}

/** What rows need, the same object until some of it changes: so that a row is drawn again only when it has to be. */
export function useSurroundings(of: SurroundingsOf): Surroundings {
  const { chat, host, state, people, mayAct, write, writing, open } = of
  const { locale } = state
  const { shows } = state.start
  const { reply, edit } = writing
  const now = startOfDay(Date.now())
  return useMemo(
    () => ({
      dates: datesIn(locale),
      now,
      people,
      files: chat.files,
      locale,
      mayAct,
      shows,
      nameOf: ({ name, user }) => people.nameOf(user, name),
      onLink: href => void host.ask('openLink', { href }).catch(() => {}),
      onPlace: async place => (await host.ask('openPlace', place)).opened,
      onCopy: text => void host.ask('copy', { text }).catch(() => {}),
      onRetry: message => chat.retry(message),
      onEdit: message => {
        chat.edit(message)
        write()
      },
      onDiscard: message => {
        chat.discard(message)
        write()
      },
      onReply: reply,
      onEditSent: edit,
      onRemove: (row, forAll) => chat.acts.remove(row, forAll),
      onMarkUnread: position => chat.acts.markUnread(position),
      onReact: (row, emoji, on) => chat.acts.react(row, emoji, on),
      onPick: (row, by) => open('pick', row, by),
      onReached: (row, by) => open('reached', row, by),
      onJump: position => void chat.pages.reveal(position),
      onCopyLink: position => chat.acts.copyLink(position),
    }),
    [chat, host, write, locale, now, people, mayAct, shows, reply, edit, open],
  )
}
