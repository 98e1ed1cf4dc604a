import { connect } from 'node:net'
import { ClassicClient, classicRequests } from '../support/classic-client.ts'
import { startProcess } from '../support/processes.ts'
import type { RegistryReady } from '../support/team.ts'
import { measureRate, printRate, type Rate } from './measure.ts'

const answerSize = 18
const password = 'bench-password'

/**
 * Searches per second, one at a time on each connection, against a server that answers 18 fixed bytes. The people are
 * logged in just before, so that no beat is due while it is measured.
 */
export async function benchClassic({ listen }: RegistryReady, duration: number): Promise<void> {
  await using floor = await startProcess<{ address: { port: number } }>(`${import.meta.dirname}/floors/tcp.ts`, [])
  const port = Number(listen.slice(listen.lastIndexOf(':') + 1))
  for (const connections of [1, 50]) {
    const names = Array.from({ length: connections }, (_, n) => `c${connections}x${n}`)
    for (const [n, name] of names.entries()) await logIn(port, name, addressOf(n))
    const ours = await measureSearches(port, names, duration)
    const bare = await measureSearches(floor.ready.address.port, names, duration)
    printRate(`classic searches, ${connections} connection${connections > 1 ? 's' : ''}`, ours, bare)
  }
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

async function measureSearches(port: number, names: readonly string[], duration: number): Promise<Rate> {
  const lanes = await Promise.all(
    names.map(async (name, n) => {
      const ask = await openLane(port, addressOf(n), classicRequests.search(name, name))
      return ask
    }),
  )
  try {
    return await measureRate(lanes.length, duration, lane => lanes[lane]?.ask() ?? Promise.resolve())
  } finally {
    for (const { end } of lanes) end()
  }
}

interface Lane {
  ask(): Promise<void>
  end(): void
}

/** A connection that sends the same request again and again and waits for 18 bytes each time. */
function openLane(port: number, localAddress: string, request: Uint8Array): Promise<Lane> {
  return new Promise((resolve, reject) => {
    let received = 0
    let waiting: PromiseWithResolvers<void> | undefined
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
      waiting?.resolve()
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
