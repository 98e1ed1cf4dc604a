import { type Command, Option } from 'commander'
import type { Availability } from '../protocol/control.ts'
import { accountLine } from './accounts.ts'
import { addCommand, type CommonOptions, withHub } from './command.ts'
import { print, printJson, type Terminal } from './terminal.ts'

interface Options extends CommonOptions {
  readonly as: Availability
}

export function addShow(program: Command, terminal: Terminal): void {
  addCommand(program, 'show', 'how others see you: available, busy or invisible; kept until you say otherwise', [
    'parley show --as busy            nobody is told of messages; others see it',
    'parley show --as invisible       others see you as offline, all works',
    'parley show --as available',
  ])
    .addOption(
      new Option('--as <availability>', 'how you want to be seen')
        .choices(['available', 'busy', 'invisible'])
        .makeOptionMandatory(),
    )
    .action((options: Options) => run(terminal, options))
}

async function run(terminal: Terminal, options: Options): Promise<void> {
  await withHub(terminal, options, async client => {
    const account = await client.request('setAvailability', { availability: options.as })
    if (options.json) printJson(terminal, account)
    else print(terminal, accountLine(terminal, account))
  })
}
