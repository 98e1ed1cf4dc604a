import { type Command, Option } from 'commander'
import { ensureFolder } from '../locations.ts'
import { ports, readHostPort } from '../protocol/addresses.ts'
import { addCommand } from './command.ts'
import { lingerOf } from './linger.ts'
import { type ServeOptions, serve } from './serve.ts'
import { print, printJson, type Terminal } from './terminal.ts'

interface Options extends ServeOptions {
  readonly listen?: readonly string[]
  /** Started by a front end: leaves some time after the last one. */
  readonly background?: boolean
}

export function addHub(program: Command, terminal: Terminal): void {
  addCommand(program, 'hub', 'run the hub of a person in the foreground (other commands start it by themselves)', [
    'parley hub                             until Ctrl+C or `parley stop`',
    'parley hub --listen 127.0.0.1:0 --json on a free port of loopback, for a script',
  ])
    .option('--listen <host:port...>', 'where other people’s hubs reach this one; the first free port from there on')
    .option('--config <file>', 'the configuration (default: parley.json in the home)')
    .addOption(new Option('--background').hideHelp())
    .action((options: Options) => run(terminal, options))
}

async function run(terminal: Terminal, options: Options): Promise<void> {
  for (const address of options.listen ?? []) readHostPort(address, ports.peer)
  const { listen } = options
  await serve(terminal, options, {
    role: 'hub',
    configure: config => ({ ...config, hub: { ...config.hub, ...(listen && { listen }) } }),
    openLog: async where => {
      const { createLog } = await import('../log.ts')
      ensureFolder(where.logs, 'log folder')
      return createLog({ destination: { file: where.hubLog } })
    },
    usualLevel: 'info',
    // A hub that somebody runs in the foreground stays until they stop it.
    linger: ({ hub }) =>
      options.background ? lingerOf(hub.linger, process.versions.electron !== undefined) : undefined,
    isBackground: options.background ?? false,
    announce: ({ ready }) => {
      if (options.json) printJson(terminal, ready)
      else print(terminal, `The hub is up, on ${ready.listen}. Ctrl+C stops it.`)
    },
  })
}
