/** Writes until the kernel gives no more room, then tells what was acknowledged and how the rest was refused. */
import { openSqliteStorage } from '@parley/storage-sqlite'
import { silentLog } from '../../../daemon/src/log.ts'

const storage = await openSqliteStorage({ dir: process.argv[2] ?? '', log: silentLog })
const kept: string[] = []
for (let refused = ''; refused === ''; ) {
  const key = `block/${kept.length}`
  try {
    await storage.write([{ put: key, value: Buffer.alloc(64 * 1024, 7) }])
    kept.push(key)
  } catch (error) {
    refused = error instanceof Error && 'code' in error ? `${error.code}: ${error.message}` : String(error)
    // What was acknowledged can be read although nothing can be written.
    const readable = (await storage.get(kept)).filter(value => value?.length === 64 * 1024).length
    process.stdout.write(JSON.stringify({ kept: kept.slice(0, readable), refused }))
  }
}
await storage.close()
