import { join } from 'node:path'
import { type Process, startProcess } from '../../support/processes.ts'
import { ask } from '../ask.ts'
import type { Cost } from '../gauge.ts'
import { compareRounds, type Rate } from '../measure.ts'
import { newRoles } from './cast.ts'

const ours = `${import.meta.dirname}/../ours/catch-up.ts`
const floor = `${import.meta.dirname}/../floors/catch-up.ts`

/** One was away while the other has written `count` entries: how fast those come, against checking and storing them alone. */
export async function benchCatchUp(
  stack: AsyncDisposableStack,
  folder: string,
  count: number,
  rounds: number,
): Promise<void> {
  const [writer, reader] = newRoles(2).map(role => JSON.stringify(role))
  if (writer === undefined || reader === undefined) throw new Error('there is nobody')
  const start = async <Ready>(script: string, args: string[]) =>
    stack.use(await startProcess<Ready>(script, args, { deadline: longest }))
  const home = join(folder, 'writer')
  console.error(`Writing ${count} entries …`)
  const host = await start<{ port: number }>(ours, ['host', home, writer, reader, `${count}`])
  const guest = await start(ours, ['guest', folder, reader, writer, `${host.ready.port}`, `${count}`])
  const bare = await start(floor, [join(home, 'data.db'), folder, writer])
  let longestTurn = 0
  const run = async (process: Process<unknown>, line: string, also?: Process<unknown>): Promise<Rate> => {
    await (also && ask<Cost>(also, '', longest))
    const { ms, cpu, longestTurn: turn } = await ask<Cost & { ms: number }>(process, line, longest)
    const other = also ? await ask<Cost>(also, '', longest) : { cpu: 0, longestTurn: 0 }
    if (also) longestTurn = Math.max(longestTurn, turn, other.longestTurn)
    return { perSecond: (count / ms) * 1000, p50: Number.NaN, p99: Number.NaN, cpu: ((cpu + other.cpu) / count) * 1000 }
  }
  const plan = { duration: 0, rounds }
  const hubs = () => run(guest, 'run', host)
  await compareRounds(`catch-up of ${count}, against its rows`, plan, hubs, () => run(bare, 'rows run.db'))
  await compareRounds(`catch-up of ${count}, against a table`, plan, hubs, () => run(bare, 'table run.db'))
  console.log(
    `catch-up: the event loops of both hubs were held for at most ${longestTurn.toFixed(0)} ms of processor time`,
  )
}

/** ms for one run, or for the entries to be written. */
const longest = 300_000
