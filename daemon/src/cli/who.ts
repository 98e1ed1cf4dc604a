import type { Command } from 'commander'
import { addCommand, type CommonOptions, withHub } from './command.ts'
import { columns } from './layout.ts'
import { personRow } from './people.ts'
import { paint, print, printJson, type Terminal } from './terminal.ts'

export function addWho(program: Command, terminal: Terminal): void {
  addCommand(program, 'who [query]', 'who is online, or people whose name has QUERY in it', [
    'parley who           who is online',
    'parley who bo        bob, Bo Diddley, deborah …',
    'parley who --json',
  ]).action((query: string | undefined, options: CommonOptions) => run(terminal, query, options))
}

async function run(terminal: Terminal, query: string | undefined, options: CommonOptions): Promise<void> {
  const params = query === undefined ? {} : { query }
  const found = await withHub(terminal, options, client => client.request('who', params))
  if (options.json) {
    printJson(terminal, found)
    return
  }
  const { people, more } = found
  for (const line of columns(people.map(person => personRow(terminal, person)))) print(terminal, line)
  if (people.length === 0) print(terminal, query === undefined ? 'Nobody is online.' : `Nobody is called ${query}.`)
  if (more) print(terminal, paint(terminal, 'dim', 'There are more; say more of the name to see them.'))
}
