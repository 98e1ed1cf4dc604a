import type { Command } from 'commander'
import { ParleyError } from '../errors.ts'
import { formatHostPort, ports, readHostPort } from '../protocol/addresses.ts'
import { addCommand, type CommonOptions, withDaemon } from './command.ts'
import { confirm } from './confirm.ts'
import { print, printJson, type Terminal } from './terminal.ts'

interface Options extends CommonOptions {
  readonly address?: string
  readonly newKey?: true
  readonly yes?: true
}

/** Adds `announce` to `parley registry`. */
export function addRegistryAnnounce(registry: Command, terminal: Terminal): void {
  addCommand(registry, 'announce', 'tell everybody of another address, or change the key of the registry', [
    'parley registry announce --address chat.acme.dev:3131   before the registry moves there',
    'parley registry announce --new-key                      a new key speaks from now on',
  ])
    .option('--address <host:port>', 'where the registry is from now on, or will be soon')
    .option('--new-key', 'make a new key, signed by the present one, and use it at once')
    .option('--yes', 'do not ask first')
    .action((_options: Options, command: Command) => run(terminal, command.optsWithGlobals()))
}

async function run(terminal: Terminal, options: Options): Promise<void> {
  const { address, newKey } = options
  if ((address === undefined) === (newKey === undefined)) {
    throw new ParleyError('usage', 'Give either --address HOST:PORT or --new-key.')
  }
  const place = address === undefined ? undefined : formatHostPort(readHostPort(address, ports.registry))
  if (!options.yes)
    await confirm(terminal, place === undefined ? keyChange : addressChange(place), 'Nothing was announced.')
  const { number } = await withDaemon(terminal, options, client =>
    client.request('announce', place === undefined ? { newKey: true } : { address: place }),
  )
  if (options.json) return printJson(terminal, { number })
  print(terminal, `Announced as notice ${number}. Whoever is connected knows it now, the others when they are back.`)
  print(terminal, place === undefined ? afterKeyChange : afterAddressChange(place))
}

const keyChange =
  'Everybody will be told that a new key speaks for this registry. A notice cannot be taken back, and backups made before cannot be restored in its place.'
const afterKeyChange =
  'New connections see the new key from now on; nobody has to do anything. Make a new backup now: older ones lack the key.'

function addressChange(place: string): string {
  return `Everybody will be told to look for this registry at ${place} first. A notice cannot be taken back, but another one can follow.`
}

function afterAddressChange(place: string): string {
  return `Hubs try ${place} first and the present address after it. Set "public" to it in parley.json, so that invites carry it.`
}
