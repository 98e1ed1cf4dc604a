import { ParleyError } from '../errors.ts'
import { limits } from '../limits.ts'
import { plainAddress } from './source.ts'

/** What a PROXY header says. */
export interface ProxyHeader {
  /** Where the connection comes from; undefined: from the proxy itself, which looks whether anybody is there. */
  readonly address: string | undefined
  /** Bytes of the header, all that proxies add included: what follows is the connection's own. */
  readonly length: number
}

/**
 * Reads the header of version 2 of the PROXY protocol (haproxy.org/download/3.0/doc/proxy-protocol.txt, section 2.2) at
 * the start of `bytes`; undefined while more is needed. Only TCP over IPv4 and IPv6, and the proxy's own connections, are
 * taken; what proxies add (TLVs) is skipped unread. Every byte is judged as soon as it is there.
 *
 * @throws ParleyError `bad-frame`
 */
export function readProxyHeader(bytes: Buffer): ProxyHeader | undefined {
  const begun = Math.min(bytes.length, signature.length)
  if (bytes.compare(signature, 0, begun, 0, begun) !== 0) throw bad('It does not begin with the signature.')
  const command = bytes[12]
  if (command !== undefined && command !== local && command !== proxied) throw bad('It is of another version.')
  const family = bytes[13]
  const need = family === undefined || command === local ? 0 : sizes.get(family)
  if (need === undefined) throw bad('It is about something else than TCP.')
  if (bytes.length < fixed) return undefined
  const size = bytes.readUInt16BE(14)
  if (size < need) throw bad('It is too short for its addresses.')
  const length = fixed + size
  if (length > limits.proxyHeader) throw bad(`It is longer than ${limits.proxyHeader} bytes.`)
  if (bytes.length < length) return undefined
  return { address: command === local ? undefined : addressIn(bytes.subarray(fixed, fixed + need)), length }
}

const signature = Buffer.from('0d0a0d0a000d0a515549540a', 'hex')
const local = 0x20
const proxied = 0x21
/** Bytes before the addresses. */
const fixed = 16
/** Bytes of both addresses and ports: TCP over IPv4, TCP over IPv6. */
const sizes: ReadonlyMap<number, number> = new Map([
  [0x11, 12],
  [0x21, 36],
])

/** The source address, which comes first, in the form that sockets give. */
function addressIn(addresses: Buffer): string {
  if (addresses.length === 12) return addresses.subarray(0, 4).join('.')
  const groups = Array.from({ length: 8 }, (_, at) => addresses.readUInt16BE(2 * at))
  if (groups.slice(0, 5).every(group => group === 0) && groups[5] === 0xffff) {
    return addresses.subarray(12, 16).join('.')
  }
  return plainAddress(compressed(groups))
}

/** As RFC 5952 writes it: the longest run of zero groups, of two at least, is left out. */
function compressed(groups: readonly number[]): string {
  const text = new URL(`http://[${groups.map(group => group.toString(16)).join(':')}]/`).hostname
  return text.slice(1, -1)
}

function bad(why: string): ParleyError {
  return new ParleyError('bad-frame', `A trusted proxy sent no PROXY header of version 2. ${why}`)
}
