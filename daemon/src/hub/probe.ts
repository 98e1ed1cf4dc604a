import type { Log } from '@parley/kit'
import { asParleyError, ParleyError } from '../errors.ts'
import { limits } from '../limits.ts'
import { Dialer } from '../net/dial.ts'
import { createIdentity } from '../net/identity.ts'
import type { Link } from '../net/link.ts'
import type { ProxyFor } from '../net/proxy.ts'
import { formatHostPort, formatParleyLink, type HostPort, type ParleyLink, ports } from '../protocol/addresses.ts'
import type { PersonInfo, ProbeInfo, SignUpPolicy } from '../protocol/control.ts'
import { type DeviceId, deviceId, fromText } from '../protocol/ids.ts'
import { readPasted } from '../protocol/pasted.ts'
import { waysOf } from './registry/mechanism.ts'
import { greetRegistry, registryProtocol } from './registry/open.ts'
import { harmless } from './words.ts'

const peerProtocol = 'parley-peer/1'

/**
 * What answers at a place that a person pasted. It is asked under a key made for this one question, so nobody there
 * learns who asked, and nothing is kept.
 *
 * @throws ParleyError `bad-address`, `unreachable`, `wrong-key` when the link names another registry, `too-old`
 */
export async function probe(
  text: string,
  by: {
    /** This device. */
    readonly device: DeviceId
    /** Whose device that is, if somebody's whom this hub knows. */
    readonly personOf: (device: DeviceId) => PersonInfo | undefined
    /** Which proxy leads to a registry. */
    readonly proxy?: ProxyFor
    readonly log: Log
    readonly signal: AbortSignal
    /** ms; default limits.probe. */
    readonly timeout?: number
  },
): Promise<ProbeInfo> {
  const { link: place, hasPort } = readPasted(text)
  const signal = AbortSignal.any([by.signal, AbortSignal.timeout(by.timeout ?? limits.probe)])
  const dialer = new Dialer({ identity: await createIdentity(), log: by.log, ...(by.proxy && { proxy: by.proxy }) })
  try {
    const link = await reach(dialer, place, hasPort, signal)
    const found = deviceId(link.peerId)
    if (found === by.device) throw new ParleyError('bad-address', oneself)
    if (link.alpn === registryProtocol) return await ofRegistry(link, place, signal)
    const person = by.personOf(found)
    return { is: 'peer', device: found, ...(person && { person }) }
  } catch (error) {
    throw inWords(error, place, by.signal)
  } finally {
    dialer.close()
  }
}

/** The team's usual port; where no port was given and no team is there, the usual port of a person's own Parley. */
async function reach(dialer: Dialer, place: ParleyLink, hasPort: boolean, signal: AbortSignal): Promise<Link> {
  const { host, port, registry } = place
  const expect = registry && { expect: fromText(registry) }
  const team = dialer.dial({ host, port, alpn: [registryProtocol, peerProtocol], signal, ...expect }).catch(error => {
    if (asParleyError(error).code !== 'wrong-key') throw error
    // The registry may have another key by now: its notices will show whether it is the one.
    return dialer.dial({ host, port, alpn: registryProtocol, signal })
  })
  if (hasPort) return team
  const peer = dialer.dial({ host, port: ports.peer, alpn: peerProtocol, signal })
  peer.catch(() => {}) // looked at only when there is no team
  try {
    return await team
  } catch (error) {
    return await peer.catch(() => Promise.reject(error))
  }
}

async function ofRegistry(link: Link, place: ParleyLink, signal: AbortSignal): Promise<ProbeInfo> {
  const { registry, welcome } = await greetRegistry(link, signal, { registry: place.registry })
  const { host, port, code } = place
  const team = harmless(welcome.team, limits.shownName) || formatHostPort(place)
  const ways = waysOf(welcome.mechanisms)
  return {
    is: 'registry',
    registry,
    team,
    link: formatParleyLink({ host, port, registry, ...(code && { code }) }),
    address: formatParleyLink({ host, port, registry }),
    signUp: readPolicy(welcome.signUp),
    hasCode: code !== undefined,
    isPinned: place.registry !== undefined,
    ...(ways.includes('prompts') && { signsInBy: ways }),
  }
}

/** A policy of a later version surely wants something of whoever signs up: the registry will say what. */
function readPolicy(text: string): SignUpPolicy {
  return text === 'open' || text === 'closed' ? text : 'invite'
}

function inWords(error: unknown, place: HostPort, asked: AbortSignal): ParleyError {
  if (asked.aborted) return new ParleyError('closed', 'Nobody waits for the answer any more.')
  const name = formatHostPort(place)
  if (error instanceof Error && error.name === 'TimeoutError') return new ParleyError('unreachable', tooSlow(name))
  const { code, message, retryAfter } = asParleyError(error)
  if (code === 'timeout' || code === 'closed') return new ParleyError('unreachable', tooSlow(name))
  if (code !== 'wrong-key') return new ParleyError(code, message, { cause: error, ...(retryAfter && { retryAfter }) })
  return new ParleyError(code, impostor(name), { cause: error })
}

const oneself = 'This is the address of this very computer’s Parley. Give the address of somebody else’s.'

function tooSlow(name: string): string {
  return `${name} does not answer as a Parley does, or not in time. Check the address, the network and firewalls.`
}

function impostor(name: string): string {
  return (
    `Do not go on: what answers at ${name} is not the team that this link is for. Its key is another one. ` +
    'Somebody may have put themselves in between, or the team was set up anew. Ask whoever invited you for a new invite.'
  )
}
