import { createSocket, type Socket } from 'node:dgram'
import dns from 'node:dns'
import { once } from 'node:events'
import { isIP, isIPv6 } from 'node:net'
import type { Log } from '@parley/kit'
import { ParleyError } from '../../errors.ts'
import { plainAddress } from '../../net/source.ts'

export interface HostPort {
  readonly host: string
  readonly port: number
}

/** The registry's UDP port for heartbeats of every kind. */
export interface HeartbeatPort {
  /** Where it listens; the port is the one that the system gave for 0. */
  readonly address: HostPort
  close(): Promise<void>
}

/** Listens on `host` and `port` (0: any free one). Throws `port-taken`, or `bad-address` for a host not of this machine. */
export async function listenHeartbeats(
  { host, port }: HostPort,
  {
    take,
    log,
  }: {
    /** `answer` sends bytes back to where the datagram came from; what the system does not take is lost. */
    take(datagram: Buffer, address: string, answer: (bytes: Uint8Array) => void): void
    log: Log
  },
): Promise<HeartbeatPort> {
  const type = isIPv6(host) ? 'udp6' : 'udp4'
  const socket = createSocket({ type, ipv6Only: false, lookup: lookUp })
  await bind(socket, { host, port })
  socket.on('error', error => log.error({ error }, 'The heartbeat port failed'))
  socket.on('message', (datagram, from) => {
    // A raw socket may send from there; an answer to it would throw, and end the process.
    if (from.port === 0) return
    take(datagram, plainAddress(from.address), bytes => socket.send(bytes, from.port, from.address, ignore))
  })
  return {
    address: { host, port: socket.address().port },
    async close() {
      const closed = once(socket, 'close')
      socket.close()
      await closed
    },
  }
}

/** An answer goes to an address, for which a turn through the system's look-up would cost more than all the rest. */
function lookUp(name: string, options: dns.LookupOneOptions, done: LookedUp): void {
  if (isIP(name) === 0) dns.lookup(name, options, done)
  else done(null, name, isIP(name))
}

type LookedUp = (error: NodeJS.ErrnoException | null, address: string, family: number) => void

/** Nobody waits for an answer, and errors of one address are no errors of the port. */
function ignore(): void {}

async function bind(socket: Socket, { host, port }: HostPort): Promise<void> {
  try {
    const listening = once(socket, 'listening')
    socket.bind({ address: host, port, exclusive: true })
    await listening
  } catch (error) {
    socket.close()
    throw bindError(error, host, port)
  }
}

function bindError(error: unknown, host: string, port: number): ParleyError {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  if (code === 'EADDRINUSE') {
    const message = `UDP port ${port} on ${host} is taken by another program. Stop that one, or choose another with --heartbeat.`
    return new ParleyError('port-taken', message, { cause: error })
  }
  if (code === 'EACCES') {
    const message = `UDP port ${port} on ${host} needs rights that this user lacks. Choose one from 1024 up with --heartbeat.`
    return new ParleyError('bad-address', message, { cause: error })
  }
  const message = `The heartbeat address ${host} is not one of this machine. Choose another with --heartbeat.`
  return new ParleyError('bad-address', message, { cause: error })
}
