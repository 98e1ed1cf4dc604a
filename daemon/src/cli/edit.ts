import type { Command } from 'commander'
import { ParleyError } from '../errors.ts'
import { checkText } from '../protocol/bodies.ts'
import { addCommand, type CommonOptions, withHub } from './command.ts'
import { mentionsIn } from './mentions.ts'
import { messageNamed } from './message-named.ts'
import { messageLines } from './messages.ts'
import { newId } from './new-id.ts'
import { print, printJson, type Terminal } from './terminal.ts'

export function addEdit(program: Command, terminal: Terminal): void {
  addCommand(program, 'edit <who> <message> <text...>', 'change what one of your messages says, for everybody', [
    'parley log bob --ids                     shows the ids of messages',
    'parley edit bob k3fq lunch at one',
  ]).action((who: string, message: string, words: readonly string[], options: CommonOptions) =>
    run(terminal, who, message, words.join(' '), options),
  )
}

async function run(
  terminal: Terminal,
  who: string,
  typed: string,
  text: string,
  options: CommonOptions,
): Promise<void> {
  checkText(text)
  await withHub(terminal, options, async client => {
    const { conversation, message, mine } = await messageNamed(client, who, typed, options)
    if (!mine) throw new ParleyError('usage', 'That message is not yours: only its author can edit it.')
    const mentions = await mentionsIn(client, who, text)
    const words = { text, ...(mentions.length > 0 && { mentions }) }
    const edited = await client.request('editMessage', { conversation, message, ...words, act: newId() })
    if (options.json) printJson(terminal, edited)
    else print(terminal, messageLines(terminal, edited))
  })
}
