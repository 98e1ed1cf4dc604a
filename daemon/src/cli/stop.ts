import { setTimeout as pause } from 'node:timers/promises'
import type { Command } from 'commander'
import { connect } from '../client/connect.ts'
import { isLocked } from '../client/lock.ts'
import { ParleyError } from '../errors.ts'
import { limits } from '../limits.ts'
import { locations } from '../locations.ts'
import { addCommand, type CommonOptions, homeOf } from './command.ts'
import { print, printJson, type Terminal } from './terminal.ts'

export function addStop(program: Command, terminal: Terminal): void {
  addCommand(program, 'stop', 'stop the daemon of this home; done once it has ended', [
    'parley stop',
    'parley stop --home /srv/parley',
  ]).action((options: CommonOptions) => run(terminal, options))
}

async function run(terminal: Terminal, options: CommonOptions): Promise<void> {
  const home = homeOf(terminal, options)
  const stopped = await stop(home)
  if (options.json) printJson(terminal, { stopped })
  else print(terminal, stopped ? 'Stopped.' : `No Parley daemon is running for ${home}.`)
}

async function stop(home: string): Promise<boolean> {
  try {
    const client = await connect({ home, client: 'cli' })
    await client.request('stop', {})
    client.close()
  } catch (error) {
    if (error instanceof ParleyError && error.code === 'not-running') return false
    throw error
  }
  await lockFreed(home)
  return true
}

async function lockFreed(home: string): Promise<void> {
  const end = performance.now() + limits.stop + limits.controlClose
  while (isLocked(locations(home).lock)) {
    if (performance.now() > end) throw new ParleyError('timeout', 'The daemon was asked to stop, but still runs.')
    await pause(limits.startPoll)
  }
}
