import type { Command } from 'commander'
import { addCommand, type CommonOptions, withHub } from './command.ts'
import { messageNamed } from './message-named.ts'
import { excerpt } from './messages.ts'
import { newId } from './new-id.ts'
import { print, printJson, type Terminal } from './terminal.ts'

interface Options extends CommonOptions {
  readonly forMe?: boolean
}

export function addDelete(program: Command, terminal: Terminal): void {
  addCommand(program, 'delete <who> <message>', 'delete a message for everybody', [
    'parley delete bob k3fq                   your own; an admin of a room deletes those of others too',
    'parley delete bob k3fq --for-me          anybody’s, on your own devices',
  ])
    .option('--for-me', 'drop it for yourself, on all of your devices; others keep it')
    .action((who: string, message: string, options: Options) => run(terminal, who, message, options))
}

async function run(terminal: Terminal, who: string, typed: string, options: Options): Promise<void> {
  await withHub(terminal, options, async client => {
    const found = await messageNamed(client, who, typed, options)
    const { conversation, user, message } = found
    const forMe = options.forMe && { forMe: true }
    await client.request('deleteMessage', { conversation, user, message, act: newId(), ...forMe })
    if (options.json) printJson(terminal, { conversation, user, message, deleted: true })
    else print(terminal, `${options.forMe ? 'Dropped for you' : 'Deleted'}: ${excerpt(found)}`)
  })
}
