import { createConnection } from 'node:net'
import { ParleyError } from '../../errors.ts'
import { limits } from '../../limits.ts'
import { formatHostPort, type HostPort } from '../../protocol/addresses.ts'

/**
 * How a packet was taken. `closed`: the other side took the bytes and closed its end in good order. `open`: the bytes
 * are on their way and nothing broke, but it had not closed by the deadline, as a client that never closes does.
 */
export type HandedOver = 'closed' | 'open'

/**
 * Brings one packet over a connection of its own, as a classic client expects it: it reads once and drops what is
 * joined. Whatever it writes is dropped.
 * @throws ParleyError `unreachable` when it cannot be said that the bytes were taken, or the reason of `signal`
 */
export function handOver(
  packet: Uint8Array,
  to: HostPort,
  { signal, deadline = limits.classicHandOver }: { signal: AbortSignal; deadline?: number },
): Promise<HandedOver> {
  signal.throwIfAborted()
  const outcome = Promise.withResolvers<HandedOver>()
  // Half open: the other side may end first and must still get the packet.
  const socket = createConnection({ ...to, allowHalfOpen: true, noDelay: true })
  let isFinished = false
  let hasEnded = false
  const check = () => {
    if (isFinished && hasEnded) outcome.resolve('closed')
  }
  const timer = setTimeout(() => {
    if (isFinished) outcome.resolve('open')
    else outcome.reject(unreachable(to, 'does not answer'))
  }, deadline)
  const stop = () => outcome.reject(signal.reason)
  signal.addEventListener('abort', stop, { once: true })
  socket.on('connect', () => socket.end(packet))
  socket.on('finish', () => {
    isFinished = true
    check()
  })
  socket.on('end', () => {
    hasEnded = true
    check()
  })
  socket.on('error', error => outcome.reject(unreachable(to, wordsOf(error), error)))
  socket.on('close', () => outcome.reject(unreachable(to, 'closed the connection too early')))
  socket.resume()
  return outcome.promise.finally(() => {
    clearTimeout(timer)
    signal.removeEventListener('abort', stop)
    socket.destroy()
  })
}

function unreachable(to: HostPort, what: string, cause?: unknown): ParleyError {
  return new ParleyError('unreachable', `The classic client at ${formatHostPort(to)} ${what}.`, { cause })
}

function wordsOf(error: Error): string {
  const code = 'code' in error ? error.code : ''
  if (code === 'ECONNREFUSED') return 'is not there: nothing listens'
  if (code === 'EHOSTUNREACH' || code === 'ENETUNREACH') return 'cannot be reached from this network'
  return `cannot be reached (${code || error.message})`
}
