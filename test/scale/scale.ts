import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { createIdentity } from '../../daemon/src/net/identity.ts'
import { registryId, userId } from '../../daemon/src/protocol/ids.ts'
import { collecting } from '../bench/memory.ts'
import { temporaryFolder } from '../support/folder.ts'
import { type Member, meet, search, setStatus, signInByKey, watch } from '../support/member.ts'
import { type Process, startProcess } from '../support/processes.ts'
import { portOf, startRegistry } from '../support/team.ts'
import { until } from '../support/wait.ts'
import { pick } from './client.ts'
import { nameOf, seedAccounts } from './seed.ts'

export interface ScalePlan {
  /** Devices that are online, and accounts in all. */
  readonly devices: number
  readonly accounts: number
  /** Processes of clients. */
  readonly processes: number
  /** ms for which presence and search are measured. */
  readonly duration: number
  /** Times that some of them leave and come back. */
  readonly cycles: number
  readonly tell: (line: string) => void
}

export interface ScaleFound {
  /** ms from a status that was said until another member was told: median, 99th of a hundred, longest. */
  readonly latency: Percentiles
  readonly search: Percentiles
  /** ms until all were back after the registry had been killed and started again. */
  readonly storm: number
  /** Requests of signed-in people that took longer than they wait, and their links that were cut, in the storm. */
  readonly cut: number
  /** The longest that a signed-in client waited for an answer in the storm, in ms. */
  readonly slowest: number
  /** Bytes of the registry's memory, garbage aside: at rest with all online, and after each time of coming and going. */
  readonly memory: readonly number[]
}

interface Percentiles {
  readonly p50: number
  readonly p99: number
  readonly longest: number
}

interface Told {
  readonly done: string
  readonly online: number
  readonly beating: number
  readonly bytes: number
  readonly failed: Readonly<Record<string, number>>
  readonly lost: number
  readonly slowest: number
}

/** File descriptors that a registry needs beside those of its links. */
const spare = 300

/** Members of this process that measure. */
const probes = 8

