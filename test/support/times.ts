import type { Person } from './team.ts'

/** How long each request of `person` to the registry takes, in ms, one after the other until `isOver`. */
export async function requestTimes(person: Person, isOver: () => boolean): Promise<number[]> {
  const times: number[] = []
  while (!isOver() || times.length < 200) {
    const before = performance.now()
    await person.client.request('who', { query: 'al' })
    times.push(performance.now() - before)
    await new Promise(resolve => setTimeout(resolve, 2)) // a person asks now and then; the machine is not theirs alone
  }
  return times
}

/** The 99th percentile. */
export function p99(times: readonly number[]): number {
  return times.toSorted((a, b) => a - b)[Math.floor(times.length * 0.99)] ?? Number.NaN
}
