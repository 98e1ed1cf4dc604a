import { join } from 'node:path'
import { startProcess } from '../../support/processes.ts'
import { newRoles } from './cast.ts'

const ours = `${import.meta.dirname}/../ours/history.ts`

/** Pages of a long conversation, and what the hub's memory has of its length: nothing. */
export async function benchHistory(
  stack: AsyncDisposableStack,
  folder: string,
  counts: readonly number[],
): Promise<void> {
  const roles = JSON.stringify(newRoles(2))
  for (const count of counts) {
    const dir = join(folder, `history-${count}`)
    console.error(`Writing ${count} entries …`)
    const before = performance.now()
    stack.use(await startProcess(ours, ['seed', dir, roles, `${count}`], { deadline: 900_000 }))
    const seconds = (performance.now() - before) / 1000
    const options = { node: ['--expose-gc'], deadline: 60_000 }
    const { ready } = stack.use(await startProcess<Pages>(ours, ['pages', dir, roles], options))
    const { newest, pages, longestTurn, rss, heap } = ready
    console.log(
      `history of ${count} entries, written in ${seconds.toFixed(0)} s: newest page ${words(newest)}, any page ${words(pages)}; event loop held for at most ${longestTurn.toFixed(0)} ms of processor time; memory ${mib(rss)}, heap ${mib(heap)}`,
    )
  }
}

interface Pages {
  readonly newest: readonly number[]
  readonly pages: readonly number[]
  readonly longestTurn: number
  readonly rss: number
  readonly heap: number
}

function words(times: readonly number[]): string {
  const sorted = times.toSorted((a, b) => a - b)
  const at = (share: number) => (sorted[Math.floor((sorted.length - 1) * share)] ?? Number.NaN).toFixed(2)
  return `p50 ${at(0.5)}, p99 ${at(0.99)} ms`
}

function mib(bytes: number): string {
  return `${(bytes / 1024 / 1024).toFixed(1)} MiB`
}
