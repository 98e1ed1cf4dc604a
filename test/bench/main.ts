// npm run bench: what Parley does a second beside the least that anything of its kind must do, both measured in this run.
// Absolute figures drift with the machine; the ratios are what counts. `--quick` measures a quarter of the time; the
// names of parts choose some of them.

import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { temporaryFolder } from '../support/folder.ts'
import { startRegistry } from '../support/team.ts'
import { seedAccounts } from './accounts.ts'
import { benchClassic } from './classic.ts'
import { benchCatchUp } from './conversations/catch-up.ts'
import { benchHistory } from './conversations/history.ts'
import { benchLinkUp } from './conversations/link-up.ts'
import { benchRoom } from './conversations/room.ts'
import { benchStart } from './conversations/start.ts'
import { benchDirect } from './direct.ts'
import { benchFiles } from './files.ts'
import { benchHeartbeats } from './heartbeat.ts'
import { type Plan, printLoad } from './measure.ts'
import { benchMemory, collecting } from './memory.ts'
import { benchRelay } from './relay.ts'
import { benchSearch } from './search.ts'
import { benchSignIn } from './sign-in.ts'

/** Parts that run only when they are named: each takes a minute or some. */
const named = ['search', 'room', 'catch-up', 'start', 'history', 'link-up']
/** All of it must be done in this many ms; a million messages take some minutes to write and index. */
const longest = named.some(name => process.argv.includes(name)) ? 1_800_000 : 240_000

const { values, positionals } = parseArgs({ options: { quick: { type: 'boolean' } }, allowPositionals: true })
const plan: Plan = values.quick ? { duration: 400, rounds: 3 } : { duration: 1000, rounds: 5 }
const links = values.quick ? 300 : 2000
const million = values.quick ? [] : [1_000_000]
const wants = (name: string) => positionals.length === 0 || positionals.includes(name)

// Whatever ends the run, what it started is stopped and its folder goes.
const stop = new AbortController()
for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => stop.abort(new Error('interrupted')))
const timer = setTimeout(() => stop.abort(new Error(`not done within ${longest / 1000} s`)), longest)
const stopped = new Promise<never>((_, reject) => {
  stop.signal.addEventListener('abort', () => reject(stop.signal.reason))
})
const started = new AsyncDisposableStack()
try {
  await Promise.race([run(started), stopped])
} catch (error) {
  process.exitCode = 1
  console.error('The benchmarks were given up:', error)
} finally {
  clearTimeout(timer)
  await started.disposeAsync()
}
process.exit() // a measurement that was given up may still wait for something

async function run(stack: AsyncDisposableStack): Promise<void> {
  printLoad()
  const folder = stack.use(await temporaryFolder())
  if (positionals.includes('search')) await benchSearch(stack, folder.path, values.quick ? 100_000 : 1_000_000)
  if (positionals.includes('room')) await benchRoom(stack, folder.path, { ...plan, duration: plan.duration * 4 })
  if (positionals.includes('catch-up')) await benchCatchUp(stack, folder.path, values.quick ? 20_000 : 100_000, 3)
  if (positionals.includes('start')) await benchStart(stack, folder.path, plan)
  if (positionals.includes('history')) await benchHistory(stack, folder.path, [10_000, 100_000, ...million])
  if (positionals.includes('link-up')) await benchLinkUp(stack, folder.path)
  if (positionals.length > 0 && positionals.every(name => named.includes(name))) return
  const home = join(folder.path, 'registry')
  const first = stack.use(await startRegistry(home))
  await first.stop()
  console.error('Writing accounts …')
  const identities = await seedAccounts(home, first.ready.registryId, wants('memory') ? links : 200)
  const registry = stack.use(await startRegistry(home))
  if (wants('classic')) await benchClassic(stack, registry.ready, plan)
  if (wants('sign-in')) await benchSignIn(stack, registry.ready, identities.slice(0, 200), plan)
  if (wants('heartbeats')) await benchHeartbeats(stack, registry, identities, plan)
  if (wants('direct')) await benchDirect(stack, folder.path, registry.ready, plan)
  if (wants('files')) await benchFiles(stack, folder.path, plan)
  if (wants('relay')) await benchRelay(stack, registry.ready, identities.slice(0, 200), plan)
  await registry.stop()
  // A process of its own: one that has worked has memory to spare and would hide what links take.
  if (wants('memory')) {
    await benchMemory(stack, stack.use(await startRegistry(home, { node: collecting })), identities)
  }
}
