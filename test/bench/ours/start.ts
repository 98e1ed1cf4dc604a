// ROLES is a file. `seed DIR ROLES EACH` fills a home with a conversation of each person with EACH entries; `serve DIR ROLES` opens it and
// prints how long it took until the list and the newest page of the first chat were there, from when the program is loaded.
import { readFileSync } from 'node:fs'
import { BenchHome } from '../conversations/bench-home.ts'
import { actorOf, type Role } from '../conversations/cast.ts'
import { seedConversation } from '../conversations/seed.ts'
import { startGauge } from '../gauge.ts'

const [mode, dir = '', roles = '', each] = process.argv.slice(2)
const [self, ...others] = (JSON.parse(readFileSync(roles, 'utf8')) as Role[]).map(actorOf)
if (self === undefined) throw new Error('there is nobody')
const actors = [self, ...others]

if (mode === 'seed') {
  await using home = await BenchHome.open(dir, self, actors)
  for (const [number, other] of others.entries()) {
    await seedConversation(home.storage, { home: self, other, author: other, count: Number(each), arrival: number + 1 })
  }
  console.log(JSON.stringify({}))
} else {
  const stop = startGauge()
  const start = performance.now()
  const home = await BenchHome.open(dir, self, actors)
  const list = home.conversations.list()
  const [first] = list
  const page = first && (await home.conversations.history(first.conversation, { limit: 50 }))
  const ms = performance.now() - start
  console.log(JSON.stringify({ ms, listed: list.length, shown: page?.messages.length ?? 0, ...stop() }))
  await home[Symbol.asyncDispose]()
}
