import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { create } from '@bufbuild/protobuf'
import { Dialer } from '../../daemon/src/net/dial.ts'
import type { Identity } from '../../daemon/src/net/identity.ts'
import { beatExporter, beatKey, encodeBeat } from '../../daemon/src/protocol/heartbeat.ts'
import { fromText } from '../../daemon/src/protocol/ids.ts'
import { RegistryHelloSchema, SignInSchema } from '../../daemon/src/protocol/parley_pb.ts'
import { type Process, startProcess } from '../support/processes.ts'
import { portOf, type RegistryReady } from '../support/team.ts'
import { compare, type Plan, printLine, type Rate } from './measure.ts'

/** Devices that beat at once, and beats of each that wait for their answer. */
const devices = 16
const ahead = 8

/**
 * Heartbeats answered a second, and processor time for each, against a bare UDP server that sends datagrams back as they
 * came. Both get the same datagrams, made before.
 */
export async function benchHeartbeats(
  stack: AsyncDisposableStack,
  registry: Process<RegistryReady>,
  identities: readonly Identity[],
  plan: Plan,
): Promise<void> {
  const floor = stack.use(await startProcess<{ address: { port: number } }>(`${import.meta.dirname}/floors/udp.ts`, []))
  const hearts = await Promise.all(identities.slice(0, devices).map(identity => heartOf(registry.ready, identity)))
  const cost = { ours: 0, floor: 0, oursCount: 0, floorCount: 0 }
  const ours = async (duration: number) => {
    const before = busyMs(registry.pid)
    const { rate, count } = await flood(hearts, portOf(registry.ready.heartbeat), duration)
    cost.ours += busyMs(registry.pid) - before
    cost.oursCount += count
    return rate
  }
  const bare = async (duration: number) => {
    const before = busyMs(floor.pid)
    const { rate, count } = await flood(hearts, floor.ready.address.port, duration)
    cost.floor += busyMs(floor.pid) - before
    cost.floorCount += count
    return rate
  }
  await compare('heartbeats', plan, ours, bare)
  const each = { ours: (1000 * cost.ours) / cost.oursCount, floor: (1000 * cost.floor) / cost.floorCount }
  const words = (micros: number) => `${micros.toFixed(1)} µs`
  printLine('processor time per heartbeat', words(each.ours), words(each.floor), (each.floor / each.ours).toFixed(2))
  for (const { dialer } of hearts) dialer.close()
}

interface Heart {
  readonly dialer: Dialer
  next(): Uint8Array
}

async function heartOf({ listen, registryId }: RegistryReady, identity: Identity): Promise<Heart> {
  const dialer = new Dialer({ identity })
  const [host = '', port] = listen.split(/:(?=\d+$)/)
  const expect = fromText(registryId)
  const link = await dialer.dial({ host, port: Number(port), alpn: 'parley-registry/1', expect })
  await link.request({ case: 'registryHello', value: create(RegistryHelloSchema, { versions: [1] }) })
  link.established()
  const reply = await link.request({ case: 'signIn', value: create(SignInSchema) })
  if (reply.case !== 'signedIn') throw new Error(`${reply.case} instead of signedIn`)
  const { session } = reply.value
  const key = beatKey(link.exportKeyingMaterial(beatExporter.length, beatExporter.label))
  let counter = 0
  const made: Uint8Array[] = []
  const make = () => encodeBeat({ session, counter: ++counter, status: 'online' }, key)
  return {
    dialer,
    next() {
      if (made.length === 0) for (let count = 0; count < 4096; count++) made.unshift(make())
      return made.pop() ?? make()
    },
  }
}

/** Keeps `ahead` datagrams of each device under way for `duration` ms, and counts what comes back. */
async function flood(hearts: readonly Heart[], port: number, duration: number): Promise<{ rate: Rate; count: number }> {
  const times: number[] = []
  const end = performance.now() + duration
  const lanes = hearts.map(async heart => {
    const socket = createSocket('udp4')
    socket.connect(port, '127.0.0.1')
    await once(socket, 'connect')
    const sent: number[] = []
    const over = Promise.withResolvers<void>()
    const send = () => {
      sent.push(performance.now())
      socket.send(heart.next(), () => {})
    }
    socket.on('message', () => {
      const now = performance.now()
      times.push(now - (sent.shift() ?? now))
      if (now < end) send()
      else if (sent.length === 0) over.resolve()
    })
    for (let count = 0; count < ahead; count++) send()
    await over.promise
    socket.close()
  })
  const began = performance.now()
  await Promise.all(lanes)
  const perSecond = (1000 * times.length) / (performance.now() - began)
  times.sort((a, b) => a - b)
  const at = (part: number) => times[Math.floor(part * (times.length - 1))] ?? Number.NaN
  return { rate: { perSecond, p50: at(0.5), p99: at(0.99) }, count: times.length }
}

/** Processor time of a process so far, in ms. Linux only: in ticks of 10 ms. */
function busyMs(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ') ?? []
  return 10 * (Number(fields[11]) + Number(fields[12]))
}
