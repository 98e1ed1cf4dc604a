import { type Command, env, l10n, ThemeIcon, TreeItem, Uri } from 'vscode'
import { presenceIcon, presenceWord } from '../people/presence.ts'
import { unreadWords } from '../shared/unread.ts'
import type { ChatRow } from './rows.ts'

/** The scheme of the addresses by which VS Code decorates the rows of chats. */
export const chatScheme = 'parley-chat'

/** The address of a chat's row. */
export function chatUri(conversation: string): Uri {
  return Uri.from({ scheme: chatScheme, path: `/${conversation}` })
}

/** A chat as a row of the view: one line, which `open` opens. What it says on hovering is made when somebody does. */
export function chatItem(row: ChatRow, open: Command): TreeItem {
  const { conversation, name, status, unread, isMuted, marks, flags } = row
  const item = new TreeItem(name)
  item.id = conversation
  item.description = [...marks, lineWords(row)].filter(words => words !== '').join(' · ')
  item.iconPath = isMuted ? new ThemeIcon('bell-slash') : presenceIcon(status)
  item.resourceUri = chatUri(conversation)
  const states = [...(unread > 0 ? ['unread'] : []), ...(isMuted ? ['muted'] : [])]
  item.contextValue = ['chat', ...states, ...flags].join(' ')
  item.accessibilityInformation = { label: spoken(row) }
  item.command = open
  return item
}

/** What a row says when one hovers over it: what does not fit into the line. */
export function chatTooltip(row: ChatRow): string {
  const { name, userName, status, lastTime, unread, isMuted, queued, lines } = row
  const time = new Intl.DateTimeFormat(env.language, { dateStyle: 'medium', timeStyle: 'short' })
  return [
    `${name} (@${userName}) · ${presenceWord(status)}`,
    ...lines,
    ...(lastTime > 0 ? [l10n.t('Last message: {0}', time.format(lastTime))] : []),
    ...(unread > 0 ? [unreadWords(unread)] : []),
    ...(queued > 0 ? [l10n.t('{0} waiting for {1}’s device', queued, name)] : []),
    ...(isMuted ? [l10n.t('Muted: new messages are only counted')] : []),
  ].join('\n')
}

function lineWords({ line: { is, text } }: ChatRow): string {
  if (text === '') return ''
  if (is === 'draft') return l10n.t('Draft: {0}', text)
  return is === 'mine' ? l10n.t('you: {0}', text) : text
}

/** The row as a screen reader says it. */
function spoken(row: ChatRow): string {
  const { name, status, unread, isMuted, marks } = row
  const words = lineWords(row)
  return [
    name,
    presenceWord(status),
    ...marks,
    ...(unread > 0 ? [unreadWords(unread)] : []),
    ...(isMuted ? [l10n.t('muted')] : []),
    ...(words === '' ? [] : [words]),
  ].join(', ')
}