/** A registry with many accounts, most of whose devices are online; what it costs, how quick it is and whether it comes back. */
export async function measureScale(plan: ScalePlan): Promise<ScaleFound> {
  const { devices, accounts, processes, tell } = plan
  await using stack = new AsyncDisposableStack()
  const folder = stack.use(await temporaryFolder())
  const home = join(folder.path, 'registry')
  const links = Math.min(devices, openFiles() - spare) - probes
  const beating = Math.max(0, devices - probes - links)
  if (beating > 0) tell(`This system allows ${openFiles()} open files: ${beating} of the devices will only beat.`)
  const began = performance.now()
  const first = stack.use(await startRegistry(home))
  await first.stop()
  const { registryId: id } = first.ready
  const groups = await startClients(stack, devices - probes, beating, processes)
  const own = await Promise.all(Array.from({ length: probes }, () => createIdentity()))
  const keys = [...groups.flatMap(({ keys }) => keys), ...own.map(({ spki }) => spki)]
  await seedAccounts(home, id, keys, accounts)
  tell(`${keys.length} keys and ${accounts} accounts made in ${seconds(performance.now() - began)}.`)
  const options = { node: collecting, deadline: 120_000 }
  let registry = stack.use(await startRegistry(home, options))
  const args = ['--listen', registry.ready.listen, '--heartbeat', registry.ready.heartbeat]
  tell(`The registry is up with ${megabytes(await residentBytes(registry))}.`)
  const before = await residentBytes(registry)
  const place = { host: '127.0.0.1', port: portOf(registry.ready.listen), heartbeat: portOf(registry.ready.heartbeat) }
  const rampBegan = performance.now()
  const all = async (command: object) => Promise.all(groups.map(group => group.obey(command)))
  let alive = true
  const isKilled = () => !alive
  const watching = setInterval(async () => {
    const now = isKilled() ? undefined : sum(await all({ do: 'tell' }))
    if (!now || isKilled()) return
    tell(
      `  ${now.online} online, ${megabytes(now.bytes)} of lists read, registry ${megabytes(rss(registry))}, ${busySeconds(registry)} s busy`,
    )
  }, 10_000)
  stack.defer(() => clearInterval(watching))
  await all({ do: 'connect', place, lanes: Math.ceil(200 / processes) })
  const ramp = sum(await all({ do: 'tell' }))
  tell(`${ramp.online} devices signed in within ${seconds(performance.now() - rampBegan)} (${words(ramp.failed)}).`)
  await quiet(groups)
  tell(
    `Lists were read within ${seconds(performance.now() - rampBegan)}: ${megabytes(sum(await all({ do: 'tell' })).bytes)}.`,
  )
  const at = { host: place.host, port: place.port, registry: { id: registryId(id) } }
  const members = await Promise.all(
    own.map((identity, n) => meet(at, { name: nameOf(devices - probes + n), identity, localAddress: '127.9.9.9' })),
  )
  stack.defer(() => {
    for (const { link } of members) link.close()
  })
  for (const member of members) await signInByKey(member)
  for (const member of members) await watch(member)
  await quiet(groups)
  const memory = [await residentBytes(registry)]
  const perLink = ((memory[0] ?? 0) - before) / links
  tell(`All online: ${megabytes(memory[0] ?? 0)}, ${(perLink / 1024).toFixed(1)} KiB for each link.`)

  const churn = Promise.all(
    groups.map(group => group.obey({ do: 'churn', perSecond: 20 / processes, ms: plan.duration })),
  )
  const [latency, found] = await Promise.all([
    measureLatency(members, plan.duration),
    measureSearch(members, accounts, plan.duration),
  ])
  await churn
  tell(`Presence changes reach others in ${wordsOf(latency)}; searches take ${wordsOf(found)}.`)

  for (let cycle = 0; cycle < plan.cycles; cycle++) {
    const count = Math.ceil(links / processes / 5)
    await all({ do: 'come and go', count })
    await quiet(groups)
    memory.push(await residentBytes(registry))
    tell(`A fifth has left and come back: ${megabytes(memory.at(-1) ?? 0)}.`)
  }

  for (const { link } of members) link.close()
  const calm = sum(await all({ do: 'tell' }))
  alive = false
  await registry.kill()
  const stormBegan = performance.now()
  registry = stack.use(await startRegistry(home, { ...options, args }))
  alive = true
  tell(`Killed and started again within ${seconds(performance.now() - stormBegan)}.`)
  const up = performance.now()
  const wanted = links
  await until('everybody is back', async () => sum(await all({ do: 'tell' })).online - beating >= wanted, 600_000)
  const storm = performance.now() - up
  await quiet(groups)
  const after = sum(await all({ do: 'tell' }))
  // Each link was lost once, when the registry was killed.
  const cut = after.lost - calm.lost - wanted
  tell(`${wanted} are back after ${seconds(storm)}, their lists read after ${seconds(performance.now() - up)}.`)
  tell(
    `  attempts that failed: ${words(after.failed, calm.failed)}; cut after the sign-in: ${cut}; slowest answer ${seconds(after.slowest)}`,
  )
  alive = false
  memory.push(await residentBytes(registry))
  tell(`  memory ${megabytes(memory.at(-1) ?? 0)}`)
  return { latency, search: found, storm, cut, slowest: after.slowest, memory }
}

interface Group {
  readonly keys: readonly Uint8Array[]
  obey(command: object): Promise<Told>
}

async function startClients(
  stack: AsyncDisposableStack,
  count: number,
  beating: number,
  processes: number,
): Promise<Group[]> {
  const each = Math.ceil(count / processes)
  const starts = Array.from({ length: processes }, async (_, n): Promise<Group> => {
    const mine = Math.min(each, count - n * each)
    const dark = n === 0 ? beating : 0
    const script = `${import.meta.dirname}/clients-child.ts`
    const args = [String(n * each), String(mine), String(dark)]
    const child = stack.use(await startProcess<{ keys: string[] }>(script, args, { deadline: 300_000 }))
    const answers = new Map<string, ((told: Told) => void)[]>()
    child.onLine(line => {
      const told = JSON.parse(line) as Told
      answers.get(told.done)?.shift()?.(told)
    })
    return {
      keys: child.ready.keys.map(key => new Uint8Array(Buffer.from(key, 'base64'))),
      obey: command =>
        new Promise(resolve => {
          const name = (command as { do: string }).do
          answers.set(name, [...(answers.get(name) ?? []), resolve])
          child.write(JSON.stringify(command))
        }),
    }
  })
  return Promise.all(starts)
}

