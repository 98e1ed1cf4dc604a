import type { Command } from 'commander'
import { limits } from '../limits.ts'
import { fileNamed } from '../locations.ts'
import { addCommand, type CommonOptions, withHub } from './command.ts'
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
  const file = fileNamed(given)
  const count = await withHub(terminal, options, client =>
    client.request('importHistory', { file }, { timeout: limits.longestWait }),
  )
  if (options.json) return printJson(terminal, { file, ...count })
  print(terminal, `${count.messages} messages are new here, ${count.known} were here already.`)
  if (count.left > 0) print(terminal, `${count.left} were left out: of rooms that are not here, or of classic clients.`)
}
