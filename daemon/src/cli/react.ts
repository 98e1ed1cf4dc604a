import type { Command } from 'commander'
import { addCommand, type CommonOptions, withHub } from './command.ts'
import { harmlessLine } from './harmless.ts'
import { messageNamed } from './message-named.ts'
import { excerpt } from './messages.ts'
import { newId } from './new-id.ts'
import { print, printJson, type Terminal } from './terminal.ts'

interface Options extends CommonOptions {
  readonly off?: boolean
}

export function addReact(program: Command, terminal: Terminal): void {
  addCommand(program, 'react <who> <message> <emoji>', 'react to a message with an emoji', [
    'parley react bob k3fq 👍',
    'parley react bob k3fq 👍 --off           takes it back',
  ])
    .option('--off', 'take the reaction back')
    .action((who: string, message: string, emoji: string, options: Options) =>
      run(terminal, who, message, emoji, options),
    )
}

async function run(terminal: Terminal, who: string, typed: string, emoji: string, options: Options): Promise<void> {
  await withHub(terminal, options, async client => {
    const found = await messageNamed(client, who, typed, options)
    const { conversation, user, message } = found
    const on = options.off !== true
    await client.request('react', { conversation, user, message, emoji, on, act: newId() })
    const wasOn = found.reactions?.some(each => each.mine && each.emoji === emoji) ?? false
    const done = on ? 'on' : wasOn ? 'taken back from' : 'of yours was not on'
    if (options.json) printJson(terminal, { conversation, user, message, emoji, on })
    else print(terminal, `${harmlessLine(emoji)} ${done}: ${excerpt(found)}`)
  })
}
