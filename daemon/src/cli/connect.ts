import type { Command } from 'commander'
import type { Client } from '../client/connect.ts'
import { ParleyError } from '../errors.ts'
import { limits } from '../limits.ts'
import type { DirectInfo } from '../protocol/control.ts'
import { addCommand, type CommonOptions, homeHint, withNewHub } from './command.ts'
import { harmlessLine } from './harmless.ts'
import { readDuration } from './moments.ts'
import { personLabel } from './people.ts'
import { shellWord } from './shell-word.ts'
import { print, printJson, type Terminal } from './terminal.ts'

interface Options extends CommonOptions {
  readonly name?: string
  readonly wait?: boolean
  readonly deadline: string
}

export function addConnect(program: Command, terminal: Terminal): void {
  addCommand(program, 'connect <address>', 'ask somebody of no team to chat, by the address of their Parley', [
    'parley connect 192.168.1.20:5858',
    'parley connect 192.168.1.20 --wait          until they have accepted',
    'parley connect [2001:db8::7]:5858 --name alice',
  ])
    .option('--name <name>', 'what to call yourself, if you have no account (default: your name on this computer)')
    .option('--wait', 'wait until they accept')
    .option('--deadline <time>', 'with --wait: how long', '10m')
    .action((address: string, options: Options) => run(terminal, address, options))
}

async function run(terminal: Terminal, address: string, options: Options): Promise<void> {
  const deadline = readDuration(options.deadline, '--deadline')
  if (deadline > limits.longestWait) throw new ParleyError('usage', '--deadline takes a day at most.')
  const name = options.name === undefined ? {} : { name: options.name }
  if (!options.json) terminal.stderr.write(`Connecting to ${harmlessLine(address)} …\n`)
  await withNewHub(terminal, options, async client => {
    const found = await client.request('connect', { address, ...name })
    if (found.state === 'open') return tellOpen(terminal, options, found.conversation)
    if (options.wait) {
      if (!options.json) terminal.stderr.write('Asked: waiting for them to accept …\n')
      return tellOpen(terminal, options, await accepted(client, address, deadline))
    }
    if (options.json) printJson(terminal, found)
    else
      print(
        terminal,
        `Asked: waiting for them to accept. The hub goes on asking; once they have: ${chatWith(address, options)}`,
      )
  })
}

function tellOpen(terminal: Terminal, options: Options, conversation: DirectInfo): void {
  if (options.json) {
    printJson(terminal, { state: 'open', conversation })
    return
  }
  const { person } = conversation
  print(terminal, `Connected: ${personLabel(person)}`)
  print(terminal, `Chat: ${chatWith(person.address ?? person.name, options)}`)
}

function chatWith(who: string, options: Options): string {
  return `parley chat ${shellWord(harmlessLine(who))}${homeHint(options)}`
}

/** The conversation, once they have accepted: whenever somebody of no team comes, the hub is asked again whether it is them. */
async function accepted(client: Client, address: string, deadline: number): Promise<DirectInfo> {
  const opened = Promise.withResolvers<DirectInfo>()
  // It may fail while nobody awaits it yet, or any more.
  opened.promise.catch(() => {})
  const late = new ParleyError('timeout', 'They have not accepted yet. The hub goes on asking by itself.')
  const timer = setTimeout(() => opened.reject(late), Math.min(deadline, limits.timer))
  const look = async () => {
    try {
      const found = await client.request('connect', { address })
      if (found.state === 'open') opened.resolve(found.conversation)
    } catch (error) {
      opened.reject(error)
    }
  }
  const stop = client.on('people', ({ people }) => {
    if (people.some(({ via, status }) => via === 'direct' && status === 'online')) void look()
  })
  void client.closed.then(() => opened.reject(new ParleyError('closed', 'The daemon has stopped.')))
  try {
    const { people } = await client.request('subscribePeople', {})
    // They may have come between the two requests.
    if (people.some(({ via, status }) => via === 'direct' && status === 'online')) void look()
    return await opened.promise
  } finally {
    clearTimeout(timer)
    stop()
  }
}
