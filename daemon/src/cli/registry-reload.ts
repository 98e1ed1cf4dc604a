import type { Command } from 'commander'
import { addCommand, type CommonOptions, withDaemon } from './command.ts'
import { print, printJson, type Terminal } from './terminal.ts'

/** Adds `reload` to `parley registry`. */
export function addRegistryReload(registry: Command, terminal: Terminal): void {
  addCommand(registry, 'reload', 'let the running registry read its configuration again, as SIGHUP does', [
    'parley registry reload',
    'parley registry reload --home /srv/parley',
  ]).action((_options: CommonOptions, command: Command) => run(terminal, command.optsWithGlobals()))
}

async function run(terminal: Terminal, options: CommonOptions): Promise<void> {
  const { changed, waiting } = await withDaemon(terminal, options, client => client.request('reload', {}))
  if (options.json) return printJson(terminal, { changed, waiting })
  print(terminal, changed.length > 0 ? `In effect now: ${changed.join(', ')}.` : 'Nothing has changed.')
  if (waiting.length > 0) print(terminal, `Waiting for a restart: ${waiting.join(', ')}.`)
}
