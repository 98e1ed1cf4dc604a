import net from 'node:net'
import { ParleyError } from '../errors.ts'
import { plainAddress } from './source.ts'

/** A set of IP addresses, given one by one and as networks. */
export interface AddressSet {
  /** Takes an IP address in any form; anything else is not in the set. */
  has(address: string): boolean
}

/** The addresses of `list`: `10.0.0.1`, `10.0.0.0/8`, `2001:db8::/32`. @throws ParleyError `bad-config` */
export function readAddressSet(list: readonly string[]): AddressSet {
  const set = new net.BlockList()
  for (const text of list) add(set, text)
  return {
    has(address) {
      const plain = plainAddress(address)
      const family = net.isIP(plain)
      return family !== 0 && set.check(plain, family === 4 ? 'ipv4' : 'ipv6')
    },
  }
}

function add(set: net.BlockList, text: string): void {
  const [address = '', prefix] = text.split('/', 2)
  const family = net.isIP(address)
  const bits = prefix === undefined ? undefined : Number(prefix)
  const isWhole = bits === undefined || (/^\d{1,3}$/.test(prefix ?? '') && bits <= (family === 4 ? 32 : 128))
  if (family === 0 || address.includes('%') || !isWhole || text.split('/').length > 2) throw notOne(text)
  const type = family === 4 ? 'ipv4' : 'ipv6'
  if (bits === undefined) set.addAddress(address, type)
  else set.addSubnet(address, bits, type)
}

function notOne(text: string): ParleyError {
  const shown = JSON.stringify(text.slice(0, 80))
  return new ParleyError(
    'bad-config',
    `${shown} is neither an IP address nor a network such as 10.0.0.0/8. Write one of them.`,
  )
}
