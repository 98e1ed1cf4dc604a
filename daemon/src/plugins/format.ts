import { existsSync } from 'node:fs'
import type { Change, Storage } from '@parley/kit'
import { ParleyError } from '../errors.ts'

/** The row that says how the other rows are to be read, whatever storage holds them. */
export const formatRow = 'format'

/** The row of an upgrade that is under way: the file of the backup that was written before it. */
export const migratingRow = 'migrating'

/** What the row says while a backup is being restored. */
const restoring = 'restoring'

/** How a program reads and writes its rows, and how it comes to that from older ones. */
export interface DataFormat {
  /** Raised when an older program would misread what this one writes. */
  readonly number: number
  readonly migrations: readonly Migration[]
}

/** Turns the rows of one format into those of the next. */
export interface Migration {
  readonly from: number
  /** Run again from its beginning when it was cut short, so it must not mind what it has already done. */
  run(storage: Storage): Promise<void>
}

/** What hubs write. */
export const hubFormat: DataFormat = { number: 1, migrations: [] }

/**
 * Marks an empty storage with the format of this program, and brings an older one up to it: first a backup, then one
 * migration after the other, each noted in the batch that ends it. Whenever that is cut short, the next start goes on.
 *
 * @param backUp writes a backup of what has format `found`, and gives the file
 * @throws ParleyError `newer-data` when a newer program has written it, `damaged-data` when nobody has, or when a restore
 *   was cut short
 */
export async function bringToFormat(
  storage: Storage,
  format: DataFormat,
  backUp: (found: number) => Promise<string>,
): Promise<void> {
  const found = await markedFormat(storage, format)
  if (found < format.number) await migrate(storage, found, format, backUp)
}

/** What a storage says of its format: a number, or nothing. @throws ParleyError `damaged-data` */
export async function formatOf(storage: Storage): Promise<number | 'restoring' | undefined> {
  const [found] = await storage.get([formatRow])
  if (found === undefined) return undefined
  const text = Buffer.from(found).toString('latin1')
  if (text === restoring) return restoring
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text)
  throw new ParleyError('damaged-data', 'What is in storage was not written by Parley; use another one.')
}

/** The change that says what rows a storage holds from now on. */
export function formatChange(format: number | 'restoring'): Change {
  return { put: formatRow, value: Buffer.from(String(format)) }
}

/** @throws ParleyError `newer-data` */
export function refuseNewer(found: number, format: DataFormat, what: string): void {
  if (found <= format.number) return
  throw new ParleyError(
    'newer-data',
    `${what} was written by a newer Parley (format ${found}, this one knows ${format.number}); update Parley.`,
  )
}

async function markedFormat(storage: Storage, format: DataFormat): Promise<number> {
  const found = await formatOf(storage)
  if (found === undefined) {
    // Another starter may have been first: what it wrote is checked as well.
    const changes = [{ check: formatRow, is: undefined }, formatChange(format.number)]
    return (await storage.write(changes)) === 'conflict' ? markedFormat(storage, format) : format.number
  }
  if (found === restoring) {
    throw new ParleyError(
      'damaged-data',
      'A restore into this storage was cut short. Run `parley registry restore` again: it starts over.',
    )
  }
  refuseNewer(found, format, 'What is in storage')
  return found
}

async function migrate(
  storage: Storage,
  found: number,
  { number, migrations }: DataFormat,
  backUp: (found: number) => Promise<string>,
): Promise<void> {
  const [noted] = await storage.get([migratingRow])
  // A backup of what a migration has half done is no way back: the one from before stays the one.
  if (noted === undefined || !existsSync(Buffer.from(noted).toString())) {
    const file = await backUp(found)
    await storage.write([{ put: migratingRow, value: Buffer.from(file) }])
  }
  for (let from = found; from < number; from++) {
    const migration = migrations.find(one => one.from === from)
    if (!migration) throw new ParleyError('internal', `Nothing brings data of format ${from} to ${from + 1}.`)
    await migration.run(storage)
    const over: Change[] = from + 1 === number ? [{ remove: migratingRow }] : []
    await storage.write([formatChange(from + 1), ...over])
  }
}
