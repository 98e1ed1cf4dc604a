/** Writes ten rows, one after the other, and prints a line when each is answered. */
import { writeSync } from 'node:fs'
import { openSqliteStorage } from '@parley/storage-sqlite'
import { silentLog } from '../../../daemon/src/log.ts'

const [dir = ''] = process.argv.slice(2)
const storage = await openSqliteStorage({ dir, log: silentLog })
for (let number = 0; number < 10; number++) {
  await storage.write([{ put: `row/${number}`, value: Buffer.from('value') }])
  writeSync(1, `answered ${number}\n`)
}
await storage.close()
