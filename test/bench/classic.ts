import { connect } from 'node:net'
import { ClassicClient, classicRequests } from '../support/classic-client.ts'
import { startProcess } from '../support/processes.ts'
import type { RegistryReady } from '../support/team.ts'
import { compare, measureRate, type Plan } from './measure.ts'

const answerSize = 18
const found = 22
const password = 'bench-password'

/**
 * Searches per second, one at a time on each connection, against a server that answers 18 fixed bytes. The people are
 * logged in just before, so that no beat is due while it is measured.
 */
export async function benchClassic(stack: AsyncDisposableStack, { listen }: RegistryReady, plan: Plan): Promise<void> {
  const floor = stack.use(await startProcess<{ address: { port: number } }>(`${import.meta.dirname}/floors/tcp.ts`, []))
  const port = Number(listen.slice(listen.lastIndexOf(':') + 1))
  for (const connections of [1, 50]) {
    const names = Array.from({ length: connections }, (_, n) => `c${connections}x${n}`)
    await logInAll(port, names)
    const lanes = await openLanes(port, names)
    const bare = await openLanes(floor.ready.address.port, names)
    const what = `classic searches, ${connections} connection${connections > 1 ? 's' : ''}`
    await compare(
      what,
      plan,
      duration => measureSearches(lanes, duration),
      duration => measureSearches(bare, duration),
    )
    for (const { end } of [...lanes, ...bare]) end()
  }
}

/** Two at a time: as many passwords as the registry hashes at once. */
async function logInAll(port: number, names: readonly string[]): Promise<void> {
  const waiting = [...names.entries()]
  const lane = async () => {
    for (let next = waiting.shift(); next; next = waiting.shift()) await logIn(port, next[1], addressOf(next[0]))
  }
  await Promise.all([lane(), lane()])
}

async function logIn(port: number, name: string, from: string): Promise<void> {
  const client = await ClassicClient.connect({ port, from })
  try {
    await client.register(name, password)
    const { code } = await client.login(name, password)
    if (code !== 21) throw new Error(`${name} could not log in: code ${code}`)
  } finally {
    client.socket.destroy()
  }
}

function openLanes(port: number, names: readonly string[]): Promise<Lane[]> {
  return Promise.all(names.map((name, n) => openLane(port, addressOf(n), classicRequests.search(name, name))))
}

function measureSearches(lanes: readonly Lane[], duration: number) {
  return measureRate(lanes.length, duration, async lane => {
    const code = await lanes[lane]?.ask()
    if (code !== found) throw new Error(`A search was answered with code ${code}.`)
  })
}

interface Lane {
  /** Resolves with the code of the answer. */
  ask(): Promise<number | undefined>
  end(): void
}

/** A connection that sends the same request again and again and waits for 18 bytes each time. */
function openLane(port: number, localAddress: string, request: Uint8Array): Promise<Lane> {
  return new Promise((resolve, reject) => {
    let received = 0
    let waiting: PromiseWithResolvers<number | undefined> | undefined
    const socket = connect({ port, host: '127.0.0.1', localAddress, noDelay: true })
    const fail = (error: Error) => {
      reject(error)
      waiting?.reject(error)
    }
    socket.on('error', fail)
    socket.on('close', () => fail(new Error('the connection was closed')))
    socket.on('data', chunk => {
      received += chunk.length
      if (received < answerSize) return
      received -= answerSize
      waiting?.resolve(chunk[1])
    })
    socket.once('connect', () =>
      resolve({
        ask() {
          waiting = Promise.withResolvers()
          socket.write(request)
          return waiting.promise
        },
        end: () => socket.destroy(),
      }),
    )
  })
}

function addressOf(n: number): string {
  return `127.0.1.${1 + n}`
}
