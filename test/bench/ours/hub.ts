// One hub in a process of its own, over the embedded storage, driven through the hub itself: `HOME REGISTRY NAME` signs up and
// waits; each line `WINDOW MS` on stdin sends to bob with that many messages in flight and prints the rate until delivered,
// each line `cost` what it has cost since the last one.
import { randomBytes } from 'node:crypto'
import { mkdirSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { startHub } from '../../../daemon/src/hub/hub.ts'
import { ensureHome } from '../../../daemon/src/locations.ts'
import { silentLog } from '../../../daemon/src/log.ts'
import { toText } from '../../../daemon/src/protocol/ids.ts'
import { openSqliteStorage } from '../../../plugins/storage-sqlite/src/index.ts'
import { startGauge } from '../gauge.ts'
import { measureRate } from '../measure.ts'

const [home = '', registry = '', name = ''] = process.argv.slice(2)
const locations = ensureHome(home)
const dir = locations.pluginDir('storage-sqlite')
mkdirSync(dir, { recursive: true })
const storage = await openSqliteStorage({ dir, log: silentLog })
const hub = await startHub({ storage, locations, options: { listen: ['127.0.0.1:0'] }, log: silentLog })
await hub.signUp({ registry, name, password: 'bench password' })
console.log(JSON.stringify({ name }))

process.on('SIGTERM', () => {}) // stdin ends as well, which ends the loop below, so that all is closed
const delivered = new Map<string, () => void>()
hub.watch(({ messages }) => {
  for (const { message, state } of messages?.messages ?? []) {
    if (state !== 'delivered') continue
    delivered.get(message)?.()
    delivered.delete(message)
  }
})

let stop = startGauge()
for await (const line of createInterface({ input: process.stdin })) {
  if (line === 'cost') {
    console.log(JSON.stringify(stop()))
    stop = startGauge()
    continue
  }
  const [window = 1, duration = 1000] = line.split(' ').map(Number)
  console.log(JSON.stringify(await measureRate(window, duration, deliver)))
}
await hub.close()
await storage.close()

function deliver(): Promise<void> {
  return new Promise((resolve, reject) => {
    const message = toText(randomBytes(16))
    delivered.set(message, resolve)
    hub.send({ to: 'bob', text: 'a line of about the usual length, as people write', message }).catch(reject)
  })
}
