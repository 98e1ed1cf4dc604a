import { type Command, Option } from 'commander'
import type { Daemon } from '../daemon.ts'
import { ports, readHostPort } from '../protocol/addresses.ts'
import type { ClassicMode, SignUpPolicy } from '../protocol/control.ts'
import { addCommand, homeHint } from './command.ts'
import { columns } from './layout.ts'
import { addRegistryAnnounce } from './registry-announce.ts'
import { addRegistryBackup } from './registry-backup.ts'
import { addRegistryCheck } from './registry-check.ts'
import { addRegistryReload } from './registry-reload.ts'
import { addRegistryRestore } from './registry-restore.ts'
import { type ServeOptions, serve } from './serve.ts'
import { paint, print, printJson, type Terminal } from './terminal.ts'

interface Options extends ServeOptions {
  readonly listen?: readonly string[]
  readonly heartbeat?: string
  readonly public?: string
  readonly name?: string
  readonly classic?: ClassicMode
  readonly signUp?: SignUpPolicy
}

export function addRegistry(program: Command, terminal: Terminal): void {
  const registry = addCommand(program, 'registry', 'run the registry of a team: accounts, presence, search', [
    'parley registry                                   on all addresses, ports 3131 and 5151',
    'parley registry --listen 127.0.0.1:3131           on this computer only',
    'parley registry --public chat.acme.dev:3131 --name Acme --home /srv/parley',
    'parley registry --listen 127.0.0.1:0 --json       on a free port, for a script',
  ])
    .option('--listen <host:port...>', 'where to listen; port 0 is any free one')
    .option('--heartbeat <host:port>', 'where heartbeats arrive (UDP)')
    .option('--public <host:port>', 'the address that invites carry')
    .option('--name <team>', 'the name of the team')
    .addOption(new Option('--classic <mode>', 'who may use the classic protocol').choices(['off', 'loopback', 'on']))
    .addOption(
      new Option('--sign-up <policy>', 'who may sign up (default: open on loopback alone, else invite)').choices([
        'open',
        'invite',
        'closed',
      ]),
    )
    .option('--config <file>', 'the configuration (default: parley.json in the home)')
    .action((options: Options) => run(terminal, options))
  for (const add of [addRegistryAnnounce, addRegistryBackup, addRegistryRestore, addRegistryCheck, addRegistryReload]) {
    add(registry, terminal)
  }
}

async function run(terminal: Terminal, options: Options): Promise<void> {
  for (const address of [...(options.listen ?? []), options.public ?? '']) {
    if (address !== '') readHostPort(address, ports.registry)
  }
  if (options.heartbeat !== undefined) readHostPort(options.heartbeat, ports.heartbeat)
  const { listen, heartbeat, name, classic, signUp } = options
  await serve(terminal, options, {
    role: 'registry',
    configure: config => ({
      ...config,
      registry: {
        ...config.registry,
        ...(listen && { listen }),
        ...(heartbeat !== undefined && { heartbeat }),
        ...(options.public !== undefined && { public: options.public }),
        ...(name !== undefined && { name }),
        ...(classic && { classic }),
        ...(signUp && { signUp }),
      },
    }),
    openLog: async () => (await import('../log.ts')).createLog({ destination: 'stderr' }),
    // Somebody who watches a terminal wants to see what is wrong, not every sign-in.
    usualLevel: terminal.stderr.isTTY ? 'warn' : 'info',
    announce: daemon => (options.json ? printJson(terminal, daemon.ready) : welcome(terminal, options, daemon)),
  })
}

function welcome(terminal: Terminal, options: Options, { registry }: Daemon): void {
  if (!registry) return
  const status = registry.status()
  const home = homeHint(options)
  print(terminal, `${paint(terminal, 'bold', status.team)} is up. Ctrl+C stops it.`)
  print(terminal)
  const rows = [
    ['  Listening', `${status.listen.join(', ')} (TCP), ${status.heartbeat} (UDP)`],
    ['  Address', status.address],
    ['  Sign-up', policies[status.signUp]],
    ['  Classic', classicModes[status.classic]],
  ]
  for (const line of columns(rows)) print(terminal, line)
  print(terminal)
  const next = {
    open: `Join it with: parley sign-up NAME --registry ${status.listen[0]} --home DIR`,
    invite: `Invite somebody with: parley invite${home}`,
    closed: 'Sign-ups are closed: only who has an account can sign in.',
  }
  print(terminal, next[status.signUp])
}

const policies: Readonly<Record<SignUpPolicy, string>> = {
  open: 'open: whoever reaches it may sign up',
  invite: 'by invite',
  closed: 'closed',
}

const classicModes: Readonly<Record<ClassicMode, string>> = {
  off: 'off: the original program cannot connect',
  loopback: 'loopback: the original program can connect from this computer',
  on: 'on: the original program can connect from anywhere; its passwords are not encrypted',
}
