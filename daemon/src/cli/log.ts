import type { Command } from 'commander'
import { limits } from '../limits.ts'
import { addCommand, type CommonOptions, homeHint, withHub } from './command.ts'
import { harmlessLine } from './harmless.ts'
import { width } from './layout.ts'
import { messageLines } from './messages.ts'
import { readCount } from './moments.ts'
import { paint, print, printJson, type Terminal } from './terminal.ts'

interface Options extends CommonOptions {
  readonly limit: string
  readonly before?: string
}

export function addLog(program: Command, terminal: Terminal): void {
  addCommand(program, 'log <who>', 'the history with somebody, newest last', [
    'parley log bob',
    'parley log bob --limit 500 --json',
  ])
    .option('--limit <n>', 'how many messages', '50')
    .option('--before <position>', 'only what came before it; the end of a page names it')
    .action((who: string, options: Options) => run(terminal, who, options))
}

async function run(terminal: Terminal, who: string, options: Options): Promise<void> {
  const limit = readCount(options.limit, '--limit', limits.controlPage)
  const { before } = options
  const page = await withHub(terminal, options, client =>
    client.request('history', { with: who, limit, ...(before !== undefined && { before }) }),
  )
  if (options.json) {
    printJson(terminal, page)
    return
  }
  const { messages, more } = page
  const [oldest] = messages
  if (more && oldest) {
    const again = `parley log ${who}${homeHint(options)} --before ${oldest.position}`
    print(terminal, paint(terminal, 'dim', `Earlier ones: ${again}`))
  }
  const nameWidth = Math.max(0, ...messages.map(message => width(harmlessLine(message.name))))
  for (const message of messages) print(terminal, messageLines(terminal, message, nameWidth))
  if (messages.length === 0) print(terminal, `No messages with ${harmlessLine(who)} yet.`)
}
