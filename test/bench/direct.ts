import { join } from 'node:path'
import { type Process, startProcess } from '../support/processes.ts'
import type { RegistryReady } from '../support/team.ts'
import { compare, type Plan, type Rate } from './measure.ts'

const floor = `${import.meta.dirname}/floors/direct.ts`
const hub = `${import.meta.dirname}/ours/hub.ts`

/** Direct messages per second and the time until delivered, against sign, TLS, verify and grouped commits alone. */
export async function benchDirect(
  stack: AsyncDisposableStack,
  folder: string,
  { address }: RegistryReady,
  plan: Plan,
): Promise<void> {
  const start = async <Ready>(script: string, args: string[]) =>
    stack.use(await startProcess<Ready>(script, args, { deadline: 30_000 }))
  await start(hub, [join(folder, 'bob'), address, 'bob'])
  const alice = await start(hub, [join(folder, 'alice'), address, 'alice'])
  const receiver = await start<{ address: { port: number } }>(floor, [join(folder, 'receiver.db')])
  const sender = await start(floor, [join(folder, 'sender.db'), `${receiver.ready.address.port}`])
  for (const window of [1, 256]) {
    const ours = (duration: number) => answerTo(alice, window, duration)
    const bare = (duration: number) => answerTo(sender, window, duration)
    await compare(`direct messages, ${window} in flight`, plan, ours, bare)
  }
}

/** What a process answers to `WINDOW MS`: the rate until delivered, with that many messages in flight for so long. */
function answerTo(process: Process<unknown>, window: number, duration: number): Promise<Rate> {
  const answer = Promise.withResolvers<Rate>()
  const fail = () => answer.reject(new Error(`no result: ${process.errors()}`))
  const late = setTimeout(fail, duration + 20_000)
  void process.ended.then(fail)
  process.onLine(text => answer.resolve(JSON.parse(text)))
  process.write(`${window} ${duration}`)
  return answer.promise.finally(() => clearTimeout(late))
}
