import { existsSync } from 'node:fs'
import type { Command } from 'commander'
import { type Client, connect } from '../client/connect.ts'
import { connectOrStart } from '../client/start.ts'
import { ParleyError } from '../errors.ts'
import { defaultHome, locations } from '../locations.ts'
import { shellWord } from './shell-word.ts'
import type { Terminal } from './terminal.ts'

/** Options of every command. */
export interface CommonOptions {
  readonly home?: string
  readonly json?: boolean
}

/** Adds a command to the program, with the options that all have and the examples of its help. */
export function addCommand(program: Command, usage: string, about: string, examples: readonly string[]): Command {
  return program
    .command(usage)
    .description(about)
    .option('--home <dir>', 'the home of the person or registry (default: PARLEY_HOME, else the platform’s own place)')
    .option('--json', 'print JSON, for programs')
    .allowExcessArguments(false)
    .addHelpText('after', `\nExamples:\n${examples.map(example => `  ${example}`).join('\n')}`)
}

/** Throws ParleyError `usage` for a home without a name, as an unset variable in a script makes it. */
export function homeOf(terminal: Terminal, options: CommonOptions): string {
  if (options.home === '') throw new ParleyError('usage', '--home takes a folder, but was given nothing.')
  return options.home ?? defaultHome(terminal.env)
}

/**
 * Runs `use` with a connection to the home's hub, which is started if it does not run. Throws ParleyError `usage` where
 * there is no home: a mistyped one is not made.
 */
export async function withHub<Result>(
  terminal: Terminal,
  options: CommonOptions,
  use: (client: Client) => Promise<Result>,
  attached = false,
): Promise<Result> {
  const home = homeOf(terminal, options)
  if (!existsSync(home)) throw noHome(home, options)
  return withNewHub(terminal, options, use, attached)
}

/** The same for commands by which somebody begins: a home that does not exist yet is made. */
export async function withNewHub<Result>(
  terminal: Terminal,
  options: CommonOptions,
  use: (client: Client) => Promise<Result>,
  attached = false,
): Promise<Result> {
  const home = homeOf(terminal, options)
  // A hub would find the storage of another program here, and say that it is from the future.
  if (isRegistrys(home)) return withDaemon(terminal, options, use)
  return using(await connectOrStart({ home, client: 'cli', attached, env: terminal.env }), use)
}

/** Runs `use` with a connection to the daemon that already runs. Throws ParleyError `not-running` when none does. */
export async function withDaemon<Result>(
  terminal: Terminal,
  options: CommonOptions,
  use: (client: Client) => Promise<Result>,
): Promise<Result> {
  const home = homeOf(terminal, options)
  const client = await connect({ home, client: 'cli' }).catch(error => {
    const isStopped = error instanceof ParleyError && error.code === 'not-running' && isRegistrys(home)
    throw isStopped ? registryStopped(home, options) : error
  })
  return using(client, use)
}

/** There is no such folder. */
export function noHome(home: string, options: CommonOptions): ParleyError {
  const begin = `Begin there with \`parley sign-up NAME${homeHint(options)}\``
  return new ParleyError('usage', `There is no home at ${home}. ${begin}, or name another home with --home.`)
}

/** Whether a registry has run in this home, which then is nobody's. */
export function isRegistrys(home: string): boolean {
  const { holder, deviceKey } = locations(home)
  return existsSync(holder) && !existsSync(deviceKey)
}

function registryStopped(home: string, options: CommonOptions): ParleyError {
  const words = `No registry is running for ${home}; start it with \`parley registry${homeHint(options)}\`, or name another home with --home.`
  return new ParleyError('not-running', words)
}

async function using<Result>(client: Client, use: (client: Client) => Promise<Result>): Promise<Result> {
  try {
    return await use(client)
  } finally {
    client.close()
    await client.closed
  }
}

/** ` --home DIR` as this person must type it again, or nothing. */
export function homeHint(options: CommonOptions, platform = process.platform): string {
  const { home } = options
  if (home === undefined) return ''
  return ` --home ${shellWord(home, platform)}`
}
