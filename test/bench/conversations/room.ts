import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { startProcess } from '../../support/processes.ts'
import { measureBoth, printTurns } from '../both.ts'
import type { Cost } from '../gauge.ts'
import { compare, type Plan } from '../measure.ts'
import { newRoles } from './cast.ts'

const ours = `${import.meta.dirname}/../ours/room.ts`
const floor = `${import.meta.dirname}/../floors/room.ts`

/**
 * Messages in a room of 50 until the last of the others has committed them, against the same work done barely. Both have two
 * processes: one of the author, one of the 49 receivers, each of them with a link and a durable storage of its own.
 */
export async function benchRoom(stack: AsyncDisposableStack, folder: string, plan: Plan): Promise<void> {
  const dir = join(folder, 'room')
  const roles = newRoles(50)
  const start = async <Ready>(script: string, args: string[]) =>
    stack.use(await startProcess<Ready>(script, args, { deadline: longest }))
  await mkdir(join(dir, 'floor'), { recursive: true })
  const author = await start<{ port: number }>(ours, ['author', dir, JSON.stringify(roles)])
  const joined = new Promise<void>(resolve => author.onLine(line => line.includes('joined') && resolve()))
  const members = await start(ours, ['members', dir, JSON.stringify(roles), `${author.ready.port}`])
  await joined
  const others = `${roles.length - 1}`
  const receivers = await start<{ address: { port: number } }>(floor, [join(dir, 'floor'), others])
  const sender = await start(floor, [join(dir, 'floor'), others, `${receivers.ready.address.port}`])
  const costs: Cost[] = []
  await measureBoth([author, members], 16, plan.duration)
  for (const window of [64, 16, 1]) {
    const hubs = (duration: number) => measureBoth([author, members], window, duration, costs)
    const bare = (duration: number) => measureBoth([sender, receivers], window, duration)
    await compare(`room of ${roles.length}, ${window} in flight`, plan, hubs, bare)
  }
  const ofAuthor = costs.filter((_, index) => index % 2 === 0)
  printTurns('room, the event loop of the author', ofAuthor)
}

/** ms until all have joined. */
const longest = 120_000
