// node test/bench/storage/redis.ts: writes a second through storage-keyv to a Redis that flushes each write, beside what
// its bare client does with the same rows: a MULTI for each batch, and one MULTI for all that waits.
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { openKeyvStorage } from '@parley/storage-keyv'
import { createClient } from '@redis/client'
import { silentLog } from '../../../daemon/src/log.ts'
import { temporaryFolder } from '../../support/folder.ts'
import { Redis, redisLack } from '../../support/redis.ts'
import { compare, measureRate, type Plan, printLoad, type Rate } from '../measure.ts'

const value = Buffer.alloc(300, 7)
/** Rows that all writers write over and over, so that the store keeps its size. */
const rows = 4_096

/** Prints what storage-keyv does a second; says so where there is no Redis. */
export async function benchRedis(plan: Plan): Promise<void> {
  const lack = redisLack()
  if (lack) return console.log(`storage on redis: ${lack}`)
  await using folder = await temporaryFolder()
  await using redis = await Redis.start(folder.path)
  const options = { adapter: '@keyv/redis', options: redis.url }
  const storage = await openKeyvStorage(options, { dir: folder.path, log: silentLog })
  const client = await connect(redis.url)
  try {
    for (const writers of [1, 16, 256]) {
      const measured = (write: (key: string) => Promise<unknown>) => async (duration: number) => {
        const act = (lane: number, turn: number) => write(`row/${(lane * 31 + turn) % rows}`).then(() => {})
        return measureRate(writers, duration, act)
      }
      const delay = monitorEventLoopDelay({ resolution: 1 })
      const through = measured(key => storage.write([{ put: key, value }]))
      const ours = async (duration: number): Promise<Rate> => {
        delay.enable()
        const rate = await through(duration)
        delay.disable()
        return rate
      }
      const each = measured(key => client.multi().set(`bare/${key}`, value).exec())
      const grouped = groups(client)
      await compare(`redis, ${writers} writers, MULTI each`, plan, ours, each)
      await compare(`redis, ${writers} writers, grouped`, plan, ours, measured(grouped))
      const p99 = (delay.percentile(99) / 1e6).toFixed(2)
      console.log(`  the event loop was late by ${p99} ms at the 99th percentile, a look each 1 ms included`)
    }
  } finally {
    await client.close()
    await storage.close()
  }
}

const connect = (url: string) => createClient({ url }).connect()

interface Group {
  readonly keys: string[]
  readonly done: Promise<unknown>
}

/** The least that a storage must do: one MULTI at a time, with everything that came meanwhile. */
function groups(client: Awaited<ReturnType<typeof connect>>): (key: string) => Promise<unknown> {
  let current: Promise<unknown> = Promise.resolve()
  let next: Group | undefined
  return key => {
    if (next === undefined) {
      const group: Group = {
        keys: [],
        done: current.then(() => {
          next = undefined
          const multi = client.multi()
          for (const each of group.keys) multi.set(`bare/${each}`, value)
          return multi.exec()
        }),
      }
      next = group
      current = group.done
    }
    next.keys.push(key)
    return next.done
  }
}

if (import.meta.main) {
  printLoad()
  await benchRedis(process.argv.includes('--quick') ? { duration: 400, rounds: 3 } : { duration: 1000, rounds: 5 })
}
