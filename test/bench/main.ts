// npm run bench: what Parley does a second beside the least that anything of its kind must do, both measured in this run.
// Absolute figures drift with the machine; the ratios are what counts. `--quick` measures for a tenth of the time.

import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { temporaryFolder } from '../support/folder.ts'
import { startRegistry } from '../support/team.ts'
import { seedAccounts } from './accounts.ts'
import { benchClassic } from './classic.ts'
import { benchDirect } from './direct.ts'
import { benchMemory } from './memory.ts'
import { benchSignIn } from './sign-in.ts'

const { values, positionals } = parseArgs({ options: { quick: { type: 'boolean' } }, allowPositionals: true })
const duration = values.quick ? 500 : 5000
const links = values.quick ? 300 : 2000
const wants = (name: string) => positionals.length === 0 || positionals.includes(name)

await using folder = await temporaryFolder()
const home = join(folder.path, 'registry')
const first = await startRegistry(home)
const { registryId } = first.ready
await first.stop()
console.error('Writing accounts …')
const identities = await seedAccounts(home, registryId, links)
{
  await using registry = await startRegistry(home)
  if (wants('classic')) await benchClassic(registry.ready, duration)
  if (wants('sign-in')) await benchSignIn(registry.ready, identities.slice(0, 400), duration)
  if (wants('direct')) await benchDirect(folder.path, registry.ready, duration)
}
if (wants('memory')) {
  // A process of its own: one that has worked has memory to spare and would hide what links take.
  await using registry = await startRegistry(home)
  await benchMemory(registry, identities)
}
