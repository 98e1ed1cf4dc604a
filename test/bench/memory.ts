import { readFileSync } from 'node:fs'
import type { TLSSocket } from 'node:tls'
import { Dialer } from '../../daemon/src/net/dial.ts'
import type { Identity } from '../../daemon/src/net/identity.ts'
import type { Process } from '../support/processes.ts'
import type { RegistryReady } from '../support/team.ts'
import { bareContext, dialBare, startBareTls } from './bare-tls.ts'
import { printLine } from './measure.ts'
import { signIn } from './sign-in.ts'

/** Resident memory of the server per idle link, against bare TLS with the same certificates. Linux only. */
export async function benchMemory(
  stack: AsyncDisposableStack,
  { ready: registry, pid }: Process<RegistryReady>,
  identities: readonly Identity[],
): Promise<void> {
  const links = identities.length
  const floor = stack.use(await startBareTls())
  const dialers = identities.map(identity => new Dialer({ identity }))
  const ours = await growth(pid, links, async n => {
    const dialer = dialers[n]
    if (dialer) await signIn(registry, dialer, addressOf(n))
  })
  for (const dialer of dialers) dialer.close()
  const sockets: TLSSocket[] = []
  const bare = await growth(floor.pid, links, async n => {
    const identity = identities[n]
    if (identity) sockets.push(await dialBare(floor.ready.address.port, bareContext(identity), addressOf(n)))
  })
  for (const socket of sockets) socket.destroy()
  const words = (bytes: number) => `${(bytes / 1024).toFixed(1)} KiB`
  const ratio = `${(ours / bare).toFixed(2)} (lower is better)`
  printLine(`memory per idle link, ${links} links`, words(ours), words(bare), ratio)
}

/** Bytes by which the process grows for each of `count` links. The first hundred warm it up and do not count. */
async function growth(pid: number, count: number, open: (n: number) => Promise<void>): Promise<number> {
  const warm = 100
  await openAll(0, warm, open)
  const before = residentBytes(pid)
  await openAll(warm, count, open)
  return (residentBytes(pid) - before) / (count - warm)
}

async function openAll(from: number, to: number, open: (n: number) => Promise<void>): Promise<void> {
  let next = from
  const lane = async () => {
    while (next < to) await open(next++)
  }
  await Promise.all(Array.from({ length: 16 }, lane))
}

function residentBytes(pid: number): number {
  const found = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))
  if (!found?.[1]) throw new Error('/proc tells no memory here')
  return Number(found[1]) * 1024
}

function addressOf(n: number): string {
  return `127.0.${3 + Math.floor(n / 200)}.${1 + (n % 200)}`
}
