import { runWorld } from '../checker/world.ts'
import { again, type Seeds, say, seconds } from './seeds.ts'

export interface WorldsOptions {
  readonly steps: number
  /** Worlds at a time: most of one is waiting for the wire to fall silent. */
  readonly jobs: number
}

/** Runs the checker's world of each seed, several at a time. Gives an exit code: 1 when a seed has failed. */
export async function soakWorlds({ first, last }: Seeds, { steps, jobs }: WorldsOptions): Promise<number> {
  const began = performance.now()
  const failed: number[] = []
  let next = first
  let done = 0
  let messages = 0
  const work = async () => {
    while (next <= last && failed.length < mostFailures) {
      const seed = next++
      try {
        messages += await runWorld({ seed, steps })
      } catch (error) {
        failed.push(seed)
        say(error instanceof Error ? error.message : String(error))
      }
      done++
      if (done % 50 === 0) say(`${done} of ${last - first + 1} seeds, ${messages} messages, ${seconds(began)} s`)
    }
  }
  await Promise.all(Array.from({ length: jobs }, work))
  if (failed.length === 0) {
    say(`${done} seeds clean: ${messages} messages, each there once and in order, in ${seconds(began)} s.`)
    return 0
  }
  failed.sort((a, b) => a - b)
  say(`${failed.length} of ${done} seeds failed: ${failed.join(', ')}.`)
  say(again('worlds', { first: failed[0] ?? first, last: failed[0] ?? last }))
  return 1
}

/** After so many nothing new is learnt. */
const mostFailures = 10
