import { existsSync } from 'node:fs'
import type { Command } from 'commander'
import { ParleyError } from '../errors.ts'
import type { StatusInfo } from '../protocol/control.ts'
import { accountLine } from './accounts.ts'
import { addCommand, type CommonOptions, homeHint, homeOf, isRegistrys, noHome, withDaemon } from './command.ts'
import { harmlessLine } from './harmless.ts'
import { columns } from './layout.ts'
import { showTime } from './moments.ts'
import { paint, print, printJson, type Terminal } from './terminal.ts'

interface Options extends CommonOptions {
  readonly metrics?: true
}

export function addStatus(program: Command, terminal: Terminal): void {
  addCommand(program, 'status', 'how the daemon of this home is doing', [
    'parley status',
    'parley status --home /srv/parley --json',
    'parley status --metrics --home /srv/parley        of a registry, as OpenMetrics',
  ])
    .option('--metrics', 'print what a registry measures, as OpenMetrics text')
    .action((options: Options) => run(terminal, options))
}

async function run(terminal: Terminal, options: Options): Promise<void> {
  if (options.metrics) return printMetrics(terminal, options)
  const status = await withDaemon(terminal, options, client => client.request('status', {})).catch(error => {
    throw notRunning(error, homeOf(terminal, options), options)
  })
  if (options.json) {
    printJson(terminal, status)
    return
  }
  for (const line of columns([...daemonRows(status), ...hubRows(terminal, status), ...registryRows(status)])) {
    print(terminal, line)
  }
  for (const warning of status.hub?.warnings ?? []) {
    print(terminal, paint(terminal, 'yellow', `! ${harmlessLine(warning)}`))
  }
}

async function printMetrics(terminal: Terminal, options: Options): Promise<void> {
  const { text } = await withDaemon(terminal, options, client => client.request('metrics', {}))
  if (options.json) printJson(terminal, { text })
  else terminal.stdout.write(text)
}

function notRunning(error: unknown, home: string, options: CommonOptions): unknown {
  if (!(error instanceof ParleyError) || error.code !== 'not-running' || isRegistrys(home)) return error
  if (!existsSync(home)) return noHome(home, options)
  const hint = homeHint(options)
  const words = `No Parley daemon is running for ${home}; \`parley who${hint}\` starts the hub of a person.`
  return new ParleyError('not-running', words)
}

function daemonRows({ version, pid, home, roles, startedAt }: StatusInfo): string[][] {
  return [
    ['Daemon', `Parley ${version}, ${roles.join(' and ')}, process ${pid}, since ${showTime(startedAt)}`],
    ['Home', home],
  ]
}

function hubRows(terminal: Terminal, { hub }: StatusInfo): string[][] {
  if (!hub) return []
  const accounts = hub.accounts.map(account => accountLine(terminal, account))
  const [first = 'nobody has signed up here; `parley sign-up NAME` does', ...rest] = accounts
  return [
    ['Account', first],
    ...rest.map(line => ['', line]),
    ['Device', hub.device],
    ['Listening', hub.listen.join(', ')],
    ['Links', hub.relayed > 0 ? `${hub.links}, ${hub.relayed} through the relay` : String(hub.links)],
    ...(hub.isDirect
      ? []
      : [['Direct', 'off: others connect through the team’s relay; `parley direct on` changes it']]),
    ['Queued', `${hub.queued} ${hub.queued === 1 ? 'message' : 'messages'}`],
  ]
}

function registryRows({ registry }: StatusInfo): string[][] {
  if (!registry) return []
  const { team, address, listen, heartbeat, signUp, classic, users, online, connections, relayed = 0, mail } = registry
  return [
    ['Team', harmlessLine(team)],
    ['Address', address],
    ['Listening', `${listen.join(', ')} (TCP), ${heartbeat} (UDP)`],
    ['Sign-up', signUp],
    ['Classic', classic],
    ['People', `${users}, ${online} online, ${connections} connections, ${relayed} pairs through the relay`],
    ...(mail ? [['Mail', mailWords(mail)]] : []),
  ]
}

function mailWords({ items, bytes }: { items: number; bytes: number }): string {
  if (items === 0) return 'nothing waits'
  return `${items} ${items === 1 ? 'item waits' : 'items wait'}, ${(bytes / 1024 / 1024).toFixed(1)} MiB`
}
