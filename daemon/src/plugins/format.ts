import type { Storage } from '@parley/kit'
import { ParleyError } from '../errors.ts'

/** The row that says how the other rows are to be read, whatever storage holds them. */
const row = 'format'

/** What this program writes. */
const format = 1

/**
 * Marks an empty storage with the format of this program.
 * @throws ParleyError `newer-data` when a newer program has written it, `damaged-data` when nobody has
 */
export async function checkFormat(storage: Storage): Promise<void> {
  const [found] = await storage.get([row])
  if (found === undefined) {
    // Another starter may have been first: what it wrote is checked as well.
    const changes = [
      { check: row, is: undefined },
      { put: row, value: Buffer.from(String(format)) },
    ]
    if ((await storage.write(changes)) === 'conflict') await checkFormat(storage)
    return
  }
  const text = Buffer.from(found).toString('latin1')
  if (!/^[1-9]\d{0,8}$/.test(text)) {
    throw new ParleyError('damaged-data', 'What is in storage was not written by Parley; use another one.')
  }
  if (Number(text) > format) {
    throw new ParleyError(
      'newer-data',
      `What is in storage was written by a newer Parley (format ${text}, this one knows ${format}); update Parley.`,
    )
  }
}