/** From the moment before a member says a status until another one has heard of it. */
async function measureLatency(members: readonly Member[], duration: number): Promise<Percentiles> {
  const [actor, listener] = members
  if (!actor || !listener) throw new Error('somebody must say and somebody hear')
  const times: number[] = []
  const end = performance.now() + duration
  for (let turn = 0; performance.now() < end; turn++) {
    const status = turn % 2 === 0 ? 'away' : 'online'
    const heard = (is: Member['events'][number]) =>
      is.case === 'onlineChange' &&
      is.value.people.some(({ user, status: now, name }) => now === status && name === actor.name && userId(user))
    listener.events.length = 0
    const began = performance.now()
    await setStatus(actor, status)
    while (!listener.events.some(heard)) {
      if (performance.now() - began > 30_000) throw new Error('a change was never told')
      await pause(1)
    }
    times.push(performance.now() - began)
    // A person's status is told at most once a second.
    await pause(1_100)
  }
  return percentilesOf(times)
}

async function measureSearch(members: readonly Member[], accounts: number, duration: number): Promise<Percentiles> {
  const member = members[2]
  if (!member) throw new Error('somebody must search')
  const times: number[] = []
  const end = performance.now() + duration
  for (let turn = 0; performance.now() < end; turn++) {
    const number = pick(`${turn}`, accounts)
    const query = ['person', String(number), `erson ${number}`.slice(0, -1), 'nobody at all'][turn % 4] ?? ''
    const began = performance.now()
    await search(member, query, 20)
    times.push(performance.now() - began)
    await pause(5)
  }
  return percentilesOf(times)
}

/** Waits until nothing large is read any more. */
async function quiet(groups: readonly Group[]): Promise<void> {
  const read = async () => sum(await Promise.all(groups.map(group => group.obey({ do: 'tell' })))).bytes
  let before = await read()
  await until(
    'all lists are read',
    async () => {
      await pause(1000)
      const now = await read()
      const isQuiet = now - before < 2_000_000
      before = now
      return isQuiet
    },
    900_000,
  )
}

async function residentBytes(registry: Process<unknown>): Promise<number> {
  const collections = () => registry.errors().split('collected').length
  const before = collections()
  process.kill(registry.pid, 'SIGUSR2')
  await until('the garbage was collected', () => collections() > before, 60_000)
  return rss(registry)
}

function rss({ pid }: Process<unknown>): number {
  const found = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))
  return Number(found?.[1] ?? 0) * 1024
}

/** Processor time of a process so far. */
function busySeconds({ pid }: Process<unknown>): string {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ') ?? []
  return ((Number(fields[11]) + Number(fields[12])) / 100).toFixed(0)
}

/** What a process that is started here may open. */
function openFiles(): number {
  return Number(execFileSync('sh', ['-c', 'ulimit -H -n']).toString()) || 1024
}

function sum(told: readonly Told[]): Told {
  const total = {
    done: 'tell',
    online: 0,
    beating: 0,
    bytes: 0,
    failed: {} as Record<string, number>,
    lost: 0,
    slowest: 0,
  }
  for (const one of told) {
    total.online += one.online
    total.beating += one.beating
    total.bytes += one.bytes
    total.lost += one.lost
    total.slowest = Math.max(total.slowest, one.slowest)
    for (const [why, count] of Object.entries(one.failed)) total.failed[why] = (total.failed[why] ?? 0) + count
  }
  return total
}

function words(failed: Readonly<Record<string, number>>, before: Readonly<Record<string, number>> = {}): string {
  const news = Object.entries(failed).map(([why, count]) => [why, count - (before[why] ?? 0)] as const)
  const some = news.filter(([, count]) => count > 0).map(([why, count]) => `${count} ${why}`)
  return some.join(', ') || 'none'
}

function percentilesOf(times: readonly number[]): Percentiles {
  const sorted = [...times].sort((a, b) => a - b)
  const at = (part: number) => sorted[Math.floor(part * (sorted.length - 1))] ?? Number.NaN
  return { p50: at(0.5), p99: at(0.99), longest: at(1) }
}

function wordsOf({ p50, p99, longest }: Percentiles): string {
  return `p50 ${p50.toFixed(0)} ms, p99 ${p99.toFixed(0)} ms, at most ${longest.toFixed(0)} ms`
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`
}

function megabytes(bytes: number): string {
  return `${(bytes / 1024 / 1024).toFixed(0)} MiB`
}
