/** What a stretch of work has cost a process, free of what else the machine did meanwhile. */
export interface Cost {
  /** Processor time of all threads, ms. */
  readonly cpu: number
  /** The longest that the event loop was held: processor time of the main thread between two of its turns, ms. */
  readonly longestTurn: number
}

/** Begins to measure; gives what ends that. Processor time, because a busy machine takes the processor away at any moment. */
export function startGauge(): () => Cost {
  const before = process.cpuUsage()
  let longest = 0
  let last = threadTime()
  const look = () => {
    const now = threadTime()
    longest = Math.max(longest, now - last)
    last = now
  }
  const timer = setInterval(look, between)
  return () => {
    look()
    clearInterval(timer)
    const { user, system } = process.cpuUsage(before)
    return { cpu: (user + system) / 1000, longestTurn: longest }
  }
}

/** ms between two looks: by so much at most a turn seems longer than it is. */
const between = 2

function threadTime(): number {
  const { user, system } = process.threadCpuUsage()
  return (user + system) / 1000
}
