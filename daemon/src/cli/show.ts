import { type Command, Option } from 'commander'
import type { Client } from '../client/connect.ts'
import { ParleyError } from '../errors.ts'
import type { AccountInfo, Availability } from '../protocol/control.ts'
import { accountLine } from './accounts.ts'
import { addCommand, type CommonOptions, withHub } from './command.ts'
import { print, printJson, type Terminal } from './terminal.ts'

interface Options extends CommonOptions {
  readonly as?: Availability
}

export function addShow(program: Command, terminal: Terminal): void {
  addCommand(program, 'show', 'how others see you: available, busy or invisible; kept until you say otherwise', [
    'parley show                      what is set now, and what others see',
    'parley show --as busy            nobody is told of messages; others see it',
    'parley show --as invisible       others see you as offline, all works',
    'parley show --as available',
  ])
    .addOption(new Option('--as <availability>', 'how you want to be seen').choices(['available', 'busy', 'invisible']))
    .action((options: Options) => run(terminal, options))
}

async function run(terminal: Terminal, options: Options): Promise<void> {
  await withHub(terminal, options, async client => {
    const account = await (options.as
      ? client.request('setAvailability', { availability: options.as })
      : current(client))
    if (options.json) return printJson(terminal, account)
    print(terminal, accountLine(terminal, account))
    print(terminal, shownWords(account))
  })
}

/** @throws ParleyError `unknown-account` */
async function current(client: Client): Promise<AccountInfo> {
  const { hub } = await client.request('status', {})
  const [account] = hub?.accounts ?? []
  if (account) return account
  throw new ParleyError('unknown-account', 'Nobody has signed up in this home yet. Sign up first: parley sign-up NAME')
}

/** What is set, and what others make of it. */
export function shownWords({
  availability,
  state,
  status,
}: Pick<AccountInfo, 'availability' | 'state' | 'status'>): string {
  const set = `You are set to ${availability}`
  if (state !== 'online') return `${set}: others see it once your team is reached.`
  const seen = { available: 'online', busy: 'busy', invisible: 'offline' }[availability]
  if (status === seen) return `${set}, and others see you as ${seen}.`
  if (availability === 'available' && status === 'away')
    return `${set}: others see you as away while no editor and no chat of yours is open.`
  return `${set} on this device. Others see you as ${status} until the team has heard of it, or for as long as another of your devices says so.`
}
