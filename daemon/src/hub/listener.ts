import type { Log } from '@parley/kit'
import { ParleyError } from '../errors.ts'
import { limits } from '../limits.ts'
import type { Identity } from '../net/identity.ts'
import type { Link } from '../net/link.ts'
import { type ClassicGate, listenPort, type Port } from '../net/port.ts'
import { type HostPort, ports, readHostPort } from '../protocol/addresses.ts'

/**
 * Opens the port for peers. Port 5858 means that one or the first free one after it; any other means itself, 0 any free.
 *
 * @throws ParleyError `port-taken`, `bad-address`
 */
export async function listenForPeers(options: {
  readonly listen: readonly string[]
  readonly identity: Identity
  readonly take: (link: Link) => void
  /** Takes connections of classic clients. */
  readonly classic?: ClassicGate | undefined
  readonly log: Log
}): Promise<Port> {
  const { identity, take, classic, log } = options
  const others = { identity, alpn: { 'parley-peer/1': take }, ...(classic && { classic }), log }
  return walk(options.listen, listen => listenPort({ listen, ...others }))
}

/**
 * Lets a port for peers listen elsewhere: under the number that it has where it can, since others know it.
 *
 * @throws ParleyError `port-taken`, `bad-address`; it then listens as before
 */
export async function relistenForPeers(port: Port, listen: readonly string[]): Promise<void> {
  const [before] = port.addresses
  const same = listen.map(text => ({ ...readHostPort(text, ports.peer), ...(before && { port: before.port }) }))
  try {
    await withoutIPv6(listen => port.relisten(listen), same)
  } catch (error) {
    if (!(error instanceof ParleyError && error.code === 'port-taken')) throw error
    await walk(listen, places => port.relisten(places))
  }
}

/** Opens what is wanted; port 5858 is that one or the first free one after it. */
async function walk<T>(wanted: readonly string[], open: (listen: readonly HostPort[]) => Promise<T>): Promise<T> {
  const listen = wanted.map(text => readHostPort(text, ports.peer))
  const walks = listen.some(({ port }) => port === ports.peer)
  for (let step = 0; ; step++) {
    try {
      return await withoutIPv6(open, moved(listen, step))
    } catch (error) {
      const isTaken = error instanceof ParleyError && error.code === 'port-taken'
      if (!isTaken || !walks) throw error
      if (step + 1 < limits.portsTried) continue
      const last = ports.peer + limits.portsTried - 1
      throw new ParleyError(
        'port-taken',
        `All ports from ${ports.peer} to ${last} are taken. Give another: "hub": { "listen": ["[::]:0"] }.`,
      )
    }
  }
}

function moved(listen: readonly HostPort[], step: number): HostPort[] {
  return listen.map(({ host, port }) => ({ host, port: port === ports.peer ? port + step : port }))
}

/** A machine without IPv6 cannot listen on [::], which is what the default says: there it means all of IPv4. */
async function withoutIPv6<T>(
  open: (listen: readonly HostPort[]) => Promise<T>,
  listen: readonly HostPort[],
): Promise<T> {
  try {
    return await open(listen)
  } catch (error) {
    const isRefused = error instanceof ParleyError && error.code === 'bad-address'
    if (!isRefused || !listen.some(({ host }) => host === '::')) throw error
    return open(listen.map(({ host, port }) => ({ host: host === '::' ? '0.0.0.0' : host, port })))
  }
}
