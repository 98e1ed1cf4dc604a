import { setTimeout as pause } from 'node:timers/promises'
import { Checker, isGone } from './checker.ts'
import { Random } from './random.ts'
import type { Person } from './team.ts'
import type { Trio, Who } from './trio.ts'
import { until } from './wait.ts'

export interface StormOptions {
  /** Decides who is killed and after how long; the rest is up to the machine. */
  readonly seed: number
  readonly kills: number
  /** Told of each kill. */
  readonly tell?: (line: string) => void
}

/**
 * Alice and bob write to each other without pause while one or two of registry, alice and bob at a time are killed and
 * started again. Rejects unless all that was acknowledged is there, once, in order. Gives the number of messages.
 */
export async function storm(trio: Trio, { seed, kills, tell = () => {} }: StormOptions): Promise<number> {
  const random = new Random(seed)
  const checker = await Checker.begin(trio.alice, trio.bob)
  const over = new AbortController()
  const talks = [trio.alice, trio.bob].map(person => talk(person, checker, new Random(random.below(2 ** 32)), over))
  const talking = Promise.all(talks)
  talking.catch(() => {}) // awaited below
  try {
    for (let kill = 1; kill <= kills && !over.signal.aborted; ) {
      await pause(20 + random.below(500))
      const victims = victimsOf(random).slice(0, kills - kill + 1)
      await Promise.all(victims.map(who => trio.kill(who)))
      tell(`kill ${kill} of ${kills}: ${victims.join(' and ')}, after ${checker.count} messages`)
      kill += victims.length
      for (const who of victims) if (who !== 'registry') await checker.checkDisk(trio[who])
      for (const who of victims) {
        await trio.start(who)
        if (who !== 'registry') await checker.watch(trio[who])
      }
    }
  } finally {
    over.abort()
    await talking
  }
  await checker.settle()
  for (const person of [trio.alice, trio.bob]) {
    await until(`${person.name} is online again`, () => isOnline(person), 30_000)
  }
  return checker.count
}

/** Every fourth time two at once. */
function victimsOf(random: Random): readonly Who[] {
  const first = random.pick<Who>(['registry', 'alice', 'bob'])
  const second = random.pick<Who>(['registry', 'alice', 'bob'])
  return random.below(4) > 0 || first === second ? [first] : [first, second]
}

/** Sends in bursts until it is over; an unexpected refusal ends the storm. */
async function talk(person: Person, checker: Checker, random: Random, over: AbortController): Promise<void> {
  try {
    while (!over.signal.aborted) {
      await checker.say(person, 1 + random.below(8)).catch(error => {
        if (!isGone(error)) throw error
      })
      await pause(5 + random.below(40))
    }
  } finally {
    over.abort()
  }
}

async function isOnline(person: Person): Promise<boolean> {
  const { hub } = await person.client.request('status', {})
  return hub?.accounts[0]?.state === 'online'
}
