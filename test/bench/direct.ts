import { join } from 'node:path'
import { type Process, startProcess } from '../support/processes.ts'
import type { RegistryReady } from '../support/team.ts'
import { printRate, type Rate } from './measure.ts'

const floor = `${import.meta.dirname}/floors/direct.ts`
const hub = `${import.meta.dirname}/ours/hub.ts`

/** Direct messages per second and the time until delivered, against sign, TLS, verify and grouped commits alone. */
export async function benchDirect(folder: string, { address }: RegistryReady, duration: number): Promise<void> {
  await using _bob = await startProcess(hub, [join(folder, 'bob'), address, 'bob'])
  await using alice = await startProcess(hub, [join(folder, 'alice'), address, 'alice'])
  for (const window of [1, 256]) {
    const ours = await answerTo(alice, `${window} ${duration}`, duration)
    await using receiver = await startProcess<{ address: { port: number } }>(floor, ['receive'])
    const { port } = receiver.ready.address
    const deadline = duration + 20_000
    await using sender = await startProcess<Rate>(floor, ['send', `${port}`, `${window}`, `${duration}`], { deadline })
    printRate(`direct messages, ${window} in flight`, ours, sender.ready)
  }
}

/** The process's next line, parsed. */
function answerTo(process: Process<unknown>, line: string, duration: number): Promise<Rate> {
  const answer = Promise.withResolvers<Rate>()
  const late = setTimeout(() => answer.reject(new Error(`no result: ${process.errors()}`)), duration + 20_000)
  process.onLine(text => answer.resolve(JSON.parse(text)))
  process.write(line)
  return answer.promise.finally(() => clearTimeout(late))
}
