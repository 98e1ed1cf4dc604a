import { lookup } from 'node:dns/promises'
import { isIP } from 'node:net'
import { ParleyError } from '../../errors.ts'
import { limits } from '../../limits.ts'
import { plainAddress } from '../../net/source.ts'
import { isLoopback, ports, readHostPort } from '../../protocol/addresses.ts'
import { isClaimable } from '../../protocol/classic-names.ts'
import type { ClassicMode } from '../../protocol/control.ts'

/** A classic client as a person names it. */
export interface ClassicTarget {
  /** As it is expected to call itself; empty: not known. */
  readonly name: string
  /** IP address. */
  readonly address: string
  readonly port: number
}

/** Whether a person means a classic client: `classic:[NAME@]HOST[:PORT]`. */
export function isClassicTarget(text: string): boolean {
  return text.trim().toLowerCase().startsWith(scheme)
}

/**
 * Reads `classic:[NAME@]HOST[:PORT]`; a name of a host is looked up.
 * @throws ParleyError `bad-address`, `bad-name`, `unreachable`
 */
export async function readClassicTarget(text: string): Promise<ClassicTarget> {
  const rest = text.trim().slice(scheme.length)
  const at = rest.lastIndexOf('@')
  const name = rest.slice(0, Math.max(at, 0)).trim().normalize('NFC')
  const { host, port } = readHostPort(rest.slice(at + 1), ports.peer)
  if (port === 0) throw new ParleyError('bad-address', 'Port 0 cannot be reached. Give a port from 1 to 65535.')
  if (name !== '' && !isClaimable(name)) {
    throw new ParleyError(
      'bad-name',
      `${JSON.stringify(name.slice(0, 40))} cannot be the name of a classic client: it has at most 10 bytes.`,
    )
  }
  return { name, address: isIP(host) ? plainAddress(host) : await addressOf(host), port }
}

/** Whether a hub with that setting talks to classic clients at an IP address. */
export function isAllowed(mode: ClassicMode, address: string): boolean {
  if (mode === 'loopback') return isLoopback(address)
  return mode === 'on'
}

/** Why a hub does not talk to a classic client. */
export function notAllowed(mode: ClassicMode, address: string): ParleyError {
  const words =
    mode === 'off'
      ? 'This hub talks to no classic clients, as their messages cross the network unencrypted.'
      : `This hub talks to classic clients on this machine only, not at ${address}: their messages cross the network unencrypted.`
  return new ParleyError('unsupported', `${words} "hub": { "classic": "on" } in parley.json changes that.`)
}

const scheme = 'classic:'

async function addressOf(host: string): Promise<string> {
  const deadline = new Promise<never>((_, reject) => {
    AbortSignal.timeout(limits.classicHandOver).addEventListener('abort', () => reject(new Error('too slow')))
  })
  try {
    const { address } = await Promise.race([lookup(host, { family: 4 }), deadline])
    return address
  } catch (cause) {
    throw new ParleyError('unreachable', `The name ${host} was not found. Check its spelling and your network.`, {
      cause,
    })
  }
}
