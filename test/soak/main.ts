/**
 * `npm run soak`: random SIGKILLs until 50 have been survived, ten for each seed, each seed with people of its own.
 *
 *     npm run soak -- --seeds 4..20 --kills 10
 *
 * Ends with 0 when nothing acknowledged was lost or doubled, with 1 at the first seed that fails, whose homes are kept,
 * and with 2 when the options make no sense.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inspect, parseArgs } from 'node:util'
import { storm } from '../support/storm.ts'
import { Trio } from '../support/trio.ts'

const options = readOptions()
if (options === undefined) {
  process.stderr.write(
    'Usage: npm run soak -- [--seeds FIRST..LAST] [--kills PER_SEED], such as --seeds 1..5 --kills 10\n',
  )
  process.exitCode = 2
} else {
  process.exitCode = await soak(options)
}

interface Options {
  readonly first: number
  readonly last: number
  readonly kills: number
}

function readOptions(): Options | undefined {
  try {
    const { values } = parseArgs({ options: { seeds: { type: 'string' }, kills: { type: 'string' } } })
    const [, first, last = first] = /^(\d{1,9})(?:\.\.(\d{1,9}))?$/.exec(values.seeds ?? '1..5') ?? []
    const kills = Number(values.kills ?? 10)
    if (first === undefined || Number(last) < Number(first) || !(Number.isInteger(kills) && kills > 0)) return undefined
    return { first: Number(first), last: Number(last), kills }
  } catch {
    return undefined
  }
}

async function soak({ first, last, kills }: Options): Promise<number> {
  for (let seed = first; seed <= last; seed++) {
    const folder = await mkdtemp(join(tmpdir(), 'parley-soak-'))
    const began = performance.now()
    try {
      await using trio = await Trio.start(folder)
      const count = await storm(trio, { seed, kills, tell: line => say(`seed ${seed}: ${line}`) })
      say(`seed ${seed}: ${count} messages, each there once and in order, ${seconds(began)} s`)
    } catch (error) {
      say(`seed ${seed} failed after ${seconds(began)} s; the homes are in ${folder}\n${inspect(error)}`)
      say(`Again: npm run soak -- --seeds ${seed}..${last} --kills ${kills}`)
      return 1
    }
    await rm(folder, { recursive: true })
  }
  say(
    `${(last - first + 1) * kills} kills survived. More: npm run soak -- --seeds ${last + 1}..${2 * last - first + 1}`,
  )
  return 0
}

function say(line: string): void {
  process.stdout.write(`${line}\n`)
}

function seconds(since: number): string {
  return ((performance.now() - since) / 1000).toFixed(1)
}
