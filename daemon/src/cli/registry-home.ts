import { existsSync } from 'node:fs'
import type { Client } from '../client/connect.ts'
import { ParleyError } from '../errors.ts'
import { locations } from '../locations.ts'
import { type CommonOptions, homeOf, withDaemon, withHub } from './command.ts'
import type { Terminal } from './terminal.ts'

/**
 * Runs `use` with a connection to the registry of this home: one that runs by itself, or the team that the home's hub
 * hosts, which comes up with it. @throws ParleyError `not-running`
 */
export async function withRegistry<Result>(
  terminal: Terminal,
  options: CommonOptions,
  use: (client: Client) => Promise<Result>,
): Promise<Result> {
  const home = homeOf(terminal, options)
  const ask = hostsTeam(home) ? withHub : withDaemon
  return ask(terminal, options, use).catch(error => {
    throw notHere(error, home)
  })
}

/** The same, or of an admin's own home a connection to the hub, which asks the registry of the team. */
export async function withTeam<Result>(
  terminal: Terminal,
  options: CommonOptions,
  use: (client: Client) => Promise<Result>,
): Promise<Result> {
  const isPersons = existsSync(locations(homeOf(terminal, options)).deviceKey)
  return (isPersons ? withHub : withRegistry)(terminal, options, use)
}

function hostsTeam(home: string): boolean {
  return existsSync(locations(locations(home).team).config)
}

function notHere(error: unknown, home: string): unknown {
  if (!(error instanceof ParleyError) || error.code !== 'not-running') return error
  const words = `No registry is running for ${home}; start it with \`parley registry\`, or name its home with --home.`
  return new ParleyError('not-running', words)
}
