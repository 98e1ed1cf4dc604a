import type { Command } from 'commander'
import { limits } from '../limits.ts'
import { readUserName } from '../protocol/names.ts'
import { addCommand, type CommonOptions } from './command.ts'
import { readCount, readDuration } from './moments.ts'
import { withTeam } from './registry-home.ts'
import { print, printJson, type Terminal } from './terminal.ts'

interface Options extends CommonOptions {
  readonly uses: string
  readonly expires: string
  readonly for?: string
}

export function addInvite(program: Command, terminal: Terminal): void {
  addCommand(
    program,
    'invite',
    'make an invite to the team; at the registry’s home, at that of whoever has started the team, or at an admin’s own',
    [
      'parley invite                               for one person, for 7 days',
      'parley invite --uses 20 --expires 12h       for a room full of people',
      'parley invite --for bob                     only the name bob can be signed up with it',
    ],
  )
    .option('--uses <n>', 'how many people may use it', '1')
    .option('--expires <time>', 'how long it lasts, such as 12h or 7d', '7d')
    .option('--for <name>', 'the only name that may be signed up with it')
    .action((options: Options) => run(terminal, options))
}

async function run(terminal: Terminal, options: Options): Promise<void> {
  const wish = {
    uses: readCount(options.uses, '--uses', limits.inviteUses),
    expires: Date.now() + readDuration(options.expires, '--expires'),
    ...(options.for !== undefined && { forName: readUserName(options.for) }),
  }
  const invite = await withTeam(terminal, options, client => client.request('invite', wish))
  if (options.json) printJson(terminal, invite)
  else print(terminal, invite.text)
}
