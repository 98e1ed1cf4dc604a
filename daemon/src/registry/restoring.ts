import { chmodSync, copyFileSync, existsSync, renameSync } from 'node:fs'
import type { Storage } from '@parley/kit'
import { restoreRows } from '../backup/restore.ts'
import { ParleyError } from '../errors.ts'
import { limits } from '../limits.ts'
import { ensureFolder, type Locations } from '../locations.ts'
import { formatChange, formatOf, refuseNewer } from '../plugins/format.ts'
import type { SecretBox } from '../plugins/secrets.ts'
import { AuditLog } from './audit.ts'
import { type BackupSummary, summarize } from './backup-summary.ts'
import { registryFormat } from './format.ts'
import { isOfStorage, type Keeping } from './keeping.ts'
import { type Replayed, replayAudit } from './replay.ts'

/**
 * Reads a backup before anything is changed for it: all of it must be whole, of a format that this program knows, and its
 * secrets must open.
 * @throws ParleyError `usage`, `newer-data`, `damaged-data`, `home`
 */
export async function checkBeforeRestore(file: string, key: SecretBox): Promise<BackupSummary> {
  const summary = await summarize(file, key)
  refuseNewer(summary.format, registryFormat, `The backup ${file}`)
  return summary
}

/**
 * Puts a backup into an empty storage, or into one whose restore was cut short, and does again what the audit log says must
 * not come undone. Until all of that is done the storage says that it is being restored, and no registry starts from it.
 * @throws ParleyError `usage` when the storage holds something
 */
export async function restoreInto(
  storage: Storage,
  {
    file,
    summary,
    keeping,
    audit,
    now,
    progress,
  }: {
    readonly file: string
    readonly summary: BackupSummary
    readonly keeping: Keeping
    /** The audit log to replay; one that is not there has nothing to say. */
    readonly audit: string
    readonly now: () => number
    readonly progress?: (records: number) => void
  },
): Promise<Replayed> {
  const taken = await keeping.take(storage)
  await makeEmpty(taken)
  await taken.write([formatChange('restoring')])
  await restoreRows(file, taken, progress)
  const replayed = await replayAudit(audit, taken, { since: summary.began, now })
  await taken.write([formatChange(summary.format)])
  return replayed
}

/**
 * Takes the audit log along to its new home, where it goes on, unless there is one. To be called before anything is restored:
 * a registry that is whole must never be without it, or the next restore would bring back whom it denies.
 */
export function bringAudit(where: Locations, given: string | undefined): void {
  ensureFolder(where.logs, 'folder of logs')
  if (given === undefined || !existsSync(given) || existsSync(where.auditLog)) return
  const draft = `${where.auditLog}.part`
  copyFileSync(given, draft)
  chmodSync(draft, 0o600)
  renameSync(draft, where.auditLog)
}

/** Notes the restore itself. */
export async function noteRestored(
  where: Locations,
  { file, now }: { file: string; now: () => number },
): Promise<void> {
  const audit = await AuditLog.open(where.auditLog, now)
  try {
    await audit.note({ what: 'restored', by: 'operator', detail: file })
  } finally {
    await audit.close()
  }
}

/** @throws ParleyError `usage` */
async function makeEmpty(storage: Storage): Promise<void> {
  const isCutShort = (await formatOf(storage)) === 'restoring'
  for (let after: string | undefined; ; ) {
    const range = { limit: limits.restoreChanges, ...(after === undefined ? {} : { after }) }
    const { rows, more } = await storage.list('', range)
    const keys = rows.map(([key]) => key).filter(key => !isOfStorage(key))
    if (keys.length > 0 && !isCutShort) {
      throw new ParleyError(
        'usage',
        'There is a registry in this home or storage already, and nothing is overwritten. Restore into a new home.',
      )
    }
    if (keys.length > 0) await storage.write(keys.map(remove => ({ remove })))
    after = rows.at(-1)?.[0]
    if (!more || after === undefined) return
  }
}
