import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { startProcess } from '../../support/processes.ts'
import type { Cost } from '../gauge.ts'
import { compareRounds, type Plan, type Rate } from '../measure.ts'
import { newRoles } from './cast.ts'

const ours = `${import.meta.dirname}/../ours/start.ts`
const floor = `${import.meta.dirname}/../floors/start.ts`

/**
 * How often a second a home with 1,000 conversations could be opened until the list and the first page are there, with
 * little history and with ten times as much, against reading the same rows. Each start is a process of its own.
 */
export async function benchStart(stack: AsyncDisposableStack, folder: string, { rounds }: Plan): Promise<void> {
  const roles = join(folder, 'roles.json')
  await writeFile(roles, JSON.stringify(newRoles(1001)))
  const run = async (script: string, args: string[], deadline = 30_000) =>
    stack.use(await startProcess<Cost & { ms: number }>(script, args, { deadline })).ready
  const measure = async (script: string, args: string[]): Promise<Rate> => {
    const { ms, cpu } = await run(script, args)
    return { perSecond: 1000 / ms, p50: ms, p99: ms, cpu: cpu * 1000 }
  }
  for (const each of [10, 100]) {
    const dir = join(folder, `start-${each}`)
    console.error(`Writing 1,000 conversations of ${each} entries …`)
    await run(ours, ['seed', dir, roles, `${each}`], 600_000)
    const serve = () => measure(ours, ['serve', dir, roles])
    const read = () => measure(floor, [join(dir, 'data.db')])
    await compareRounds(`start, 1,000 chats of ${each} entries`, { duration: 0, rounds }, serve, read)
  }
}
