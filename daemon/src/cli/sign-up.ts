import type { Command } from 'commander'
import type { Client } from '../client/connect.ts'
import { ParleyError } from '../errors.ts'
import { formatParleyLink, readParleyLink } from '../protocol/addresses.ts'
import type { AccountInfo, ControlRequests, SignInWay } from '../protocol/control.ts'
import { readDisplayName, readUserName } from '../protocol/names.ts'
import { findParleyLink, readPasted } from '../protocol/pasted.ts'
import { accountLine } from './accounts.ts'
import { Answers, type Question } from './answers.ts'
import { addCommand, type CommonOptions, homeHint, withNewHub } from './command.ts'
import { askNewPassword } from './new-password.ts'
import { requestPrompted } from './prompted.ts'
import { wayOption } from './sign-in.ts'
import { print, printJson, type Terminal } from './terminal.ts'

interface Options extends CommonOptions {
  readonly registry?: string
  readonly displayName?: string
  readonly by?: SignInWay
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
    .addOption(wayOption())
    .action((name: string, options: Options) => run(terminal, name, options))
}

async function run(terminal: Terminal, name: string, options: Options): Promise<void> {
  const answers = new Answers(terminal)
  try {
    const wish = await makeWish(terminal, answers, name, options)
    const account = await withNewHub(terminal, options, client => signUp({ terminal, client, answers }, wish))
    if (options.json) printJson(terminal, account)
    else welcome(terminal, options, account)
  } finally {
    await answers.close()
  }
}

/** All that can be wrong without asking anybody is found here, before a hub is started. */
async function makeWish(terminal: Terminal, answers: Answers, name: string, options: Options): Promise<Wish> {
  const { registry: place, displayName, by } = options
  const known = readUserName(name)
  if (displayName !== undefined) readDisplayName(displayName)
  if (place !== undefined) readParleyLink(place)
  const invite = place === undefined ? await askInvite(answers) : terminal.env.PARLEY_INVITE
  const registry = place ?? formatParleyLink(readPasted(invite ?? '').link)
  return {
    registry,
    name: known,
    ...(by !== undefined && { by }),
    ...(displayName !== undefined && { displayName }),
    ...(place !== undefined && invite && { invite: codeIn(invite) }),
  }
}

interface Asking {
  readonly terminal: Terminal
  readonly client: Client
  readonly answers: Answers
}

/** What a registry wants of whoever signs up it says itself, before anything is done: a password, an invite, or both. */
async function signUp(asking: Asking, wish: Wish): Promise<AccountInfo> {
  const { answers } = asking
  try {
    return await requestPrompted(asking, 'signUp', wish)
  } catch (error) {
    if (!(error instanceof ParleyError)) throw error
    if (error.code === 'password-needed' && wish.password === undefined) {
      return signUp(asking, { ...wish, password: await askNewPassword(answers, passwordWanted) })
    }
    if (error.code !== 'invite-needed' || wish.invite !== undefined) throw error
    const invite = await askInvite(answers).catch(() => undefined)
    if (invite === undefined) throw error
    return signUp(asking, { ...wish, invite: codeIn(invite) })
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
