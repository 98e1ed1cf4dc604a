import net from 'node:net'
import { create } from '@bufbuild/protobuf'
import { ParleyError } from '../errors.ts'
import { limits } from '../limits.ts'
import { isLoopback, plainAddress } from '../protocol/addresses.ts'
import { type Address, AddressSchema, type PublishAddresses } from '../protocol/parley_pb.ts'

/** Where a device may be reached: IP addresses in their usual form, the one that its link comes from first. */
export interface Published {
  readonly port: number
  readonly hosts: readonly string[]
}

/**
 * Reads what a hub publishes; `source` is where its link comes from.
 * @throws ParleyError `bad-address` for a port or an address that nobody could dial
 */
export function readPublished({ port, addresses }: PublishAddresses, source: string): Published {
  if (port < 1 || port > 65_535) throw new ParleyError('bad-address', `A port is 1 to 65535, not ${port}.`)
  if (addresses.length > limits.publishedAddresses) {
    throw new ParleyError('bad-address', `At most ${limits.publishedAddresses} addresses can be published.`)
  }
  const hosts = addresses.map(readAddress)
  // A hub that names nothing but loopback listens there alone: where its link comes from, nobody would answer.
  const isLocal = hosts.length > 0 && hosts.every(isLoopback)
  return { port, hosts: [...new Set([...(isLocal && !isLoopback(source) ? [] : [plainAddress(source)]), ...hosts])] }
}

/** What `asker` is told, at most eight: loopback addresses only if it is on the registry's own machine. */
export function addressesFor(asker: string, { port, hosts }: Published): Address[] {
  const isLocal = isLoopback(asker)
  const reachable = hosts.filter(host => isLocal || !isLoopback(host))
  return reachable.slice(0, limits.addresses).map(host => create(AddressSchema, { host, port }))
}

function readAddress(address: string): string {
  if (net.isIP(address) === 0 || address.includes('%')) {
    throw new ParleyError('bad-address', `${JSON.stringify(address.slice(0, 80))} is not an IP address.`)
  }
  const plain = plainAddress(address)
  if (nobodys.check(plain, net.isIPv6(plain) ? 'ipv6' : 'ipv4')) {
    throw new ParleyError('bad-address', `${plain} is not the address of one computer.`)
  }
  return plain
}

/** "This network", multicast, reserved and broadcast (RFC 6890, RFC 4291). */
const nobodys = new net.BlockList()
nobodys.addSubnet('0.0.0.0', 8, 'ipv4')
nobodys.addSubnet('224.0.0.0', 3, 'ipv4')
nobodys.addAddress('::', 'ipv6')
nobodys.addSubnet('ff00::', 8, 'ipv6')
