import { existsSync } from 'node:fs'
import type { Command } from 'commander'
import { ParleyError } from '../errors.ts'
import { fileNamed } from '../locations.ts'
import { SecretBox } from '../plugins/secrets.ts'
import type { BackupSummary } from '../registry/backup-summary.ts'
import { addCommand, type CommonOptions } from './command.ts'
import { harmlessLine } from './harmless.ts'
import { columns } from './layout.ts'
import { paint, print, printJson, type Terminal } from './terminal.ts'

interface Options extends CommonOptions {
  readonly key?: string
}

/** Adds `check` to `parley registry`. */
export function addRegistryCheck(registry: Command, terminal: Terminal): void {
  addCommand(registry, 'check <file>', 'read a backup from end to end and say what it holds; nothing is changed', [
    'parley registry check today.backup',
    'parley registry check today.backup --key registry.key   and whether the key opens its secrets',
  ])
    .option('--key <file>', 'the registry.key that belongs to it (else PARLEY_REGISTRY_KEY, if it is set)')
    .action((file: string, _options: Options, command: Command) => run(terminal, file, command.optsWithGlobals()))
}

async function run(terminal: Terminal, given: string, options: Options): Promise<void> {
  const file = fileNamed(given)
  const { summarize } = await import('../registry/backup-summary.ts')
  const summary = await summarize(file, keyOf(terminal, options.key))
  if (options.json) return printJson(terminal, { file, ...summary })
  for (const line of columns(summaryRows(summary))) print(terminal, line)
  print(terminal)
  print(terminal, paint(terminal, 'green', 'The backup is whole.'))
  if (summary.opens) print(terminal, 'Its secrets open with this key.')
  else print(terminal, 'Whether its secrets open was not tried: give its key with --key FILE.')
}

/** The key of a backup, where one was given. */
export function keyOf(terminal: Terminal, file: string | undefined): SecretBox | undefined {
  if (file !== undefined) {
    const named = fileNamed(file)
    if (!existsSync(named))
      throw new ParleyError('usage', `There is no key file ${named}. Give the registry.key that belongs to the backup.`)
    return SecretBox.open(named, {})
  }
  const { PARLEY_REGISTRY_KEY: key, PARLEY_REGISTRY_KEY_FILE: named } = terminal.env
  return key === undefined && !named ? undefined : SecretBox.open('', terminal.env)
}

/** What a backup holds, as rows of two columns. */
export function summaryRows(summary: BackupSummary): string[][] {
  const { team, registry, began, ended, accounts, devices, invites, mail, program, format } = summary
  const held = [counted(accounts, 'account'), counted(devices, 'device'), counted(invites, 'invite')]
  return [
    ['Team', team === undefined ? 'not known' : harmlessLine(team)],
    ['Registry', registry === undefined ? 'not known' : harmlessLine(registry)],
    ['Made', `${utc(began)} to ${utc(ended)}, by Parley ${harmlessLine(program)} (format ${format})`],
    ['Holds', `${[...held, counted(mail, 'item')].join(', ')} of mail`],
  ]
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`
}

function utc(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19).replace('T', ' ')} UTC`
}
