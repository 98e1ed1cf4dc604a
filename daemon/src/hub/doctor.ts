import { connectTo } from '../doctor/connect.ts'
import { type Check, failed, ok, warning } from '../doctor/doctor.ts'
import { limits } from '../limits.ts'
import { formatHostPort, isLoopback } from '../protocol/addresses.ts'
import type { AccountInfo, StatusInfo } from '../protocol/control.ts'
import { twinAdvice, twinWords } from './registry/twin.ts'

/** What a hub's checks look at. */
export interface HubFacts {
  readonly status: () => NonNullable<StatusInfo['hub']>
  /** Where peers are told to find this hub. */
  readonly places: () => { readonly port: number; readonly addresses: readonly string[] }
  /** By how many ms this machine's clock is ahead of the team's; undefined before one was heard. */
  readonly skew: () => number | undefined
  /** Whether a copy of this home has signed in over another connection a short while ago. */
  readonly isTwice: () => boolean
  /** Asks the registry something small; undefined while signed in nowhere. */
  readonly ask: (() => Promise<void>) | undefined
  /** Whether heartbeats are answered; undefined before that is known. */
  readonly udp: () => boolean | undefined
  /** Opens and closes a connection through the relay. @throws ParleyError why it does not work */
  readonly relay: ((signal: AbortSignal) => Promise<void>) | undefined
}

/** What of a hub can be well or not, the most basic first. */
export function hubChecks(facts: HubFacts): Check[] {
  return [
    { about: 'listen', look: signal => listenCheck(facts, signal) },
    { about: 'clock', look: () => clockCheck(facts.skew()) },
    { about: 'registry', look: () => registryCheck(facts) },
    { about: 'udp', look: () => udpCheck(facts) },
    { about: 'relay', look: signal => relayCheck(facts, signal) },
    { about: 'messages', look: () => messagesCheck(facts.status()) },
    ...noticesOf(facts).map(words => ({ about: 'notice', look: () => ({ state: 'warning' as const, words }) })),
  ]
}

/** What a person should know; of a copy of this home the check of the registry tells. */
function noticesOf({ status, isTwice }: HubFacts): readonly string[] {
  const { warnings } = status()
  return isTwice() ? warnings.filter(words => !words.startsWith(twinWords)) : warnings
}

async function listenCheck({ status, places }: HubFacts, signal: AbortSignal) {
  const { isDirect } = status()
  const { port, addresses } = places()
  if (port === 0) return failed('This hub listens nowhere, so nobody can connect to it.', 'Restart it: parley stop')
  if (!isDirect) {
    return warning(
      'Only programs of this computer can connect to this hub; others reach it through the team.',
      'Allow direct connections for the quickest way: parley direct on',
    )
  }
  const host = addresses.find(address => !isLoopback(address))
  if (host === undefined) return warning('This computer has no network address.', 'Connect it to a network.')
  const place = formatHostPort({ host, port })
  await connectTo({ host, port }, signal).catch(cause => {
    throw new Error(`${place} does not take connections, not even from here`, { cause })
  })
  return ok(`Others can connect at ${place}, unless a firewall between forbids it.`)
}

function clockCheck(skew: number | undefined) {
  if (skew === undefined) return undefined
  const apart = Math.abs(skew)
  const words = `This computer's clock is ${spanOf(apart)} ${skew > 0 ? 'ahead of' : 'behind'} the team's.`
  if (apart > limits.clockSkew) return failed(words, 'Set the clock right: until then no messages are exchanged.')
  if (apart > limits.doctorClock) return warning(words, 'Let this computer set its clock by the network.')
  return ok(apart < 1000 ? "This computer's clock agrees with the team's." : words)
}

async function registryCheck({ status, ask, isTwice }: HubFacts) {
  const [account] = status().accounts
  if (isTwice()) return failed(twinWords, twinAdvice)
  if (!account) return warning('This home is in no team.', 'Join one: parley sign-up NAME --registry HOST:PORT')
  const where = `${account.team} (${hostOf(account.address)})`
  if (account.state !== 'online' || !ask) return { ...troubleOf(account, where) }
  const began = performance.now()
  try {
    await ask()
  } catch (error) {
    // Put out just now, by a copy that nobody knew of before.
    if (isTwice()) return failed(twinWords, twinAdvice)
    throw error
  }
  const took = Math.round(performance.now() - began)
  const words = `${where} showed its key and answered in ${took} ms.`
  if (took < limits.doctorSlowRegistry) return ok(words)
  return warning(words, 'It is far away or busy; tell its admin if this stays.')
}

function troubleOf({ state, why, name }: AccountInfo, where: string) {
  switch (state) {
    case 'connecting':
      return warning(`${where} is being connected to.`, 'Look again in a moment.')
    case 'signed-out':
      return failed(`You are signed out of ${where}. ${why ?? ''}`.trim(), `Sign in: parley sign-in ${name}`)
    case 'pending':
      return warning(
        `This device waits to be approved for ${where}.`,
        'On a device that is signed in: parley devices approve',
      )
    case 'refused':
      return failed(`${where} refuses this device. ${why ?? ''}`.trim())
    default:
      return failed(
        `${where} cannot be reached. ${why ?? ''}`.trim(),
        'Check the network. Behind a proxy, set HTTPS_PROXY; messages go out as soon as it is back.',
      )
  }
}

function udpCheck({ status, udp }: HubFacts) {
  const [account] = status().accounts
  const passes = udp()
  if (account?.state !== 'online' || passes === undefined) return undefined
  if (passes) return ok('Heartbeats by UDP get through.')
  // Pings on the link do the same, so it is no failure.
  return ok('Heartbeats by UDP do not get through; the link to the team does their work.')
}

async function relayCheck({ status, relay }: HubFacts, signal: AbortSignal) {
  if (status().accounts[0]?.state !== 'online' || !relay) return undefined
  await relay(signal)
  const { relayed, links } = status()
  return ok(`The team's relay works; ${relayed} of ${links} ${links === 1 ? 'link uses' : 'links use'} it now.`)
}

function messagesCheck({ queued, links }: NonNullable<StatusInfo['hub']>) {
  const linked = `${links} ${links === 1 ? 'link' : 'links'} to others ${links === 1 ? 'is' : 'are'} up`
  if (queued === 0) return ok(`No message waits; ${linked}.`)
  return ok(`${queued} ${queued === 1 ? 'message waits' : 'messages wait'} for people to come online; ${linked}.`)
}

function spanOf(ms: number): string {
  if (ms < 1000) return `${ms} ms`
  return ms < 120_000 ? `${Math.round(ms / 1000)} s` : `${Math.round(ms / 60_000)} minutes`
}

/** HOST:PORT of a parley link. */
function hostOf(link: string): string {
  return /^parley:\/\/([^/]+)/.exec(link)?.[1] ?? link
}
