import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { isIPv6 } from 'node:net'
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
  { take, log }: { take(datagram: Buffer, address: string, port: number): void; log: Log },
): Promise<HeartbeatPort> {
  const socket = createSocket({ type: isIPv6(host) ? 'udp6' : 'udp4', ipv6Only: false })
  await bind(socket, { host, port })
  socket.on('error', error => log.error({ error }, 'The heartbeat port failed'))
  socket.on('message', (datagram, from) => take(datagram, plainAddress(from.address), from.port))
  return {
    address: { host, port: socket.address().port },
    async close() {
      const closed = once(socket, 'close')
      socket.close()
      await closed
    },
  }
}

async function bind(socket: Socket, { host, port }: HostPort): Promise<void> {
  try {
    socket.bind({ address: host, port, exclusive: true })
    await once(socket, 'listening')
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
