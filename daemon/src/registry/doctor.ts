import { readFile } from 'node:fs/promises'
import { type Check, failed, ok, warning } from '../doctor/doctor.ts'
import { limits } from '../limits.ts'
import { Dialer } from '../net/dial.ts'
import { createIdentity } from '../net/identity.ts'
import { formatHostPort, isLoopback, readHostPort, readParleyLink } from '../protocol/addresses.ts'
import type { StatusInfo } from '../protocol/control.ts'

/** What a registry's checks look at. */
export interface RegistryFacts {
  readonly status: () => NonNullable<StatusInfo['registry']>
  /** The key that its TLS shows now: the hash of it, 32 bytes. */
  readonly keyId: () => Uint8Array
}

/** What of a registry can be well or not. */
export function registryChecks({ status, keyId }: RegistryFacts): Check[] {
  return [
    { about: 'address', look: signal => addressCheck(status(), keyId(), signal) },
    { about: 'heartbeats', look: () => heartbeatCheck(status()) },
    { about: 'sign-up', look: () => signUpCheck(status()) },
    { about: 'files', look: filesCheck },
  ]
}

/** Dials the address that invites carry, as a newcomer would, and looks whose key is shown there. */
async function addressCheck(
  { address, listen }: ReturnType<RegistryFacts['status']>,
  expect: Uint8Array,
  signal: AbortSignal,
) {
  const { host, port } = readParleyLink(address)
  const place = formatHostPort({ host, port })
  if (isLoopback(host)) {
    const isAlone = listen.every(each => isLoopback(readHostPort(each, 0).host))
    if (isAlone) return ok(`Only this computer can reach it, at ${place}.`)
    return warning(
      `Its address is ${place}, by which nobody on another computer reaches it.`,
      'Set "public" in parley.json to the HOST:PORT by which others do, or start it with --public: invites carry it.',
    )
  }
  const dialer = new Dialer({ identity: await createIdentity() })
  try {
    const link = await dialer.dial({ host, port, alpn: 'parley-registry/1', expect, signal })
    link.close()
    return ok(`${place} leads here.`)
  } catch (error) {
    const words = error instanceof Error ? error.message : String(error)
    return failed(
      `${place}, the address of invites, does not lead here. ${words}`,
      'Check its name, the firewall, and that the port is passed on as TCP, without TLS of the proxy. Some routers do not let a network reach itself by its outer address: then try from outside.',
    )
  } finally {
    dialer.close()
  }
}

function heartbeatCheck({ heartbeat }: ReturnType<RegistryFacts['status']>) {
  return ok(`Heartbeats arrive at ${heartbeat} (UDP); without them nothing is lost.`)
}

function signUpCheck({ signUp, listen, classic }: ReturnType<RegistryFacts['status']>) {
  const isPublic = !listen.every(each => isLoopback(readHostPort(each, 0).host))
  if (isPublic && signUp === 'open') {
    return warning('Whoever reaches this registry may sign up.', 'Set "signUp" to "invite", unless that is meant.')
  }
  if (isPublic && classic === 'on') {
    return warning(
      'The original program may sign in from anywhere, with passwords that are not encrypted.',
      'Set "classic" to "loopback", unless the network is trusted.',
    )
  }
  return ok(`Sign-up is ${signUp}, classic ${classic}.`)
}

/** Linux tells how many files, and so connections, the process may have open. */
async function filesCheck() {
  const text = await readFile('/proc/self/limits', 'utf8').catch(() => undefined)
  const most = Number(/^Max open files\s+(\d+)/m.exec(text ?? '')?.[1] ?? Number.POSITIVE_INFINITY)
  if (text === undefined || !Number.isFinite(most)) return undefined
  if (most >= limits.connections) return ok(`It may hold ${most} connections.`)
  return warning(
    `It may hold about ${most} connections at once.`,
    `For a larger team raise the limit of open files: LimitNOFILE=${limits.connections + 1000} in its unit.`,
  )
}
