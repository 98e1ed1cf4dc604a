import { existsSync } from 'node:fs'
import { stat } from 'node:fs/promises'
import type { Command } from 'commander'
import { draftOf } from '../backup/writer.ts'
import { ParleyError } from '../errors.ts'
import { limits } from '../limits.ts'
import { fileNamed, locations } from '../locations.ts'
import { addCommand, type CommonOptions, homeOf, withDaemon } from './command.ts'
import { showSize } from './layout.ts'
import { Progress } from './progress.ts'
import { print, printJson, type Terminal } from './terminal.ts'

interface Options extends CommonOptions {
  readonly config?: string
}

/** Adds `backup` to `parley registry`. */
export function addRegistryBackup(registry: Command, terminal: Terminal): void {
  addCommand(
    registry,
    'backup <file>',
    'write everything that the registry keeps to a new file, while it runs or not',
    ['parley registry backup /backups/2026-05-04.backup', 'parley registry backup today.backup --home /srv/parley'],
  )
    .option('--config <file>', 'the configuration (default: parley.json in the home)')
    .addHelpText('after', `\n${apart}`)
    .action((file: string, _options: Options, command: Command) => run(terminal, file, command.optsWithGlobals()))
}

const apart =
  'The backup does not hold registry.key, without which nobody can use it: keep a copy of that file in another place.'

async function run(terminal: Terminal, given: string, options: Options): Promise<void> {
  const file = fileNamed(given)
  const home = homeOf(terminal, options)
  if (!existsSync(home)) throw new ParleyError('usage', `There is no home ${home}. Name the registry's with --home.`)
  const progress = new Progress(terminal)
  const watching = setInterval(() => void showDraft(file, progress), limits.backupProgress)
  const size = await backUp(terminal, file, options).finally(() => {
    clearInterval(watching)
    progress.end()
  })
  if (options.json) return printJson(terminal, { file, ...size })
  print(terminal, `${file}: ${size.rows} rows, ${showSize(size.bytes)}.`)
  const { registryKey } = locations(home)
  print(terminal, `Keep ${registryKey} as well, in another place: a backup opens only with its key.`)
  print(terminal, `Look whether it is good with: parley registry check ${given} --key ${registryKey}`)
}

/** The daemon writes the file: how far it is shows on the disk. */
async function showDraft(file: string, progress: Progress): Promise<void> {
  const found = await stat(draftOf(file)).catch(() => undefined)
  if (found) progress.show(`Writing ${file}: ${showSize(found.size)}`)
}

async function backUp(terminal: Terminal, file: string, options: Options): Promise<{ rows: number; bytes: number }> {
  try {
    return await withDaemon(terminal, options, client =>
      client.request('backup', { file }, { timeout: limits.longestWait }),
    )
  } catch (error) {
    if (!(error instanceof ParleyError && error.code === 'not-running')) throw error
  }
  // What opens a storage is loaded only where no daemon has it open.
  const { withRegistryStorage, idOfRegistry } = await import('./registry-storage.ts')
  return withRegistryStorage(terminal, options, async ({ storage, keeping, secretBox, config, audit }) => {
    const journal = await keeping.take(storage)
    const [sealed] = await journal.get([firstKeyRow])
    if (!sealed) throw noRegistry(homeOf(terminal, options))
    // Without its key a registry is not known by its id, but its rows are worth keeping.
    const registry = await secretBox.get(journal, firstKeyRow).then(idOfRegistry, () => undefined)
    const about = { team: config.registry.name, ...(registry !== undefined && { registry }) }
    const size = await keeping.backup(file, about)
    await audit({ what: 'backup', by: 'operator', detail: file })
    return size
  })
}

const firstKeyRow = 'registry/key'

function noRegistry(home: string): ParleyError {
  const { team } = locations(home)
  const hint = existsSync(team) ? ` The team that was started from the editor has its own: --home ${team}` : ''
  return new ParleyError('usage', `There is no registry in ${home}. Name its home with --home.${hint}`)
}
