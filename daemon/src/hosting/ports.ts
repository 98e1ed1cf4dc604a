import { ParleyError } from '../errors.ts'
import { formatHostPort, ports, readHostPort } from '../protocol/addresses.ts'

/** Where a hosted registry listens: TCP addresses, and the UDP one for heartbeats. */
export interface Places {
  readonly listen: readonly string[]
  readonly heartbeat: string
}

/**
 * Calls `open` with the places that are wanted, and as long as one of them is taken or does not exist, with others: first
 * any free UDP port, then any free TCP port, then both; on a machine without IPv6, the same on IPv4.
 *
 * @throws ParleyError of the first try that failed for another reason, or of the last one
 */
export async function withPlaces<T>(wanted: Places, open: (places: Places) => Promise<T>): Promise<T> {
  const { listen, heartbeat } = wanted
  const anyTcp = listen.map(address => anyPort(address, ports.registry))
  const anyUdp = anyPort(heartbeat, ports.heartbeat)
  // No invite carries the port of heartbeats: it gives way first.
  const order = [
    wanted,
    { listen, heartbeat: anyUdp },
    { listen: anyTcp, heartbeat },
    { listen: anyTcp, heartbeat: anyUdp },
  ]
  let failure: unknown
  for (const places of [...order, ...order.map(onIPv4)]) {
    try {
      return await open(places)
    } catch (error) {
      if (!(error instanceof ParleyError) || !['port-taken', 'bad-address'].includes(error.code)) throw error
      failure = error
    }
  }
  throw failure
}

function anyPort(address: string, usual: number): string {
  return formatHostPort({ ...readHostPort(address, usual), port: 0 })
}

function onIPv4({ listen, heartbeat }: Places): Places {
  const moved = (address: string) => address.replace(/^\[::\]/, '0.0.0.0')
  return { listen: listen.map(moved), heartbeat: moved(heartbeat) }
}
