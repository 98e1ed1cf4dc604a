import { readFileSync } from 'node:fs'
import type { TLSSocket } from 'node:tls'
import { Dialer } from '../../daemon/src/net/dial.ts'
import type { Identity } from '../../daemon/src/net/identity.ts'
import type { Process } from '../support/processes.ts'
import type { RegistryReady } from '../support/team.ts'
import { until } from '../support/wait.ts'
import { bareContext, dialBare, startBareTls } from './bare-tls.ts'
import { printLine } from './measure.ts'
import { signIn } from './sign-in.ts'

/** Arguments for Node with which a server lets its garbage be collected: see floors/collect.ts. */
export const collecting = ['--expose-gc', '--import', `${import.meta.dirname}/floors/collect.ts`]

/** Resident memory of the server per idle link, against bare TLS with the same certificates. Linux only. */
export async function benchMemory(
  stack: AsyncDisposableStack,
  registry: Process<RegistryReady>,
  identities: readonly Identity[],
): Promise<void> {
  const links = identities.length
  const floor = stack.use(await startBareTls({ node: collecting }))
  const dialers = identities.map(identity => new Dialer({ identity }))
  const ours = await growth(registry, links, async n => {
    const dialer = dialers[n]
    if (dialer) await signIn(registry.ready, dialer, addressOf(n))
  })
  for (const dialer of dialers) dialer.close()
  const sockets: TLSSocket[] = []
  const bare = await growth(floor, links, async n => {
    const identity = identities[n]
    if (identity) sockets.push(await dialBare(floor.ready.address.port, bareContext(identity), addressOf(n)))
  })
  for (const socket of sockets) socket.destroy()
  const words = (bytes: number) => `${(bytes / 1024).toFixed(1)} KiB`
  const ratio = `${(ours / bare).toFixed(2)} (lower is better)`
  printLine(`memory per idle link, ${links} links`, words(ours), words(bare), ratio)
}

/**
 * Bytes by which the process grows for each of `count` links, garbage aside. The first hundred warm it up and do not
 * count.
 */
async function growth(server: Process<unknown>, count: number, open: (n: number) => Promise<void>): Promise<number> {
  const warm = 100
  await openAll(0, warm, open)
  const before = await residentBytes(server)
  await openAll(warm, count, open)
  return ((await residentBytes(server)) - before) / (count - warm)
}

async function openAll(from: number, to: number, open: (n: number) => Promise<void>): Promise<void> {
  let next = from
  const lane = async () => {
    while (next < to) await open(next++)
  }
  await Promise.all(Array.from({ length: 16 }, lane))
}

async function residentBytes({ pid, errors }: Process<unknown>): Promise<number> {
  const collections = () => errors().split('collected').length
  const before = collections()
  process.kill(pid, 'SIGUSR2')
  await until('the garbage was collected', () => collections() > before)
  const found = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))
  if (!found?.[1]) throw new Error('/proc tells no memory here')
  return Number(found[1]) * 1024
}

function addressOf(n: number): string {
  return `127.0.${3 + Math.floor(n / 200)}.${1 + (n % 200)}`
}
