import type { Command } from 'commander'
import type { ConversationInfo } from '../protocol/control.ts'
import { byActivity, isInvitation, isUnread } from '../protocol/conversation-infos.ts'
import { addCommand, type CommonOptions, homeHint, withHub } from './command.ts'
import { counted } from './counted.ts'
import { harmlessLine } from './harmless.ts'
import { columns } from './layout.ts'
import { showTime } from './moments.ts'
import { personLabel, presenceGlyph } from './people.ts'
import { tagOf } from './room-tag.ts'
import { shellWord } from './shell-word.ts'
import { paint, print, printJson, type Terminal } from './terminal.ts'

interface Options extends CommonOptions {
  readonly unread?: true
  readonly archived?: true
}

export function addChats(program: Command, terminal: Terminal): void {
  addCommand(program, 'chats', 'your chats and rooms: what is unread, and what was said last', [
    'parley chats              all but those that are archived',
    'parley chats --unread     where there is something to read',
    'parley chats --archived',
  ])
    .option('--unread', 'only those with something to read, archived ones too')
    .option('--archived', 'only those that are archived')
    .action((options: Options) => run(terminal, options))
}

async function run(terminal: Terminal, options: Options): Promise<void> {
  const { conversations, isCatchingUp } = await withHub(terminal, options, client => client.request('subscribe', {}))
  const chats = byActivity(conversations).filter(each => isWanted(each, options))
  if (options.json) return printJson(terminal, { chats, ...(isCatchingUp && { isCatchingUp }) })
  for (const line of columns(chats.map(chat => chatRow(terminal, chat)))) print(terminal, line)
  if (chats.length === 0) print(terminal, nothing(options))
  if (isCatchingUp) printCatchingUp(terminal)
}

/** What a list says that is read right after the start. */
export function printCatchingUp(terminal: Terminal): void {
  const words = 'Parley has just started: what came meanwhile may still be on its way. Look again in a few seconds.'
  print(terminal, paint(terminal, 'dim', words))
}

function isWanted(chat: ConversationInfo, { unread, archived }: Options): boolean {
  if (archived && !chat.archived) return false
  return unread ? isUnread(chat) || isInvitation(chat) : archived === true || !chat.archived
}

function nothing({ unread, archived, ...options }: Options): string {
  if (unread) return 'Nothing is unread.'
  if (archived) return 'No chat is archived.'
  return `There are no chats yet. Write to somebody: parley send WHO "hello"${homeHint(options)}`
}

/** Its name, what is to be read, how it is kept, and the last line. */
function chatRow(terminal: Terminal, chat: ConversationInfo): string[] {
  const name =
    chat.kind === 'room'
      ? paint(terminal, 'bold', harmlessLine(tagOf(chat)))
      : `${presenceGlyph(terminal, chat.person.status)} ${paint(terminal, 'bold', personLabel(chat.person))}`
  return [
    name,
    paint(terminal, isUnread(chat) ? 'yellow' : 'dim', unreadWords(chat)),
    paint(terminal, 'dim', chat.lastTime > 0 ? showTime(chat.lastTime) : ''),
    [lastWords(chat), paint(terminal, 'dim', keptWords(chat))].filter(words => words !== '').join('  '),
  ]
}

function unreadWords(chat: ConversationInfo): string {
  if (isInvitation(chat)) return 'invited'
  if (chat.unread === 0) return chat.isMarkedUnread ? 'unread' : ''
  return chat.mentions === 0 ? `${chat.unread} unread` : `${chat.unread} unread, ${counted(chat.mentions, 'mention')}`
}

function lastWords(chat: ConversationInfo): string {
  if (chat.draft !== '') return `Draft: ${harmlessLine(chat.draft)}`
  if (isInvitation(chat)) return `join it: parley room join ${shellWord(harmlessLine(tagOf(chat)))}`
  if (chat.lastLine === '') return ''
  const by = chat.lastMine ? 'You: ' : chat.lastName === undefined ? '' : `${harmlessLine(chat.lastName)}: `
  return `${by}${harmlessLine(chat.lastLine)}`
}

function keptWords({ pinned, muted, archived, queued, retention, ...chat }: ConversationInfo): string {
  const words = [
    pinned && 'pinned',
    muted && 'muted',
    archived && 'archived',
    queued > 0 && `${queued} queued`,
    retention !== undefined && `kept ${counted(retention, 'day')}`,
    chat.kind === 'room' && chat.room.standing === 'left' && 'left',
    chat.kind === 'direct' && chat.person.isBlocked && 'blocked',
  ].filter(word => typeof word === 'string')
  return words.length === 0 ? '' : `(${words.join(', ')})`
}
