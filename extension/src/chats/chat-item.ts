import { type Command, env, l10n, ThemeIcon, TreeItem, TreeItemCollapsibleState, Uri } from 'vscode'
import { presenceIcon, presenceWord, roomIcon } from '../people/presence.ts'
import { retentionWords } from '../shared/retention-words.ts'
import { membersWords, roleWord } from '../shared/room-words.ts'
import { mentionWords, unreadWords } from '../shared/unread.ts'
import type { ChatRow } from './rows.ts'

/** The scheme of the addresses by which VS Code decorates the rows of chats. */
export const chatScheme = 'parley-chat'

/** The address of a chat's row. */
export function chatUri(conversation: string): Uri {
  return Uri.from({ scheme: chatScheme, path: `/${conversation}` })
}

/** A chat as a row of the view: one line, which `open` opens. What it says on hovering is made when somebody does. */
export function chatItem(row: ChatRow, open: Command): TreeItem {
  const { conversation, name, unread, isMarkedUnread, isMuted, isPinned, isArchived, flags } = row
  const item = new TreeItem(name)
  item.id = conversation
  item.description = [...marksIn(row), lineWords(row)].filter(words => words !== '').join(' · ')
  item.iconPath = iconOf(row)
  item.resourceUri = chatUri(conversation)
  const states = Object.entries({
    unread: unread > 0 || isMarkedUnread,
    muted: isMuted,
    pinned: isPinned,
    archived: isArchived,
  }).flatMap(([state, is]) => (is ? [state] : []))
  item.contextValue = ['chat', ...states, ...flags].join(' ')
  item.accessibilityInformation = { label: spoken(row) }
  item.command = open
  return item
}

/** The row under which the chats are folded away that are archived. */
export function archiveItem(count: number): TreeItem {
  const item = new TreeItem(l10n.t('Archived'), TreeItemCollapsibleState.Collapsed)
  item.description = String(count)
  item.iconPath = new ThemeIcon('archive')
  item.contextValue = 'archive'
  return item
}

/** What a row says when one hovers over it: what does not fit into the line. */
export function chatTooltip(row: ChatRow): string {
  const { lastTime, unread, mentions, isMarkedUnread, isMuted, isPinned, queued, lines, retention } = row
  const time = new Intl.DateTimeFormat(env.language, { dateStyle: 'medium', timeStyle: 'short' })
  return [
    headOf(row),
    ...(row.of.is === 'room' && row.of.topic !== '' ? [row.of.topic] : []),
    ...lines,
    ...(lastTime > 0 ? [l10n.t('Last message: {0}', time.format(lastTime))] : []),
    ...(unread > 0 ? [unreadWords(unread)] : []),
    ...(mentions > 0 ? [mentionWords(mentions)] : []),
    ...(isMarkedUnread ? [l10n.t('Marked as unread')] : []),
    ...(queued > 0 ? [waitingWords(row)] : []),
    ...(isPinned ? [l10n.t('Pinned')] : []),
    ...(isMuted ? [l10n.t('Muted: new messages are only counted')] : []),
    ...(retention === undefined ? [] : [retentionWords(retention)]),
  ].join('\n')
}

function headOf({ name, of }: ChatRow): string {
  if (of.is === 'person') return `${name} (@${of.userName}) · ${presenceWord(of.status)}`
  const standing = of.standing === 'member' ? [] : [l10n.t('you: {0}', roleWord(of.standing))]
  return [`# ${name}`, membersWords(of.members), ...standing].join(' · ')
}

function waitingWords({ queued, name, of }: ChatRow): string {
  return of.is === 'room'
    ? l10n.t('{0} waiting for a device of somebody else', queued)
    : l10n.t('{0} waiting for {1}’s device', queued, name)
}

function iconOf({ of, isMuted }: ChatRow): ThemeIcon {
  if (of.is === 'room' && of.standing === 'invited') return new ThemeIcon('mail')
  if (isMuted) return new ThemeIcon('bell-slash')
  return of.is === 'room' ? new ThemeIcon(roomIcon) : presenceIcon(of.status)
}

function marksIn({ of, marks, isPinned }: ChatRow): readonly string[] {
  const left = of.is === 'room' && of.standing === 'left' ? [roleWord('left')] : []
  return [...(isPinned ? [l10n.t('pinned')] : []), ...left, ...marks]
}

function lineWords({ of, line: { is, text, by } }: ChatRow): string {
  if (of.is === 'room' && of.standing === 'invited') {
    return of.by === '' ? l10n.t('you are invited') : l10n.t('{0} invites you', of.by)
  }
  if (text === '') return ''
  if (is === 'draft') return l10n.t('Draft: {0}', text)
  if (is === 'mine') return l10n.t('you: {0}', text)
  return by === undefined ? text : l10n.t('{0}: {1}', by, text)
}

/** The row as a screen reader says it. */
function spoken(row: ChatRow): string {
  const { name, of, unread, mentions, isMarkedUnread, isMuted } = row
  const words = lineWords(row)
  return [
    name,
    of.is === 'room' ? l10n.t('room') : presenceWord(of.status),
    ...marksIn(row),
    ...(unread > 0 ? [unreadWords(unread)] : []),
    ...(mentions > 0 ? [mentionWords(mentions)] : []),
    ...(isMarkedUnread ? [l10n.t('marked as unread')] : []),
    ...(isMuted ? [l10n.t('muted')] : []),
    ...(words === '' ? [] : [words]),
  ].join(', ')
}
