import { join } from 'node:path'
import { startProcess } from '../support/processes.ts'
import type { RegistryReady } from '../support/team.ts'
import { measureBoth, printTurns } from './both.ts'
import type { Cost } from './gauge.ts'
import { compare, type Plan } from './measure.ts'

const floor = `${import.meta.dirname}/floors/direct.ts`
const hub = `${import.meta.dirname}/ours/hub.ts`

/** Direct messages per second and the time until delivered, against sign, TLS, verify and three grouped commits alone. */
export async function benchDirect(
  stack: AsyncDisposableStack,
  folder: string,
  { address }: RegistryReady,
  plan: Plan,
): Promise<void> {
  const start = async <Ready>(script: string, args: string[]) =>
    stack.use(await startProcess<Ready>(script, args, { deadline: 30_000 }))
  const bob = await start(hub, [join(folder, 'bob'), address, 'bob'])
  const alice = await start(hub, [join(folder, 'alice'), address, 'alice'])
  const receiver = await start<{ address: { port: number } }>(floor, [join(folder, 'receiver.db')])
  const sender = await start(floor, [join(folder, 'sender.db'), `${receiver.ready.address.port}`])
  const costs: Cost[] = []
  // What is measured is a hub that has run for a while: at first its code is not compiled.
  await measureBoth([alice, bob], 16, plan.duration * 4)
  for (const window of [256, 16, 1]) {
    const ours = (duration: number) => measureBoth([alice, bob], window, duration, costs)
    const bare = (duration: number) => measureBoth([sender, receiver], window, duration)
    await compare(`direct messages, ${window} in flight`, plan, ours, bare)
  }
  printTurns('direct messages, the event loops of both hubs', costs)
}
