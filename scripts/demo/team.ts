import { randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import type { Process } from '../../test/support/processes.ts'
import { Person, type RegistryReady, startRegistry } from '../../test/support/team.ts'

export interface DemoTeam extends AsyncDisposable {
  readonly folder: string
  readonly registry: RegistryReady
  readonly alice: Person
  readonly bob: Person
}

const root = join(import.meta.dirname, '..', '..')
const usualFolder = join(root, '.demo')
const standard = { registry: 3131, heartbeat: 5151, peer: 5858 }

/** Starts a registry and two hubs with new homes in a demo folder, signs both people up; `tell` hears of progress. */
export async function startDemoTeam(tell: (text: string) => void): Promise<DemoTeam> {
  const folder = claimFolder()
  tell('Starting a registry and two hubs …')
  const started: AsyncDisposable[] = []
  const team = {
    folder,
    async [Symbol.asyncDispose]() {
      await Promise.all(started.toReversed().map(one => one[Symbol.asyncDispose]()))
      // The usual folder stays, to be looked at; another's would only pile up.
      rmSync(folder === usualFolder ? join(folder, 'pid') : folder, { recursive: true, force: true })
    },
  }
  try {
    const person = (name: string) =>
      new Person(name, join(folder, name), { args: ['--listen', `127.0.0.1:${standard.peer}`] })
    const alice = person('alice')
    const bob = person('bob')
    started.push(alice, bob)
    const [registry] = await Promise.all([openRegistry(join(folder, 'registry'), tell), alice.start(), bob.start()])
    started.push(registry)
    tell('Signing up alice and bob …')
    await Promise.all(
      [alice, bob].map(one => one.signUp(registry.ready.address, randomBytes(12).toString('base64url'))),
    )
    return { ...team, registry: registry.ready, alice, bob }
  } catch (error) {
    await team[Symbol.asyncDispose]()
    throw error
  }
}

/** `.demo`, emptied; a folder of its own while another demo runs there. What killed demos left goes away. */
function claimFolder(): string {
  for (const name of readdirSync(root).filter(each => /^\.demo-\d+$/.test(each))) {
    if (!isInUse(join(root, name))) rmSync(join(root, name), { recursive: true, force: true })
  }
  const folder = isInUse(usualFolder) ? `${usualFolder}-${process.pid}` : usualFolder
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { mode: 0o700 })
  writeFileSync(join(folder, 'pid'), String(process.pid))
  return folder
}

function isInUse(folder: string): boolean {
  const file = join(folder, 'pid')
  if (!existsSync(file)) return false
  try {
    return process.kill(Number(readFileSync(file, 'utf8')), 0)
  } catch {
    return false
  }
}

/** On the standard ports, or on free ones when these are taken. */
async function openRegistry(home: string, tell: (text: string) => void): Promise<Process<RegistryReady>> {
  const listen = `127.0.0.1:${standard.registry}`
  const heartbeat = `127.0.0.1:${standard.heartbeat}`
  if (await isFree(standard.registry)) {
    try {
      return await startRegistry(home, { args: ['--listen', listen, '--heartbeat', heartbeat, '--name', 'Demo'] })
    } catch (error) {
      if (!(error instanceof Error && error.message.includes(String(standard.heartbeat)))) throw error
    }
  }
  const args = ['--listen', '127.0.0.1:0', '--heartbeat', '127.0.0.1:0', '--name', 'Demo']
  const registry = await startRegistry(home, { args })
  const { listen: tcp, heartbeat: udp } = registry.ready
  tell(`The standard ports, TCP 3131 and UDP 5151, are taken: the registry is on TCP ${tcp} and UDP ${udp} instead.`)
  return registry
}

function isFree(port: number): Promise<boolean> {
  return new Promise(resolve => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)))
  })
}
