import { type Command, Option } from 'commander'
import type { Client } from '../client/connect.ts'
import { type ErrorCode, ParleyError } from '../errors.ts'
import { limits } from '../limits.ts'
import { readParleyLink } from '../protocol/addresses.ts'
import type { AccountInfo, SignInWay } from '../protocol/control.ts'
import { readUserName } from '../protocol/names.ts'
import { accountLine } from './accounts.ts'
import { Answers, type Question } from './answers.ts'
import { addCommand, type CommonOptions, homeHint, withNewHub } from './command.ts'
import { askNewPassword, nextPassword } from './new-password.ts'
import { requestPrompted } from './prompted.ts'
import { paint, print, printJson, type Terminal } from './terminal.ts'

interface Options extends CommonOptions {
  readonly registry?: string
  readonly code?: true
  readonly by?: SignInWay
}

interface Who {
  readonly name?: string
  readonly registry?: string
  readonly by?: SignInWay
}

export function addSignIn(program: Command, terminal: Terminal): void {
  addCommand(program, 'sign-in [name]', 'sign in again, after a sign-out or when the registry asks for it', [
    'parley sign-in                  asks for the password if it is needed',
    'PARLEY_PASSWORD=… parley sign-in alice',
    'PARLEY_PASSWORD="$TOKEN" parley sign-in bot --registry parley://… --by prompts',
    'parley sign-in alice --code     asks for the one-use code of an admin, and for a new password',
  ])
    .option('--registry <host:port>', 'the registry, or a link to it, when this home does not know it')
    .addOption(wayOption())
    .option('--code', 'set a new password with the one-use code that an admin gave you')
    .action((name: string | undefined, options: Options) => run(terminal, name, options))
}

async function run(terminal: Terminal, name: string | undefined, options: Options): Promise<void> {
  const { registry } = options
  if (registry !== undefined) readParleyLink(registry)
  const who = {
    ...(name !== undefined && { name: readUserName(name) }),
    ...(registry !== undefined && { registry }),
    ...(options.by !== undefined && { by: options.by }),
  }
  const answers = new Answers(terminal)
  try {
    const enter = options.code ? setPassword : signIn
    const account = await withNewHub(terminal, options, client => enter(terminal, client, answers, who))
    if (options.json) printJson(terminal, account)
    else greet(terminal, options, account)
  } finally {
    await answers.close()
  }
}

function greet(terminal: Terminal, options: Options, account: AccountInfo): void {
  print(terminal, accountLine(terminal, account))
  const { state, digits, name } = account
  if (state !== 'pending' || digits === undefined) return
  print(terminal, `\n    ${digits}\n`)
  print(terminal, 'Compare these digits on a device that you use already: its editor shows them, and so does')
  print(terminal, '    parley devices approve')
  const lost = `If all your other devices are lost: parley devices new-key${homeHint(options)}`
  print(terminal, paint(terminal, 'dim', `Until then nothing of ${name}'s comes here. ${lost}`))
}

async function signIn(terminal: Terminal, client: Client, answers: Answers, who: Who): Promise<AccountInfo> {
  const { hub } = await client.request('status', {})
  if (hub?.accounts.length === 0 && (who.registry === undefined || who.name === undefined)) {
    throw new ParleyError(
      'usage',
      'Nobody has signed up in this home; `parley sign-up NAME` does, or name the registry: `parley sign-in NAME --registry HOST:PORT`.',
    )
  }
  const isGiven = Boolean(terminal.env.PARLEY_PASSWORD)
  const [account] = hub?.accounts ?? []
  // Who gives a password means it to be shown; a registry that asks by itself gets it as an answer.
  if (!isGiven || !account || account.signsInBy === 'prompts') {
    try {
      const wish = { ...who, ...(isGiven && { afresh: true }) }
      return await requestPrompted({ terminal, client, answers }, 'signIn', wish)
    } catch (error) {
      if (!(error instanceof ParleyError) || !wantsPassword.includes(error.code)) throw error
    }
  }
  for (let tries = 1; ; tries++) {
    const password = await answers.ask(passwordWanted)
    try {
      return await client.request('signIn', { ...who, password })
    } catch (error) {
      const isWrong = error instanceof ParleyError && error.code === 'wrong-credentials'
      if (!isWrong || !answers.asksPerson(passwordWanted) || tries === limits.passwordTries) throw error
      answers.refuse(error)
    }
  }
}

/** Sets a new password with an admin's code, which is then the one that signs in. */
async function setPassword(terminal: Terminal, client: Client, answers: Answers, who: Who): Promise<AccountInfo> {
  const { hub } = await client.request('status', {})
  const { registry } = who
  const name = who.name ?? hub?.accounts[0]?.name
  if (name === undefined || (hub?.accounts.length === 0 && registry === undefined)) {
    const words = 'Say whose password it is, and where: `parley sign-in NAME --code --registry HOST:PORT`.'
    throw new ParleyError('usage', words)
  }
  const code = await answers.ask(codeWanted)
  const wish = { name, code, ...(registry !== undefined && { registry }) }
  try {
    return await requestPrompted({ terminal, client, answers }, 'resetPassword', wish)
  } catch (error) {
    if (!(error instanceof ParleyError) || error.code !== 'password-needed') throw error
  }
  const newPassword = await askNewPassword(answers, nextPassword)
  return client.request('resetPassword', { ...wish, newPassword })
}

const codeWanted: Question = {
  what: 'the one-use code',
  prompt: 'Code: ',
  env: 'PARLEY_CODE',
  isSecret: true,
}

/** How to sign in, where the registry lets people choose. */
export function wayOption(): Option {
  const about = 'how, where the team has both: a password that it never sees, or what it asks'
  return new Option('--by <way>', about).choices(['password', 'prompts'] satisfies SignInWay[])
}

export const passwordWanted: Question = {
  what: 'the password',
  prompt: 'Password: ',
  env: 'PARLEY_PASSWORD',
  isSecret: true,
}

/** The device's key alone is not enough. */
const wantsPassword: readonly ErrorCode[] = ['password-needed', 'unknown-account']
