import net from 'node:net'
import type { HostPort } from '../protocol/addresses.ts'

/** Resolves when something takes a connection there, which is closed at once. */
export function connectTo({ host, port }: HostPort, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = net.connect({ host, port, signal })
    socket.on('error', reject)
    socket.on('connect', () => {
      socket.destroy()
      resolve()
    })
  })
}
