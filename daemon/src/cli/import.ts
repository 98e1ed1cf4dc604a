import type { Command } from 'commander'
import { limits } from '../limits.ts'
import { addCommand, type CommonOptions, withHub } from './command.ts'
import { counted } from './counted.ts'
import { givenFile } from './given-file.ts'
import { withHistoryProgress } from './history-progress.ts'
import { print, printJson, type Terminal } from './terminal.ts'

export function addImport(program: Command, terminal: Terminal): void {
  addCommand(
    program,
    'import <file>',
    'show again what `parley export` has written as JSON Lines; nobody else gets it',
    ['parley import everything.jsonl'],
  ).action((file: string, options: CommonOptions) => run(terminal, file, options))
}

async function run(terminal: Terminal, given: string, options: CommonOptions): Promise<void> {
  const file = givenFile(given)
  const count = await withHub(terminal, options, client =>
    withHistoryProgress(terminal, { client, file, ...options }, () =>
      client.request('importHistory', { file }, { timeout: limits.longestWait }),
    ),
  )
  if (options.json) return printJson(terminal, { file, ...count })
  const { messages, known, dropped, left } = count
  print(terminal, `${counted(messages, 'message')} ${are(messages)} new here, ${known} ${were(known)} here already.`)
  if (dropped > 0)
    print(terminal, `${dropped} ${were(dropped)} dropped here before, and ${dropped === 1 ? 'stays' : 'stay'} so.`)
  if (left > 0) print(terminal, `${left} ${were(left)} left out: of rooms that are not here, or of classic clients.`)
}

function are(count: number): 'is' | 'are' {
  return count === 1 ? 'is' : 'are'
}

function were(count: number): 'was' | 'were' {
  return count === 1 ? 'was' : 'were'
}
