import net from 'node:net'

/** An address as people write it: IPv4-mapped IPv6 as IPv4, without a zone. */
export function plainAddress(address: string | undefined): string {
  const text = (address ?? '').split('%', 1)[0] ?? ''
  return text.toLowerCase().startsWith('::ffff:') && net.isIPv4(text.slice(7)) ? text.slice(7) : text
}

/**
 * Who counts as one source for ceilings and throttling: an IPv4 address, or an IPv6 /64, since one customer gets at
 * least that many (RFC 6177). Takes what {@link plainAddress} gives.
 */
export function sourceOf(address: string): string {
  if (!net.isIPv6(address)) return address
  const [left = '', right] = address.split('::', 2)
  const groups = groupsOf(left)
  if (right !== undefined) {
    const tail = groupsOf(right)
    while (groups.length + tail.length < 8) groups.push('0')
    groups.push(...tail)
  }
  return `${groups
    .slice(0, 4)
    .map(group => Number.parseInt(group, 16).toString(16))
    .join(':')}::/64`
}

/** The 16-bit groups of part of an IPv6 address; a dotted IPv4 tail stands for two. */
function groupsOf(part: string): string[] {
  return part === '' ? [] : part.split(':').flatMap(group => (group.includes('.') ? ['0', '0'] : [group]))
}
