import { readdirSync, rmSync, statSync } from 'node:fs'
import type { Storage } from '@parley/kit'
import { limits } from '../limits.ts'
import { ensureFolder, type Locations } from '../locations.ts'
import { version } from '../version.ts'
import { writeBackup } from './backup.ts'
import { Journal } from './journal.ts'

/**
 * Writes the backup that an upgrade leaves in the home, and removes the oldest of those beyond `limits.backupsKept`. Gives
 * the file.
 */
export async function backUpBeforeUpgrade(
  storage: Storage,
  found: number,
  { where, skips, now }: { where: Locations; skips: (key: string) => boolean; now: () => number },
): Promise<string> {
  ensureFolder(where.backups, 'folder of backups')
  const file = where.backup(`format-${found}-${stamp(now())}.backup`)
  // One of this very second, of an upgrade that was cut short before it began.
  rmSync(file, { force: true })
  const journal = storage instanceof Journal ? storage : new Journal(storage)
  await writeBackup({ journal, file, header: { format: found, program: version }, skips, now })
  prune(where)
  return file
}

/** `20260504-140312`, in UTC: names in the order of time. */
function stamp(now: number): string {
  return new Date(now).toISOString().slice(0, 19).replaceAll(/[-:]/g, '').replace('T', '-')
}

/** Only what an upgrade has written is removed: the operator's own files may lie there too. */
function prune(where: Locations): void {
  const names = readdirSync(where.backups).filter(name => /^format-\d+-\d{8}-\d{6}\.backup$/.test(name))
  const files = names.map(name => where.backup(name)).map(file => ({ file, at: statSync(file).mtimeMs }))
  const old = files.toSorted((a, b) => b.at - a.at).slice(limits.backupsKept)
  for (const { file } of old) rmSync(file, { force: true })
  for (const name of readdirSync(where.backups)) {
    if (/^format-.*\.part$/.test(name)) rmSync(where.backup(name), { force: true })
  }
}
