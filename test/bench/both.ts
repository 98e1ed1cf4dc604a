import type { Process } from '../support/processes.ts'
import { ask } from './ask.ts'
import type { Cost } from './gauge.ts'
import { type Rate, warmUp } from './measure.ts'

/**
 * What the first of two processes measures while it sends to the other, with `window` messages in flight for `duration` ms,
 * and what each message costs both. Both answer to `WINDOW MS` and `cost`; their costs are added to `costs`.
 */
export async function measureBoth(
  both: readonly [Process<unknown>, Process<unknown>],
  window: number,
  duration: number,
  costs: Cost[] = [],
): Promise<Rate> {
  const wait = duration + 60_000
  const costOf = () => Promise.all(both.map(each => ask<Cost>(each, 'cost', wait)))
  await costOf()
  const rate = await ask<Rate>(both[0], `${window} ${duration}`, wait)
  const found = await costOf()
  costs.push(...found)
  const cpu = found.reduce((sum, each) => sum + each.cpu, 0)
  // What is sent while it warms up costs as well.
  return { ...rate, cpu: (cpu * 1000) / (rate.perSecond * (duration / 1000) * (1 + warmUp)) }
}

/** How long the event loops were held. */
export function printTurns(what: string, costs: readonly Cost[]): void {
  const longest = Math.max(...costs.map(({ longestTurn }) => longestTurn))
  console.log(`${what}: held for at most ${longest.toFixed(0)} ms of processor time`)
}
