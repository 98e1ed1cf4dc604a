import { Argument, type Command } from 'commander'
import type { Client } from '../client/connect.ts'
import { limits } from '../limits.ts'
import type { ControlRequests, UserInfo } from '../protocol/control.ts'
import { readUserName } from '../protocol/names.ts'
import { addCommand, type CommonOptions } from './command.ts'
import { confirm } from './confirm.ts'
import { harmlessLine } from './harmless.ts'
import { columns } from './layout.ts'
import { readCount, showTime } from './moments.ts'
import { presenceGlyph } from './people.ts'
import { withRegistry } from './registry-home.ts'
import { paint, print, printJson, type Terminal } from './terminal.ts'

interface ListOptions extends CommonOptions {
  readonly limit: string
  readonly after?: string
}

interface DeleteOptions extends CommonOptions {
  readonly yes?: true
}

/** The operator's commands about accounts: at the registry's home, or at that of whoever has started the team. */
export function addUser(program: Command, terminal: Terminal): void {
  const user = program
    .command('user')
    .description('the accounts of a registry; run it at the registry’s home')
    .addHelpText('after', overview)
  addList(user, terminal)
  addNamed(user, terminal, 'show <name>', 'one account and its devices', 'parley user show bob', show)
  addNamed(user, terminal, 'disable <name>', 'end its sessions and refuse its sign-ins', 'parley user disable bob', {
    ask: (client, name) => client.request('setUser', { name, disabled: true }),
    say: name =>
      `${name} is disabled: signed out everywhere, and cannot sign in. \`parley user enable ${name}\` ends that.`,
  })
  addNamed(user, terminal, 'enable <name>', 'let it sign in again', 'parley user enable bob', {
    ask: (client, name) => client.request('setUser', { name, disabled: false }),
    say: name => `${name} can sign in again.`,
  })
  addNamed(
    user,
    terminal,
    'reset <name>',
    'a one-use code with which the person sets a new password',
    'parley user reset bob',
    {
      ask: (client, name) => client.request('resetUser', { name }),
      say: (_name, { text }) => text,
    },
  )
  addRole(user, terminal)
  addDelete(user, terminal)
}

const overview = `
Examples:
  parley user list                 everybody
  parley user role alice admin     let alice invite people from her own home
  parley user reset bob            bob has forgotten his password
  parley user delete bob           erase the account; the name stays reserved`

/** What a command asks, and how it says what came of it. */
interface Act<Result> {
  readonly ask: (client: Client, name: string) => Promise<Result>
  readonly say: (name: string, result: Result, terminal: Terminal) => string
}

const show: Act<UserInfo> = {
  ask: (client, name) => client.request('user', { name }),
  say: (_name, user, terminal) => details(terminal, user).join('\n'),
}

function addNamed<Result>(
  user: Command,
  terminal: Terminal,
  usage: string,
  about: string,
  example: string,
  { ask, say }: Act<Result>,
): void {
  addCommand(user, usage, about, [example]).action(async (given: string, _own: CommonOptions, command: Command) => {
    const options = command.optsWithGlobals<CommonOptions>()
    const name = readUserName(given)
    const result = await withRegistry(terminal, options, client => ask(client, name))
    if (options.json) printJson(terminal, result)
    else print(terminal, say(name, result, terminal))
  })
}

function addRole(user: Command, terminal: Terminal): void {
  addCommand(user, 'role <name>', 'make somebody an admin, who may invite, or a member', [
    'parley user role alice admin',
    'parley user role alice member',
  ])
    .addArgument(new Argument('<role>', 'what they are').choices(['admin', 'member']))
    .action(async (given: string, role: 'admin' | 'member', _own: CommonOptions, command: Command) => {
      const options = command.optsWithGlobals<CommonOptions>()
      const name = readUserName(given)
      const result = await withRegistry(terminal, options, client => client.request('setUser', { name, role }))
      if (options.json) return printJson(terminal, result)
      print(terminal, role === 'admin' ? `${name} is an admin and may invite.` : `${name} is a member.`)
    })
}

