// `seed DIR ROLES COUNT` writes a conversation of so many entries; `pages DIR ROLES` opens the home, reads its newest page and
// pages anywhere, and prints how long each took, and how much memory the hub has then.

import { mkdirSync } from 'node:fs'
import { setImmediate } from 'node:timers/promises'
import { openSqliteStorage } from '@parley/storage-sqlite'
import { keys } from '../../../daemon/src/hub/conversations/keys.ts'
import { silentLog } from '../../../daemon/src/log.ts'
import { BenchHome } from '../conversations/bench-home.ts'
import { actorOf, type Role } from '../conversations/cast.ts'
import { seedConversation } from '../conversations/seed.ts'
import { startGauge } from '../gauge.ts'

const [mode, dir = '', roles = '', count] = process.argv.slice(2)
const [self, other] = (JSON.parse(roles) as Role[]).map(actorOf)
if (self === undefined || other === undefined) throw new Error('there is nobody')

if (mode === 'seed') {
  mkdirSync(dir, { recursive: true })
  const storage = await openSqliteStorage({ dir, log: silentLog })
  await seedConversation(storage, {
    home: self,
    other,
    author: other,
    count: Number(count),
    ids: 'ordered',
    signed: 250,
  })
  await storage.close()
  console.log(JSON.stringify({}))
} else {
  await using home = await BenchHome.open(dir, self, [self, other])
  const [chat] = home.conversations.list()
  if (chat === undefined) throw new Error('there is no conversation')
  const id = chat.conversation
  const prefix = keys.messagesOf(id)
  const edge = async (reverse: boolean) => {
    const { rows } = await home.storage.list(prefix, { limit: 1, reverse })
    return Number.parseInt((rows[0]?.[0] ?? '').slice(prefix.length, prefix.length + 12), 16)
  }
  const [begin, end] = [await edge(false), await edge(true)]
  const anywhere = async () => {
    const ms = begin + Math.floor(Math.random() * (end - begin))
    const { rows } = await home.storage.list(prefix, {
      after: `${prefix}${ms.toString(16).padStart(12, '0')}`,
      limit: 1,
    })
    return (rows[0]?.[0] ?? '').slice(prefix.length)
  }
  await home.conversations.history(id, { limit: 50 })
  const stop = startGauge()
  const newest: number[] = []
  const pages: number[] = []
  for (let turn = 0; turn < 500; turn++) {
    newest.push(await timed(() => home.conversations.history(id, { limit: 50 })))
    const before = await anywhere()
    pages.push(await timed(() => home.conversations.history(id, { before, limit: 50 })))
  }
  const { longestTurn } = stop()
  for (let turn = 0; turn < 5; turn++) globalThis.gc?.()
  const { rss, heapUsed } = process.memoryUsage()
  console.log(JSON.stringify({ count: chat.count, newest, pages, longestTurn, rss, heap: heapUsed }))
}

/**
 * ms of the fastest of three reads, each in a turn of the event loop of its own: what else the machine does takes the
 * processor away for tens of ms now and then, and seldom three times in a row.
 */
async function timed(read: () => Promise<unknown>): Promise<number> {
  let best = Number.POSITIVE_INFINITY
  for (let turn = 0; turn < 3; turn++) {
    await setImmediate()
    const before = performance.now()
    await read()
    best = Math.min(best, performance.now() - before)
  }
  return best
}
