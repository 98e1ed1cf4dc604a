import type { Command } from 'commander'
import { addCommand, type CommonOptions, withHub } from './command.ts'
import { harmlessLine } from './harmless.ts'
import { columns } from './layout.ts'
import { personRow } from './people.ts'
import { print, printJson, type Terminal } from './terminal.ts'

export function addBlock(program: Command, terminal: Terminal): void {
  addCommand(program, 'block <who>', 'talk to somebody no more: nothing of theirs comes, and nothing goes to them', [
    'parley block bob',
    'parley block 192.168.1.20:5858     somebody of no team',
  ]).action((who: string, options: CommonOptions) => set(terminal, who, true, options))
}

export function addUnblock(program: Command, terminal: Terminal): void {
  addCommand(program, 'unblock <who>', 'talk to somebody again', ['parley unblock bob']).action(
    (who: string, options: CommonOptions) => set(terminal, who, false, options),
  )
}

export function addBlocked(program: Command, terminal: Terminal): void {
  addCommand(program, 'blocked', 'who is blocked', ['parley blocked']).action((options: CommonOptions) => {
    return list(terminal, options)
  })
}

async function set(terminal: Terminal, who: string, blocked: boolean, options: CommonOptions): Promise<void> {
  await withHub(terminal, options, client => client.request('block', { with: who, blocked }))
  if (options.json) printJson(terminal, { with: who, blocked })
  else print(terminal, `${harmlessLine(who)} is ${blocked ? 'blocked' : 'not blocked'}.`)
}

async function list(terminal: Terminal, options: CommonOptions): Promise<void> {
  const found = await withHub(terminal, options, client => client.request('blocked', {}))
  if (options.json) return printJson(terminal, found)
  for (const line of columns(found.people.map(person => personRow(terminal, person)))) print(terminal, line)
  if (found.people.length === 0) print(terminal, 'Nobody is blocked.')
}
