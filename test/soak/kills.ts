import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inspect } from 'node:util'
import { storm } from '../support/storm.ts'
import { Trio } from '../support/trio.ts'
import { again, type Seeds, say, seconds } from './seeds.ts'

/**
 * Real processes of a registry and two people, killed at random so many times for each seed, each seed with people of
 * its own. Gives an exit code; the homes of the first seed that fails are kept.
 */
export async function soakKills({ first, last }: Seeds, kills: number): Promise<number> {
  for (let seed = first; seed <= last; seed++) {
    const folder = await mkdtemp(join(tmpdir(), 'parley-soak-'))
    const began = performance.now()
    try {
      await using trio = await Trio.start(folder)
      const count = await storm(trio, { seed, kills, tell: line => say(`seed ${seed}: ${line}`) })
      say(`seed ${seed}: ${count} messages, each there once and in order, ${seconds(began)} s`)
    } catch (error) {
      say(`seed ${seed} failed after ${seconds(began)} s; the homes are in ${folder}\n${inspect(error)}`)
      say(again('kills', { first: seed, last }, ` --kills ${kills}`))
      return 1
    }
    await rm(folder, { recursive: true })
  }
  say(`${(last - first + 1) * kills} kills survived.`)
  return 0
}
