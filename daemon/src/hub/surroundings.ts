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
export function ownAddresses(hosts: readonly string[]): string[] {
  const isAny = (host: string) => host === '::' || host === '0.0.0.0'
  if (!hosts.some(isAny)) return hosts.filter(host => !isAny(host)).slice(0, limits.addressesPerDevice)
  const all = Object.values(networkInterfaces()).flatMap(list => list ?? [])
  const outside = all.filter(({ internal, address }) => !internal && !address.toLowerCase().startsWith('fe80:'))
  const ipv4First = [...outside.filter(isIPv4), ...outside.filter(address => !isIPv4(address))].map(
    ({ address }) => address,
  )
  return [...new Set([...ipv4First.slice(0, limits.addressesPerDevice - 1), '127.0.0.1'])]
}

function isIPv4({ family }: { family: string }): boolean {
  return family === 'IPv4'
}

function fingerprint(): string {
  const all = Object.values(networkInterfaces()).flatMap(list => list ?? [])
  return all
    .map(({ address }) => address)
    .sort()
    .join()
}
