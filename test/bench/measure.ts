import { availableParallelism, loadavg } from 'node:os'

/** What one measurement found: how often a second, and how long each took, in ms. */
export interface Rate {
  readonly perSecond: number
  /** NaN of what is measured as a whole. */
  readonly p50: number
  readonly p99: number
  /** Processor time of all processes for each, in µs: what others do on the machine hardly changes it. */
  readonly cpu?: number
}

/** How long one measurement takes, in ms, and how often each is repeated. */
export interface Plan {
  readonly duration: number
  readonly rounds: number
}

type Measure = (duration: number) => Promise<Rate>

/**
 * Measures ours and the floor in turns and prints the medians. What disturbs the machine for a while disturbs both, so
 * the ratio is taken within each round, and who goes first alternates. A round before warms both up.
 */
export async function compare(what: string, { duration, rounds }: Plan, ours: Measure, floor: Measure): Promise<void> {
  await ours(duration)
  await floor(duration)
  await compareRounds(what, { duration, rounds }, ours, floor)
}

/** {@link compare} without a round before, for what takes long. */
export async function compareRounds(
  what: string,
  { duration, rounds }: Plan,
  ours: Measure,
  floor: Measure,
): Promise<void> {
  const found: { ours: Rate; floor: Rate; ratio: number }[] = []
  for (let round = 0; round < rounds; round++) {
    const first = round % 2 === 0 ? await ours(duration) : undefined
    const floorRate = await floor(duration)
    const oursRate = first ?? (await ours(duration))
    found.push({ ours: oursRate, floor: floorRate, ratio: oursRate.perSecond / floorRate.perSecond })
  }
  const cpu = found.flatMap(({ ours, floor }) => (ours.cpu && floor.cpu ? [floor.cpu / ours.cpu] : []))
  printLine(
    what,
    wordsOf(found.map(({ ours }) => ours)),
    wordsOf(found.map(({ floor }) => floor)),
    `${spreadOf(found.map(({ ratio }) => ratio))}${cpu.length > 0 ? `  of processor time ${spreadOf(cpu)}` : ''}`,
  )
}

/** The middle one, and the least and the most. */
function spreadOf(ratios: readonly number[]): string {
  const words = [Math.min(...ratios), Math.max(...ratios)].map(ratio => ratio.toFixed(2)).join(' to ')
  return `${median(ratios).toFixed(2)} (${words})`
}

/**
 * Runs `act` again and again on each of `lanes` lanes at once for `duration` ms, after {@link warmUp} of that, and
 * counts what ended in the measured time.
 */
export async function measureRate(
  lanes: number,
  duration: number,
  act: (lane: number, turn: number) => Promise<void>,
): Promise<Rate> {
  const start = performance.now() + duration * warmUp
  const end = start + duration
  const times: number[] = []
  const runLane = async (lane: number) => {
    for (let turn = 0; performance.now() < end; turn++) {
      const before = performance.now()
      await act(lane, turn)
      const after = performance.now()
      if (after >= start && after <= end) times.push(after - before)
    }
  }
  await Promise.all(Array.from({ length: lanes }, (_, lane) => runLane(lane)))
  if (times.length === 0) throw new Error(`Nothing was finished within ${duration} ms: the machine is too busy.`)
  times.sort((a, b) => a - b)
  const at = (share: number) => times[Math.min(times.length - 1, Math.floor(times.length * share))] ?? Number.NaN
  return { perSecond: (times.length / duration) * 1000, p50: at(0.5), p99: at(0.99) }
}

/** The share of a measurement's time that passes before it counts. */
export const warmUp = 0.1

/** One line of the report: what, ours, the floor, and their ratio. */
export function printLine(what: string, ours: string, floor: string, ratio: string): void {
  console.log(`${what.padEnd(34)}  ours ${ours}  floor ${floor}  ratio ${ratio}`)
}

/** Says so when the machine has other work: then only the ratios mean something, and they vary more. */
export function printLoad(): void {
  const [lastMinute = 0] = loadavg()
  const processors = availableParallelism()
  if (lastMinute < processors / 2) return
  console.log(
    `This machine is busy with other work (load ${lastMinute.toFixed(1)} on ${processors} processors): look at the ratios only.`,
  )
}

function wordsOf(rates: readonly Rate[]): string {
  const of = (key: keyof Rate) => median(rates.map(rate => rate[key] ?? Number.NaN))
  const times = Number.isNaN(of('p50')) ? '' : ` p50 ${of('p50').toFixed(2)} p99 ${of('p99').toFixed(2)} ms`
  const cpu = rates.some(rate => rate.cpu !== undefined) ? ` ${of('cpu').toFixed(0)} µs of processor` : ''
  return `${of('perSecond').toFixed(0).padStart(6)}/s${times}${cpu}`
}

/** The middle one; of an even number the lower of the two. */
function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor((values.length - 1) / 2)] ?? Number.NaN
}
