import { networkInterfaces } from 'node:os'
import { limits } from '../limits.ts'

/**
 * Tells when the machine slept or its network changed, after which links may be dead without anybody having said so.
 * Returns how to stop. No event of Node tells either: it looks every few seconds.
 */
export function watchSurroundings(
  onChange: (what: 'slept' | 'network') => void,
  options: { every?: number; now?: () => number; monotonic?: () => number } = {},
): () => void {
  const { every = limits.surroundings, now = Date.now, monotonic = () => performance.now() } = options
  let network = fingerprint()
  let wall = now()
  let steady = monotonic()
  const timer = setInterval(() => {
    const slept = hasSlept({ wall: now() - wall, steady: monotonic() - steady, every })
    const changed = fingerprint() !== network
    network = fingerprint()
    wall = now()
    steady = monotonic()
    if (slept) onChange('slept')
    else if (changed) onChange('network')
  }, every)
  timer.unref()
  return () => clearInterval(timer)
}

/**
 * Whether a sleep lies between two looks, given what passed in ms on the wall clock and on the monotonic one. The latter
 * stands still in a sleep on some systems and runs on in others; a wall clock that was set looks the same and costs
 * one redial.
 */
export function hasSlept(passed: { wall: number; steady: number; every: number }): boolean {
  const { wall, steady, every } = passed
  return Math.max(wall, steady) > every + limits.sleep
}

/** This machine's addresses that others may reach, best first: what the registry is told. */
export function ownAddresses(hosts: readonly string[], interfaces = networkInterfaces()): string[] {
  const isAny = (host: string) => host === '::' || host === '0.0.0.0'
  if (!hosts.some(isAny)) return hosts.filter(host => !isAny(host)).slice(0, limits.addressesPerDevice)
  const outside = outsideAddresses(interfaces).map(({ address }) => address)
  return [...new Set([...outside.slice(0, limits.addressesPerDevice - 1), '127.0.0.1'])]
}

/** The address by which others on the same network most likely reach this machine; undefined when it has none. */
export function bestAddress(interfaces = networkInterfaces()): string | undefined {
  return outsideAddresses(interfaces)[0]?.address
}

type Interfaces = ReturnType<typeof networkInterfaces>

/** IPv4 before IPv6, and real networks before those of virtual machines, containers and tunnels. */
function outsideAddresses(interfaces: Interfaces) {
  const all = Object.entries(interfaces).flatMap(([name, list]) => list?.map(one => ({ ...one, name })) ?? [])
  const outside = all.filter(({ internal, address }) => !internal && !isLinkLocal(address))
  const rank = ({ family, name }: { family: string; name: string }) =>
    (virtualNetwork.test(name) ? 2 : 0) + (family === 'IPv4' ? 0 : 1)
  return outside.sort((a, b) => rank(a) - rank(b))
}

/** An address that only makes sense on one cable: fe80::/10, and 169.254.0.0/16 of a machine that got none. */
function isLinkLocal(address: string): boolean {
  return /^(fe[89ab][0-9a-f]:|169\.254\.)/i.test(address)
}

/** Names that systems give to networks with nobody else in them, or to tunnels. */
const virtualNetwork =
  /^(docker|br-|veth|virbr|vmnet|vboxnet|vEthernet|lxc|lxd|cni|flannel|podman|tun|tap|utun|wg|zt|ham)/i

function fingerprint(): string {
  const all = Object.values(networkInterfaces()).flatMap(list => list ?? [])
  return all
    .map(({ address }) => address)
    .sort()
    .join()
}
