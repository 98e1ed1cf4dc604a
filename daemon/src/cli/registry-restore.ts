import { existsSync } from 'node:fs'
import type { Command } from 'commander'
import { ParleyError } from '../errors.ts'
import { fileNamed, locations } from '../locations.ts'
import { SecretBox } from '../plugins/secrets.ts'
import type { Replayed } from '../registry/replay.ts'
import { addCommand, type CommonOptions, homeHint, homeOf } from './command.ts'
import { harmlessLine } from './harmless.ts'
import { columns } from './layout.ts'
import { Progress } from './progress.ts'
import { keyOf, summaryRows } from './registry-check.ts'
import { paint, print, printJson, type Terminal } from './terminal.ts'

interface Options extends CommonOptions {
  readonly key?: string
  readonly audit?: string
  readonly config?: string
}

/** Adds `restore` to `parley registry`. */
export function addRegistryRestore(registry: Command, terminal: Terminal): void {
  addCommand(registry, 'restore <file>', 'put a backup into a new home, and do again what must not come undone since', [
    'parley registry restore today.backup --home /srv/new --key registry.key --audit old/logs/audit.log',
    'parley registry restore today.backup --home /srv/new     with registry.key and logs/audit.log there already',
  ])
    .option(
      '--key <file>',
      'the registry.key that belongs to it (default: PARLEY_REGISTRY_KEY, else the one in the home)',
    )
    .option('--audit <file>', 'the audit log of the registry that is lost (default: logs/audit.log in the home)')
    .option('--config <file>', 'the configuration (default: parley.json in the home)')
    .action((file: string, _options: Options, command: Command) => run(terminal, file, command.optsWithGlobals()))
}

async function run(terminal: Terminal, named: string, options: Options): Promise<void> {
  const file = fileNamed(named)
  const home = homeOf(terminal, options)
  const where = locations(home)
  const given = keyOf(terminal, options.key)
  const key = given ?? SecretBox.open(where.registryKey, {})
  if (!given && !existsSync(where.registryKey)) {
    throw new ParleyError(
      'usage',
      'A backup opens only with the registry.key that belongs to it. Give it with --key FILE.',
    )
  }
  const audit = options.audit === undefined ? where.auditLog : fileNamed(options.audit)
  if (options.audit !== undefined && !existsSync(audit)) {
    throw new ParleyError('usage', `There is no audit log ${audit}. Leave --audit out if it is lost.`)
  }
  const [{ bringAudit, checkBeforeRestore, noteRestored, restoreInto }, { withRegistryStorage }] = await Promise.all([
    import('../registry/restoring.ts'),
    import('./registry-storage.ts'),
  ])
  const isKnown = existsSync(audit)
  const summary = await checkBeforeRestore(file, key)
  const progress = new Progress(terminal)
  const replayed = await withRegistryStorage(terminal, options, async still => {
    key.keepIn(still.where.registryKey)
    bringAudit(still.where, options.audit === undefined ? undefined : audit)
    const { keeping, storage } = still
    const show = (records: number) => progress.show(`Restoring: ${records} rows`)
    return restoreInto(storage, { file, summary, keeping, audit, now: Date.now, progress: show })
  }).finally(() => progress.end())
  await noteRestored(where, { file, now: Date.now })
  if (options.json) return printJson(terminal, { file, ...summary, replayed })
  for (const line of columns(summaryRows(summary))) print(terminal, line)
  print(terminal)
  tellReplayed(terminal, replayed, isKnown)
  print(terminal)
  print(terminal, `Restored. Start it with: parley registry${homeHint(options)}`)
  print(terminal, 'Who signed up after the backup has no account here and signs up again.')
}

function tellReplayed(terminal: Terminal, replayed: Replayed, hasAudit: boolean): void {
  if (!hasAudit) {
    const words = 'No audit log: devices that were denied, and accounts disabled or deleted since the backup, are back.'
    print(terminal, paint(terminal, 'yellow', words))
    return
  }
  const acts: [string, readonly string[]][] = [
    ['Devices denied', replayed.denied],
    ['Accounts disabled', replayed.disabled],
    ['Accounts enabled', replayed.enabled],
    ['Accounts deleted', replayed.deleted],
    ['Roles changed', replayed.roles],
    ['Invites revoked', replayed.revoked],
  ]
  const done = acts.filter(([, names]) => names.length > 0)
  const rows = done.map(([what, names]) => [what, names.map(harmlessLine).join(', ')])
  print(
    terminal,
    done.length > 0 ? 'Done again from the audit log:' : 'Nothing had to be done again from the audit log.',
  )
  for (const line of columns(rows)) print(terminal, `  ${line}`)
  if (replayed.oldPasswords.length > 0) {
    const names = replayed.oldPasswords.map(harmlessLine).join(', ')
    const words = `The password from before the backup holds again for: ${names}. \`parley user reset NAME\` gives a code for a new one.`
    print(terminal, paint(terminal, 'yellow', words))
  }
}
