/** What a line typed in a chat means. `id`: the beginning of the message's id; without one the latest that fits is meant. */
export type ChatLine =
  | { readonly is: 'text'; readonly text: string }
  | { readonly is: 'reply'; readonly id?: string; readonly text: string }
  | { readonly is: 'edit'; readonly id?: string; readonly text: string }
  | { readonly is: 'react'; readonly id?: string; readonly emoji: string }
  | { readonly is: 'delete'; readonly id?: string }
  | { readonly is: 'ids' }
  | { readonly is: 'help' }

/** A line as a person types it at a terminal. Two slashes begin a text with one; what is no command is a text. */
export function readChatLine(line: string): ChatLine {
  if (line.startsWith('//')) return { is: 'text', text: line.slice(1) }
  const [, is, start, rest = ''] =
    /^\/(reply|edit|react|delete|ids|help)(?:\s+#([a-z2-7]{4,26}))?(?:\s+(.*))?$/s.exec(line) ?? []
  const id = start === undefined ? {} : { id: start }
  const text = rest.trim()
  switch (is) {
    case 'reply':
    case 'edit':
      return { is, ...id, text }
    case 'react':
      return { is, ...id, emoji: text }
    case 'delete':
      return { is, ...id }
    case 'ids':
    case 'help':
      return { is }
    default:
      return { is: 'text', text: line }
  }
}

/** What the tab key makes of the beginning of a line: commands, and names behind an `@`. */
export function completions(line: string, names: readonly string[]): [string[], string] {
  const [word = ''] = /\S*$/.exec(line) ?? []
  const candidates = word.startsWith('@') ? names.map(name => `@${name}`) : line.startsWith('/') ? commands : []
  const typed = word.startsWith('@') ? word : line
  return [candidates.filter(each => each.startsWith(typed)).map(each => `${each} `), typed]
}

export const chatHelp = [
  '/reply [#ID] TEXT   answers a message: the latest of somebody else, or the one with that id',
  '/edit [#ID] TEXT    changes your latest message, or that one',
  '/react [#ID] EMOJI  reacts to the latest message of somebody else, or to that one',
  '/delete [#ID]       deletes your latest message, or that one, for everybody',
  '/ids                shows ids from now on, or no longer; //TEXT sends a text that begins with a slash',
] as const

const commands = ['/reply', '/edit', '/react', '/delete', '/ids', '/help']
