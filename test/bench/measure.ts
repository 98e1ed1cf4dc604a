/** What one measurement found: how often a second, and how long each took, in ms. */
export interface Rate {
  readonly perSecond: number
  readonly p50: number
  readonly p99: number
}

/**
 * Runs `act` again and again on each of `lanes` lanes at once for `duration` ms, after a tenth of that as warm-up, and
 * counts what ended in the measured time.
 */
export async function measureRate(
  lanes: number,
  duration: number,
  act: (lane: number, turn: number) => Promise<void>,
): Promise<Rate> {
  const start = performance.now() + duration / 10
  const end = start + duration
  const times: number[] = []
  const runLane = async (lane: number) => {
    for (let turn = 0; performance.now() < end; turn++) {
      const before = performance.now()
      await act(lane, turn)
      const after = performance.now()
      if (before >= start && after <= end) times.push(after - before)
    }
  }
  await Promise.all(Array.from({ length: lanes }, (_, lane) => runLane(lane)))
  return rateOf(times, duration)
}

/** `times` in ms, gathered during `duration` ms. */
export function rateOf(times: readonly number[], duration: number): Rate {
  const sorted = [...times].sort((a, b) => a - b)
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN
  return { perSecond: (times.length / duration) * 1000, p50: at(0.5), p99: at(0.99) }
}

/** One line of the report: what, ours, the floor, and their ratio. */
export function printRate(what: string, ours: Rate, floor: Rate): void {
  const words = (rate: Rate) =>
    `${rate.perSecond.toFixed(0).padStart(8)}/s  p50 ${rate.p50.toFixed(2)} ms  p99 ${rate.p99.toFixed(2)} ms`
  console.log(
    `${what.padEnd(40)} ours ${words(ours)}   floor ${words(floor)}   ratio ${ratio(ours.perSecond, floor.perSecond)}`,
  )
}

export function ratio(ours: number, floor: number): string {
  return (ours / floor).toFixed(2)
}
