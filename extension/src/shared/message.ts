import type { FileInfo, MessageInfo, RoomEvent } from '@parley/daemon/protocol/control'
import { limits } from '../limits.ts'
import { oneLine } from './harmless.ts'

/** A message in which every line that is not its text is harmless: names, what it answers, files, events, reactions. */
export function shownMessage(message: MessageInfo): MessageInfo {
  const { name, replyTo, event, files, reactions } = message
  return {
    ...message,
    name: oneLine(name, limits.name),
    ...(replyTo && { replyTo: shownQuote(replyTo) }),
    ...(event && { event: shownEvent(event) }),
    ...(files && { files: files.map(shownFile) }),
    ...(reactions && {
      reactions: reactions
        .map(one => ({ ...one, emoji: one.emoji.length > limits.emoji ? '' : one.emoji }))
        .filter(({ emoji }) => oneLine(emoji, limits.emoji) !== ''),
    }),
  }
}

/** A file with a harmless name and type. One that is here has an empty `path`: where it is is not for a page. */
export function shownFile({ path, ...file }: FileInfo): FileInfo {
  const name = oneLine(file.name, limits.fileName) || '?'
  return { ...file, name, type: oneLine(file.type, limits.name), ...(path !== undefined && { path: '' }) }
}

function shownQuote(quote: NonNullable<MessageInfo['replyTo']>): NonNullable<MessageInfo['replyTo']> {
  const { name, text } = quote
  return {
    ...quote,
    name: oneLine(name, limits.name),
    ...(text !== undefined && { text: oneLine(text, limits.lastLine) }),
  }
}

function shownEvent(event: RoomEvent): RoomEvent {
  switch (event.is) {
    case 'handed-over':
    case 'invited':
    case 'removed':
    case 'made-admin':
    case 'made-member':
      return { ...event, name: oneLine(event.name, limits.name) }
    case 'renamed':
    case 'topic':
      return { ...event, text: oneLine(event.text, limits.topic) }
    default:
      return event
  }
}
