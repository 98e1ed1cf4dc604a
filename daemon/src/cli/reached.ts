import type { Command } from 'commander'
import { ParleyError } from '../errors.ts'
import { addCommand, type CommonOptions, withHub } from './command.ts'
import { columns } from './layout.ts'
import { messageNamed } from './message-named.ts'
import { excerpt } from './messages.ts'
import { personLabel } from './people.ts'
import { print, printJson, type Terminal } from './terminal.ts'

export function addReached(program: Command, terminal: Terminal): void {
  addCommand(program, 'reached <who> <message>', 'who has a message of yours, and who has read it', [
    'parley reached bob k3fq',
    'parley reached "#plans" k3fq',
  ]).action((who: string, message: string, options: CommonOptions) => run(terminal, who, message, options))
}

async function run(terminal: Terminal, who: string, typed: string, options: CommonOptions): Promise<void> {
  await withHub(terminal, options, async client => {
    const found = await messageNamed(client, who, typed, options)
    const { conversation, message, mine } = found
    if (!mine) throw new ParleyError('usage', 'That message is not yours: only its author is told who has it.')
    const { members } = await client.request('reached', { conversation, message })
    if (options.json) return printJson(terminal, { conversation, message, members })
    print(terminal, excerpt(found))
    for (const line of columns(members.map(({ person, state }) => [personLabel(person), words[state]]))) {
      print(terminal, line)
    }
    if (members.length === 0) print(terminal, 'There is nobody else in that chat.')
  })
}

const words = { waiting: 'has not got it', delivered: 'has it', read: 'has read it' } as const
