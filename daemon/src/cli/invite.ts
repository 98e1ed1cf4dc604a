import { existsSync } from 'node:fs'
import type { Command } from 'commander'
import { ParleyError } from '../errors.ts'
import { limits } from '../limits.ts'
import { locations } from '../locations.ts'
import { readUserName } from '../protocol/names.ts'
import { addCommand, type CommonOptions, homeOf, withDaemon, withHub } from './command.ts'
import { readCount, readDuration } from './moments.ts'
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
    'make an invite to the team; run it at the registry’s home, or at the home of whoever has started the team',
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
  const home = homeOf(terminal, options)
  // A team that was started by a hub comes up with it.
  const ask = existsSync(locations(locations(home).team).config) ? withHub : withDaemon
  const invite = await ask(terminal, options, client => client.request('invite', wish)).catch(error => {
    throw notHere(error, home)
  })
  if (options.json) printJson(terminal, invite)
  else print(terminal, invite.text)
}

function notHere(error: unknown, home: string): unknown {
  if (!(error instanceof ParleyError) || error.code !== 'not-running') return error
  const words = `No registry is running for ${home}; start it with \`parley registry\`, or name its home with --home.`
  return new ParleyError('not-running', words)
}
