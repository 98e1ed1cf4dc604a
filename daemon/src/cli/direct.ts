import type { Command } from 'commander'
import { ParleyError } from '../errors.ts'
import { addCommand, type CommonOptions, withHub } from './command.ts'
import { print, printJson, type Terminal } from './terminal.ts'

export function addDirect(program: Command, terminal: Terminal): void {
  addCommand(program, 'direct [on|off]', 'let others connect straight to this hub, or only through the team’s relay', [
    'parley direct       how it stands',
    'parley direct on    listen for others: the system may ask whether Parley may',
    'parley direct off   listen for this computer alone; the relay carries the links',
  ]).action((choice: string | undefined, options: CommonOptions) => run(terminal, choice, options))
}

async function run(terminal: Terminal, choice: string | undefined, options: CommonOptions): Promise<void> {
  if (choice !== undefined && choice !== 'on' && choice !== 'off') {
    throw new ParleyError(
      'usage',
      `"${choice.slice(0, 40)}" is neither on nor off. \`parley direct --help\` shows how.`,
    )
  }
  const hub = await withHub(terminal, options, async client => {
    if (choice !== undefined) await client.request('setDirect', { direct: choice === 'on' })
    return (await client.request('status', {})).hub
  })
  if (!hub)
    throw new ParleyError('unsupported', 'The daemon of this home is a registry, which nobody connects to as a peer.')
  const { isDirect, listen } = hub
  if (options.json) printJson(terminal, { direct: isDirect, listen })
  else if (isDirect) print(terminal, `Others may connect straight to this hub, at ${listen.join(', ')}.`)
  else print(terminal, 'Only this computer may connect to this hub. Others reach it through the team’s relay.')
}
