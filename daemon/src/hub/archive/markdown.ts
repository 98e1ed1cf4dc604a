import type { ConversationInfo, MessageInfo, RoomEvent } from '../../protocol/control.ts'
import { titleOf } from '../../protocol/conversation-infos.ts'

/**
 * A conversation as Markdown that shows what was written, letter by letter: whatever Markdown or HTML would make something
 * of is escaped, so no message can forge another one, run anything or load anything.
 */
export function markdownHead(info: ConversationInfo): string {
  const about = info.kind === 'room' ? info.room.topic : info.person.name
  return `# ${oneLine(titleOf(info))}\n${about === '' ? '' : `\n${oneLine(about)}\n`}`
}

/** `day`: the heading of the message before. Gives the heading that this one stands under. */
export function markdownMessage(
  message: MessageInfo,
  day: string | undefined,
): { readonly text: string; readonly day: string } {
  const [date = '', time = ''] = new Date(Math.min(message.written, latestDate)).toISOString().split('T')
  const heading = date === day ? '' : `\n## ${date}\n`
  const at = `${time.slice(0, 5)} UTC`
  if (message.event) {
    return { text: `${heading}\n*${at} · ${oneLine(message.name)} ${eventWords(message.event)}*\n`, day: date }
  }
  const marks = `${message.edited === undefined ? '' : ' (edited)'}${message.imported ? ' (imported, not signed)' : ''}`
  const parts = [`${heading}\n**${oneLine(message.name)}** ${at}${marks}\n`]
  if (message.replyTo) {
    const { name, text = 'a message that is not here' } = message.replyTo
    parts.push(`\n> ${oneLine(name)}: ${oneLine(text)}\n`)
  }
  if (message.deleted) parts.push('\n*deleted*\n')
  else if (message.text !== '') parts.push(`\n${lines(message.text)}\n`)
  for (const { name, size, type } of message.files ?? []) {
    parts.push(`\n- ${oneLine(name)} (${oneLine(type)}, ${size} bytes)\n`)
  }
  if (message.reactions && message.reactions.length > 0) {
    const each = message.reactions.map(({ emoji, users }) => `${oneLine(emoji)} ${users.length}`)
    parts.push(`\n${each.join(' · ')}\n`)
  }
  return { text: parts.join(''), day: date }
}

function eventWords(event: RoomEvent): string {
  switch (event.is) {
    case 'founded':
      return 'made this room'
    case 'joined':
      return 'joined'
    case 'left':
      return 'left'
    case 'handed-over':
      return `left, and ${oneLine(event.name)} owns the room from then on`
    case 'invited':
      return `invited ${oneLine(event.name)}`
    case 'removed':
      return `removed ${oneLine(event.name)}`
    case 'made-admin':
      return `made ${oneLine(event.name)} an admin`
    case 'made-member':
      return `made ${oneLine(event.name)} a member`
    case 'renamed':
      return `renamed the room to ${oneLine(event.text)}`
    case 'topic':
      return event.text === '' ? 'removed the topic' : `set the topic to ${oneLine(event.text)}`
    case 'history':
      return event.history === 'all'
        ? 'lets later members see everything'
        : 'lets later members see what is written from their invitation on'
  }
}

/** A text whose line breaks stay: each line ends in a backslash, Markdown's own line break. */
function lines(text: string): string {
  return text
    .split(/\r\n?|\n/)
    .map(line => escaped(line).replace(/^ +/, spaces => '&nbsp;'.repeat(spaces.length)))
    .map(line => (line === '' ? '&nbsp;' : line))
    .join('\\\n')
}

function oneLine(text: string): string {
  return escaped(text.replace(/\s+/g, ' ').trim())
}

/** Every character that means something anywhere in Markdown; controls and marks that turn text round are shown as such. */
function escaped(line: string): string {
  return line
    .toWellFormed()
    .replace(hidden, '\ufffd')
    .replaceAll('\t', '    ')
    .replace(/[\\`*_{}[\]()#+\-.!|~<>&$^=:@"']/g, mark => entities.get(mark) ?? `\\${mark}`)
}

/** Beyond it JavaScript has no dates; a message may say anything. */
const latestDate = 8.64e15

/** A backslash before these is not seen by every reader of Markdown: HTML comes first there. */
const entities = new Map([
  ['<', '&lt;'],
  ['>', '&gt;'],
  ['&', '&amp;'],
])

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what this is about
const hidden = /[\0-\x08\x0a-\x1f\x7f-\x9f\u2028\u2029\p{Bidi_Control}\u{e0000}-\u{e007f}]/gu
