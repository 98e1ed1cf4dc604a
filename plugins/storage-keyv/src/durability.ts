import type { Adapter } from './adapter.ts'
import type { Calls } from './calls.ts'

/** What a store says of itself: whether it flushes each write before it answers, and may throw rows away. */
export interface Durability {
  readonly flushes: boolean
  readonly evicts: boolean
}

/**
 * Asks a Redis that the adapter has a client of; `undefined` of whatever cannot be asked: another store, a cluster or a
 * sentinel (one node's answer is not that of the next one), or a server that refuses the question.
 */
export async function askDurability(calls: Calls): Promise<Durability | undefined> {
  const client = clientOf(calls.adapter)
  if (client === undefined) return undefined
  const ask = (pattern: string) => calls.run(() => client.configGet(pattern).catch((): Record<string, string> => ({})))
  const settings = { ...(await ask('*append*')), ...(await ask('maxmemory*')) }
  if (settings.appendonly === undefined) return undefined
  const flushes =
    settings.appendonly === 'yes' && settings.appendfsync === 'always' && settings['no-appendfsync-on-rewrite'] === 'no'
  const evicts = settings.maxmemory !== '0' && settings['maxmemory-policy'] !== 'noeviction'
  return { flushes, evicts }
}

interface RedisClient {
  configGet(pattern: string): Promise<Record<string, string>>
}

function clientOf(adapter: Adapter): RedisClient | undefined {
  const client: unknown = 'client' in adapter ? adapter.client : undefined
  if (typeof client !== 'object' || client === null) return undefined
  if ('slots' in client || 'getSentinelNode' in client) return undefined
  return 'configGet' in client && typeof client.configGet === 'function' ? (client as RedisClient) : undefined
}
