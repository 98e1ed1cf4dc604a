import type { Command } from 'commander'
import { ParleyError } from '../errors.ts'
import { limits } from '../limits.ts'
import { titleOf } from '../protocol/conversation-infos.ts'
import { positionAt } from '../protocol/positions.ts'
import { addCommand, type CommonOptions, withHub } from './command.ts'
import { confirm } from './confirm.ts'
import { harmlessLine } from './harmless.ts'
import { readMoment } from './moments.ts'
import { print, printJson, type Terminal } from './terminal.ts'

interface ClearOptions extends CommonOptions {
  readonly before?: string
  readonly yes?: true
}

/** Adds what lets go of messages: `retention` and `clear`. */
export function addRetention(program: Command, terminal: Terminal): void {
  addCommand(
    program,
    'retention <who> [days|off]',
    'drop messages after so many days, on your own devices; off: keep all; alone: how it is now',
    ['parley retention bob', 'parley retention bob 90', 'parley retention bob off'],
  ).action((who: string, days: string | undefined, options: CommonOptions) => keep(terminal, who, days, options))
  addCommand(program, 'clear <who>', 'drop what is shown of a chat, on all of your devices; others keep it', [
    'parley clear bob',
    'parley clear bob --before 2026-01-01 --yes',
  ])
    .option('--before <date>', 'only what is older than a day, such as 2026-05-04, or than 30d')
    .option('--yes', 'do not ask first')
    .action((who: string, options: ClearOptions) => clear(terminal, who, options))
}

/** Without a number it says how it is. */
async function keep(terminal: Terminal, who: string, given: string | undefined, options: CommonOptions): Promise<void> {
  const wanted = given === undefined ? undefined : readDays(given)
  const { conversation, days } = await withHub(terminal, options, async client => {
    const { conversation: info } = await client.request('openChat', { with: who })
    if (wanted === undefined) return { conversation: info, days: info.retention ?? null }
    await client.request('setRetention', { conversation: info.conversation, days: wanted })
    return { conversation: info, days: wanted }
  })
  if (options.json) return printJson(terminal, { conversation: conversation.conversation, days })
  const name = harmlessLine(titleOf(conversation))
  const how = days === null ? 'are kept' : `are dropped after ${days} ${days === 1 ? 'day' : 'days'}`
  print(terminal, `Messages in the chat ${name} ${how}.`)
}

function readDays(text: string): number | null {
  const days = /^\d{1,9}$/.test(text) ? Number(text) : 0
  if (text === 'off') return null
  if (days >= 1 && days <= limits.retentionDays) return days
  const words = `Messages are kept for 1 to ${limits.retentionDays} days, or off keeps all; not ${JSON.stringify(text)}.`
  throw new ParleyError('usage', words)
}

async function clear(terminal: Terminal, who: string, { before, yes, ...options }: ClearOptions): Promise<void> {
  const moment = before === undefined ? undefined : readMoment(before, '--before')
  const conversation = await withHub(terminal, options, async client => {
    const { conversation: info } = await client.request('openChat', { with: who })
    if (!yes) {
      const what = moment === undefined ? 'Everything' : `Everything before ${before}`
      const question = `${what} in the chat ${harmlessLine(titleOf(info))} is dropped from all of your devices, for good: no import shows it again. To keep it to read, write it to a file first (parley export).`
      await confirm(terminal, question, 'Nothing was dropped.', '--yes')
    }
    const range = moment === undefined ? {} : { before: positionAt(moment) }
    const { conversation: id } = info
    await client.request('clearHistory', { conversation: id, ...range }, { timeout: limits.longestWait })
    return info
  })
  if (options.json) return printJson(terminal, { conversation: conversation.conversation })
  print(terminal, `Dropped from the chat ${harmlessLine(titleOf(conversation))}.`)
}
