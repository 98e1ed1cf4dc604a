// Somebody's home in a process of its own. `host DIR SELF OTHER COUNT` writes that many entries of OTHER's chat with SELF,
// listens and stays. `guest DIR SELF OTHER PORT COUNT`: for each line NAME on stdin opens the empty home DIR/NAME, links
// with OTHER and prints what it took until all entries were committed here.
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { BenchHome } from '../conversations/bench-home.ts'
import { actorOf } from '../conversations/cast.ts'
import { seedConversation } from '../conversations/seed.ts'
import { startGauge } from '../gauge.ts'

const [mode, dir = '', own = '', others = '', ...rest] = process.argv.slice(2)
const self = actorOf(JSON.parse(own))
const other = actorOf(JSON.parse(others))
process.on('SIGTERM', () => {}) // stdin ends as well
const lines = createInterface({ input: process.stdin })
if (mode === 'host') await host(Number(rest[0]))
else await guest(Number(rest[0]), Number(rest[1]))

async function host(count: number): Promise<void> {
  {
    await using empty = await BenchHome.open(dir, self, [self, other])
    await seedConversation(empty.storage, { home: self, other, author: self, count })
  }
  await using home = await BenchHome.open(dir, self, [self, other])
  console.log(JSON.stringify({ port: await home.listen() }))
  let stop = startGauge()
  for await (const _ of lines) {
    console.log(JSON.stringify(stop()))
    stop = startGauge()
  }
}

async function guest(port: number, count: number): Promise<void> {
  console.log(JSON.stringify({}))
  for await (const name of lines) {
    const place = join(dir, name)
    {
      await using home = await BenchHome.open(place, self, [self, other])
      await home.identity()
      const stop = startGauge()
      const start = performance.now()
      await home.dial(other, port)
      await home.until(() => (home.conversations.list()[0]?.count ?? 0) === count)
      console.log(JSON.stringify({ ms: performance.now() - start, ...stop() }))
    }
    rmSync(place, { recursive: true, force: true })
  }
}
