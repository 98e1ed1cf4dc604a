// One hub in a process of its own, over the embedded storage, driven through the hub itself: `HOME REGISTRY NAME` signs up and
// waits; each line `WINDOW MS` on stdin sends to bob with that many messages in flight and prints the rate until delivered.
import { randomBytes } from 'node:crypto'
import { mkdirSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { startHub } from '../../../daemon/src/hub/hub.ts'
import { ensureHome } from '../../../daemon/src/locations.ts'
import { silentLog } from '../../../daemon/src/log.ts'
import { toText } from '../../../daemon/src/protocol/ids.ts'
import { openSqliteStorage } from '../../../plugins/storage-sqlite/src/index.ts'
import { type Rate, rateOf } from '../measure.ts'

const [home = '', registry = '', name = ''] = process.argv.slice(2)
const locations = ensureHome(home)
const dir = locations.pluginDir('storage-sqlite')
mkdirSync(dir, { recursive: true })
const storage = await openSqliteStorage({ dir, log: silentLog })
const hub = await startHub({ storage, locations, options: { listen: ['127.0.0.1:0'] }, log: silentLog })
await hub.signUp({ registry, name, password: 'bench password' })
console.log(JSON.stringify({ name }))

for await (const line of createInterface({ input: process.stdin })) {
  const [window = 1, duration = 1000] = line.split(' ').map(Number)
  console.log(JSON.stringify(await load(window, duration)))
}
await hub.close()
await storage.close()

/** `window` messages in flight for `duration` ms, after a tenth of that as warm-up. */
function load(window: number, duration: number): Promise<Rate> {
  const done = Promise.withResolvers<Rate>()
  const begin = performance.now() + duration / 10
  const end = begin + duration
  const starts = new Map<string, number>()
  const times: number[] = []
  const send = () => {
    const message = toText(randomBytes(16))
    starts.set(message, performance.now())
    hub.send({ to: 'bob', text: 'a line of about the usual length, as people write', message }).catch(done.reject)
  }
  const stop = hub.watch(({ messages }) => {
    const now = performance.now()
    for (const { message, state } of messages?.messages ?? []) {
      const started = starts.get(message)
      if (state !== 'delivered' || started === undefined) continue
      starts.delete(message)
      if (started >= begin && now <= end) times.push(now - started)
      if (now < end) send()
    }
    if (now < end || starts.size > 0) return
    stop()
    done.resolve(rateOf(times, duration))
  })
  for (let n = 0; n < window; n++) send()
  return done.promise
}
