import { once } from 'node:events'
import type { Command } from 'commander'
import type { Client } from '../client/connect.ts'
import { asParleyError, ParleyError } from '../errors.ts'
import { limits } from '../limits.ts'
import type { MessageInfo } from '../protocol/control.ts'
import { addCommand, type CommonOptions, homeHint, withHub } from './command.ts'
import { changeLine, Following } from './following.ts'
import { harmlessLine } from './harmless.ts'
import { width } from './layout.ts'
import { messageLines } from './messages.ts'
import { readCount } from './moments.ts'
import { shellWord } from './shell-word.ts'
import { paint, print, printJson, type Terminal } from './terminal.ts'

interface Options extends CommonOptions {
  readonly limit: string
  readonly before?: string
  readonly ids?: boolean
  readonly follow?: boolean
}

export function addLog(program: Command, terminal: Terminal): void {
  addCommand(program, 'log <who>', 'the history with somebody, newest last', [
    'parley log bob',
    'parley log bob --ids                     with the ids by which edit, delete, react and --reply-to name messages',
    'parley log bob --follow                  and what comes from now on, until Ctrl+C',
    'parley log bob --limit 500 --json',
  ])
    .option('--limit <n>', 'how many messages', '50')
    .option('--before <position>', 'only what came before it; the end of a page names it')
    .option('--ids', 'show the beginning of each message’s id')
    .option('-f, --follow', 'go on with what comes and changes')
    .action((who: string, options: Options) => run(terminal, who, options))
}

async function run(terminal: Terminal, who: string, options: Options): Promise<void> {
  await withHub(terminal, options, async client => {
    if (!options.follow) return void (await showPage(terminal, client, who, options))
    try {
      const following = await Following.begin(client, who)
      const shown = await showPage(terminal, client, who, options)
      await follow(terminal, client, following, shown, { ...options, who })
    } catch (error) {
      throw asParleyError(error).code === 'closed' ? daemonGone({ ...options, who }) : error
    }
  })
}

async function showPage(
  terminal: Terminal,
  client: Client,
  who: string,
  options: Options,
): Promise<readonly MessageInfo[]> {
  const limit = readCount(options.limit, '--limit', limits.controlPage)
  const { before } = options
  const page = await client.request('history', { with: who, limit, ...(before !== undefined && { before }) })
  const { messages, more } = page
  if (options.json) {
    printJson(terminal, page)
    return messages
  }
  const [oldest] = messages
  if (more && oldest) {
    const again = `parley log ${shellWord(harmlessLine(who))}${homeHint(options)} --before ${oldest.position}`
    // Beside what is printed: whoever cuts the first line off wants a message.
    terminal.stderr.write(`${paint(terminal, 'dim', `Earlier ones: ${again}`)}\n`)
  }
  const nameWidth = Math.max(0, ...messages.map(message => width(harmlessLine(message.name))))
  const layout = { nameWidth, ...(options.ids && { withId: true }) }
  for (const message of messages) print(terminal, messageLines(terminal, message, layout))
  if (messages.length === 0) print(terminal, await whyEmpty(client, who))
  return messages
}

async function whyEmpty(client: Client, who: string): Promise<string> {
  const shown = harmlessLine(who)
  if (!who.startsWith('#')) return `No messages with ${shown} yet.`
  const { conversation } = await client.request('room', { conversation: who })
  const isInvited = conversation.kind === 'room' && conversation.room.standing === 'invited'
  return isInvited
    ? `You are invited to ${shown} and see what was said once you join: parley room join ${shellWord(shown)}`
    : `No messages in ${shown} yet.`
}

/**
 * Prints what is new or another one now, until the person stops it.
 * @throws ParleyError `closed` when the daemon stops, and why nothing more can be read
 */
async function follow(
  terminal: Terminal,
  client: Client,
  following: Following,
  shown: readonly MessageInfo[],
  options: Options & { readonly who: string },
): Promise<void> {
  const layout = options.ids ? { withId: true } : {}
  following.show(shown, (message, change) => {
    if (options.json) printJson(terminal, changeLine(message, change))
    else if (change === 'gone') print(terminal, paint(terminal, 'dim', '(a message was dropped here)'))
    else print(terminal, messageLines(terminal, message, layout))
  })
  const listening = new AbortController()
  const { signal } = listening
  const stopped = ['SIGINT', 'SIGTERM'].map(name => once(process, name, { signal }).then(() => 'stopped' as const))
  for (const each of stopped) each.catch(() => {})
  try {
    const failed = following.failed.then(error => {
      throw asParleyError(error)
    })
    const gone = client.closed.then(() => 'gone' as const)
    const end = await Promise.race([failed, gone, ...stopped])
    if (end === 'gone') throw daemonGone(options)
  } finally {
    listening.abort()
    following.end()
  }
}

function daemonGone(options: Options & { readonly who: string }): ParleyError {
  const again = `parley log ${shellWord(harmlessLine(options.who))} --follow${homeHint(options)}`
  return new ParleyError('closed', `The daemon has stopped, so nothing more is shown; \`${again}\` goes on.`)
}
