import type { Command } from 'commander'
import { addCommand, type CommonOptions, homeHint, withHub } from './command.ts'
import { print, printJson, type Terminal } from './terminal.ts'

export function addSignOut(program: Command, terminal: Terminal): void {
  addCommand(program, 'sign-out', 'end the sign-in; keys and history stay, the password is asked next time', [
    'parley sign-out',
  ]).action((options: CommonOptions) => run(terminal, options))
}

async function run(terminal: Terminal, options: CommonOptions): Promise<void> {
  const account = await withHub(terminal, options, client => client.request('signOut', {}))
  if (options.json) printJson(terminal, account)
  else print(terminal, `Signed ${account.name} out. \`parley sign-in${homeHint(options)}\` signs in again.`)
}
