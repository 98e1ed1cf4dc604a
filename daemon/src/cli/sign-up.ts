import type { Command } from 'commander'
import type { Client } from '../client/connect.ts'
import { ParleyError } from '../errors.ts'
import { formatParleyLink, readParleyLink } from '../protocol/addresses.ts'
import type { AccountInfo, ControlRequests } from '../protocol/control.ts'
import { readDisplayName, readUserName } from '../protocol/names.ts'
import { findParleyLink, readPasted } from '../protocol/pasted.ts'
import { accountLine } from './accounts.ts'
import { Answers, type Question } from './answers.ts'
import { addCommand, type CommonOptions, homeHint, withNewHub } from './command.ts'
import { askNewPassword } from './new-password.ts'
import { print, printJson, type Terminal } from './terminal.ts'

interface Options extends CommonOptions {
  readonly registry?: string
  readonly displayName?: string
}

type Wish = ControlRequests['signUp'][0]

export function addSignUp(program: Command, terminal: Terminal): void {
  addCommand(program, 'sign-up <name>', 'make an account at a team’s registry', [
    'parley sign-up alice                                  asks for the invite and a password',
    'parley sign-up alice --registry 127.0.0.1:3131        where no invite is needed',
    "PARLEY_INVITE='parley://…#…' parley sign-up alice     asks for a password",
    'printf \'%s\\n\' "$PASSWORD" | parley sign-up alice --registry HOST:PORT',
  ])
    .option('--registry <host:port>', 'the registry, or a link to it; an invite names it too')
    .option('--display-name <text>', 'the name that others see')
    .action((name: string, options: Options) => run(terminal, name, options))
}

async function run(terminal: Terminal, name: string, options: Options): Promise<void> {
  const answers = new Answers(terminal)
  try {
    const wish = await makeWish(terminal, answers, name, options)
    const account = await withNewHub(terminal, options, client => signUp(client, answers, wish))
    if (options.json) printJson(terminal, account)
    else welcome(terminal, options, account)
  } finally {
    await answers.close()
  }
}

/** All that can be wrong without asking anybody is found here, before a hub is started. */
async function makeWish(terminal: Terminal, answers: Answers, name: string, options: Options): Promise<Wish> {
  const { registry: place, displayName } = options
  const known = readUserName(name)
  if (displayName !== undefined) readDisplayName(displayName)
  if (place !== undefined) readParleyLink(place)
  const invite = place === undefined ? await askInvite(answers) : terminal.env.PARLEY_INVITE
  const registry = place ?? formatParleyLink(readPasted(invite ?? '').link)
  const password = await askNewPassword(answers, passwordWanted)
  return {
    registry,
    name: known,
    password,
    ...(displayName !== undefined && { displayName }),
    ...(place !== undefined && invite && { invite: codeIn(invite) }),
  }
}

async function signUp(client: Client, answers: Answers, wish: Wish): Promise<AccountInfo> {
  try {
    return await client.request('signUp', wish)
  } catch (error) {
    // The registry says whether it wants one; nothing was done yet.
    if (!(error instanceof ParleyError) || error.code !== 'invite-needed') throw error
    const invite = await askInvite(answers).catch(() => undefined)
    if (invite === undefined) throw error
    return client.request('signUp', { ...wish, invite: codeIn(invite) })
  }
}

/** The link in the text that somebody was given, or what may be a code alone. */
function codeIn(invite: string): string {
  return findParleyLink(invite) ?? invite
}

function askInvite(answers: Answers): Promise<string> {
  return answers.ask({
    what: 'the invite that you were given, or the registry with --registry',
    prompt: 'Invite: ',
    env: 'PARLEY_INVITE',
    isSecret: false,
    isPasted: true,
  })
}

const passwordWanted: Question = {
  what: 'a password',
  prompt: 'Choose a password: ',
  env: 'PARLEY_PASSWORD',
  isSecret: true,
}

function welcome(terminal: Terminal, options: Options, account: AccountInfo): void {
  print(terminal, accountLine(terminal, account))
  const home = homeHint(options)
  print(terminal, `Next: parley who${home}, parley chat NAME${home}`)
}
