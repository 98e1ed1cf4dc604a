import type { Command } from 'commander'
import { limits } from '../limits.ts'
import type { SearchHit } from '../protocol/control.ts'
import { titleOf } from '../protocol/conversation-infos.ts'
import { addCommand, type CommonOptions, homeHint, withHub } from './command.ts'
import { harmlessLine } from './harmless.ts'
import { importedMark, shownId } from './messages.ts'
import { readCount, readMoment, showTime } from './moments.ts'
import { paint, print, printJson, type Terminal } from './terminal.ts'

interface Options extends CommonOptions {
  readonly with?: string
  readonly from?: string
  readonly before?: string
  readonly after?: string
  readonly hasFile?: true
  readonly limit: string
  readonly next?: string
  readonly ids?: true
}

export function addSearch(program: Command, terminal: Terminal): void {
  addCommand(program, 'search [words...]', 'find what was said, the newest first', [
    'parley search release friday',
    'parley search \'"release notes"\' --from bob --after 30d',
    'parley search --has-file --with carol',
  ])
    .option('--with <who>', 'only in the chat with somebody, or in a room')
    .option('--from <name>', 'only by somebody; by yourself: me')
    .option('--before <date>', 'only before a day, such as 2026-05-04, or longer ago than 30d')
    .option('--after <date>', 'only from a day on, or within the last 30d')
    .option('--has-file', 'only messages with files')
    .option('--limit <n>', 'how many', '20')
    .option('--next <place>', 'go on where a page ended; its end names it')
    .option('--ids', 'with the beginning of each message’s id, as parley edit and others take it')
    .addHelpText('after', `\n${syntax}`)
    .action((words: string[], options: Options) => run(terminal, words, options))
}

const syntax =
  'All words must be there, in any order, without regard to case and accents; the last one may go on. "In quotes" they must follow each other.'

async function run(terminal: Terminal, words: readonly string[], options: Options): Promise<void> {
  const { with: where, from, before, after, hasFile, next } = options
  const found = await withHub(terminal, options, client =>
    client.request('search', {
      query: words.join(' '),
      limit: readCount(options.limit, '--limit', limits.searchPage),
      ...(where !== undefined && { with: where }),
      ...(from !== undefined && { from }),
      ...(before !== undefined && { before: readMoment(before, '--before') }),
      ...(after !== undefined && { after: readMoment(after, '--after') }),
      ...(hasFile && { hasFile }),
      ...(next !== undefined && { next }),
    }),
  )
  if (options.json) return printJson(terminal, found)
  for (const hit of found.hits) print(terminal, line(terminal, hit, options))
  if (found.hits.length === 0) print(terminal, 'Nothing found.')
  if (found.next !== undefined) {
    print(terminal, paint(terminal, 'dim', `More: the same again with --next ${found.next}${homeHint(options)}`))
  }
  if (found.isIndexing) {
    print(terminal, paint(terminal, 'dim', 'Older messages are still being indexed; search again in a while.'))
  }
}

/** The id if it is wanted, when, where, who, and the part that was found with its places in bold. */
function line(terminal: Terminal, { message, conversation, excerpt, marks }: SearchHit, { ids }: Options): string {
  let text = ''
  let at = 0
  for (const [from, to] of marks) {
    text += harmlessLine(excerpt.slice(at, from)) + paint(terminal, 'bold', harmlessLine(excerpt.slice(from, to)))
    at = to
  }
  text += harmlessLine(excerpt.slice(at))
  if (message.imported) text += ` ${paint(terminal, 'dim', importedMark)}`
  const where = paint(terminal, 'dim', `${showTime(message.written)}  ${harmlessLine(titleOf(conversation))}`)
  const id = ids ? `${paint(terminal, 'dim', message.message.slice(0, shownId))}  ` : ''
  return `${id}${where}  ${paint(terminal, message.mine ? 'cyan' : 'bold', harmlessLine(message.name))}: ${text}`
}