function addDelete(user: Command, terminal: Terminal): void {
  addCommand(user, 'delete <name>', 'erase an account; its name stays reserved', [
    'parley user delete bob           asks first',
    'parley user delete bob --yes',
  ])
    .option('--yes', 'do not ask first')
    .action(async (given: string, _own: DeleteOptions, command: Command) => {
      const options = command.optsWithGlobals<DeleteOptions>()
      const name = readUserName(given)
      await withRegistry(terminal, options, async client => {
        await client.request('user', { name })
        if (!options.yes) await confirm(terminal, erasing(name), 'Nothing was deleted.', '--yes')
        await client.request('deleteUser', { name })
      })
      if (options.json) printJson(terminal, { deleted: name })
      else print(terminal, `The account ${name} is erased. ${remains}`)
    })
}

function erasing(name: string): string {
  return `The account ${name}, its devices, keys and password will be erased for good. ${remains}`
}

const remains =
  'What they wrote and what was written to them remains on the devices of the others, and on their own; nobody else can take the name.'

function addList(user: Command, terminal: Terminal): void {
  addCommand(user, 'list [query]', 'everybody by name, or whose name has QUERY in it', [
    'parley user list',
    'parley user list --after mallory --limit 500',
    'parley user list --json',
  ])
    .option('--limit <n>', 'how many to list', '100')
    .option('--after <name>', 'only names behind this one')
    .action(async (query: string | undefined, _own: ListOptions, command: Command) => {
      const options = command.optsWithGlobals<ListOptions>()
      const params = {
        limit: readCount(options.limit, '--limit', limits.controlPage),
        ...(query !== undefined && { query }),
        ...(options.after !== undefined && { after: readUserName(options.after) }),
      }
      const found = await withRegistry(terminal, options, client => client.request('users', params))
      if (options.json) printJson(terminal, found)
      else list(terminal, found, query)
    })
}

function list(terminal: Terminal, { users, more }: ControlRequests['users'][1], query: string | undefined): void {
  for (const line of columns(users.map(user => rowOf(terminal, user)))) print(terminal, line)
  if (users.length === 0) print(terminal, query === undefined ? 'There are no accounts.' : `Nobody is called ${query}.`)
  const last = users.at(-1)?.name ?? ''
  const next = query === undefined ? `parley user list --after ${last}` : 'say more of the name'
  if (more) print(terminal, paint(terminal, 'dim', `There are more: ${next}.`))
}

function rowOf(terminal: Terminal, user: UserInfo): string[] {
  const { name, displayName, role, state, devices } = user
  const count = devices.filter(({ isPending }) => !isPending).length
  return [
    paint(terminal, 'bold', harmlessLine(name)),
    displayName === name ? '' : harmlessLine(displayName),
    role === 'admin' ? role : '',
    state === 'active' ? standingOf(terminal, user) : paint(terminal, 'yellow', state),
    state === 'deleted' ? '' : paint(terminal, 'dim', count === 1 ? '1 device' : `${count} devices`),
  ]
}

function standingOf(terminal: Terminal, { status, since }: UserInfo): string {
  const when = since > 0 ? ` since ${showTime(since)}` : ''
  return `${presenceGlyph(terminal, status)} ${status}${when}`
}

function details(terminal: Terminal, user: UserInfo): string[] {
  const { name, displayName, role, state, since, created, devices, classicAlias } = user
  const known = displayName === name ? '' : ` (${harmlessLine(displayName)})`
  const facts: string[][] = [
    ['state', state === 'deleted' ? `deleted ${showTime(since)}; the name stays reserved` : state],
    ...(state === 'deleted'
      ? []
      : [
          ['role', role],
          ['seen', standingOf(terminal, user)],
          ['signed up', showTime(created)],
        ]),
    ...(classicAlias === undefined
      ? []
      : [['classic', `signs in with the original program as ${harmlessLine(classicAlias)}`]]),
    ['id', user.user],
    ...devices.map(({ device, name: called, seen, isPending, isOnline }) => [
      'device',
      `${harmlessLine(called)}, ${isPending ? 'waits to be approved' : isOnline ? 'online' : `seen ${showTime(seen)}`}  ${device}`,
    ]),
  ]
  return [
    `${paint(terminal, 'bold', harmlessLine(name))}${known}`,
    ...columns(facts.map(([what = '', is = '']) => [`  ${what}`, is])),
  ]
}
