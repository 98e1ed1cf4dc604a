import net from 'node:net'
import { ParleyError } from '../errors.ts'
import { limits } from '../limits.ts'
import { isLoopback } from '../protocol/addresses.ts'
import { readAddressSet } from './address-set.ts'
import type { HostPort } from './port-types.ts'

/** Which proxy leads to a place; undefined: none is needed. */
export type ProxyFor = (place: HostPort) => URL | undefined

/**
 * Which proxy leads where, as other programs of this machine do it. `setting` (a URL, or `off`) comes before the
 * environment: `PARLEY_PROXY` (from the editor's own setting), `HTTPS_PROXY`, `ALL_PROXY`, in small letters too.
 * `NO_PROXY` names places that need none: a host with all below it, an IP address or network, each with a port or
 * without, or `*`. This machine itself needs none. What the environment has for other programs and is of no use here,
 * SOCKS above all, is passed over.
 *
 * @throws ParleyError `bad-config` for a setting that is no URL of an HTTP proxy
 */
export function proxyFor(setting: string | undefined, env: NodeJS.ProcessEnv): ProxyFor {
  const named = (name: string) => env[name.toLowerCase()] || env[name] || undefined
  const proxy = setting === undefined ? fromEnvironment(named) : readProxyUrl(setting)
  if (!proxy) return () => undefined
  const exempt = (named('NO_PROXY') ?? '').split(/[\s,]+/).filter(rule => rule !== '')
  return place => (isLoopback(place.host) || exempt.some(rule => isMeant(rule, place)) ? undefined : proxy)
}

/** The proxy that a setting names; undefined for `off`. Never quotes it: it may hold a password. @throws ParleyError `bad-config` */
export function readProxyUrl(text: string): URL | undefined {
  if (text === 'off') return undefined
  const url = URL.parse(/^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `http://${text}`)
  if (url && (url.protocol === 'http:' || url.protocol === 'https:') && url.hostname !== '') return url
  throw new ParleyError(
    'bad-config',
    'The proxy is no URL of an HTTP proxy. Write it as http://HOST:PORT, or "off" for none; SOCKS is not supported.',
  )
}

function fromEnvironment(named: (name: string) => string | undefined): URL | undefined {
  for (const name of ['PARLEY_PROXY', 'HTTPS_PROXY', 'ALL_PROXY']) {
    const given = named(name)
    if (given === undefined) continue
    try {
      return readProxyUrl(given)
    } catch {} // of another kind
  }
  return undefined
}

/** Whether a rule of NO_PROXY is about a place. */
function isMeant(rule: string, { host, port }: HostPort): boolean {
  if (rule === '*') return true
  const [, name = rule, ofPort] = /^(\[[^\]]*\]|[^:]*)(?::(\d+))?$/.exec(rule) ?? []
  if (ofPort !== undefined && Number(ofPort) !== port) return false
  const bare = name.replace(/^\[|\]$/g, '').toLowerCase()
  if (net.isIP(host)) return isNetwork(bare) && readAddressSet([bare]).has(host)
  const end = bare.replace(/^\*?\.?/, '')
  const asked = host.toLowerCase()
  return asked === end || asked.endsWith(`.${end}`)
}

function isNetwork(text: string): boolean {
  try {
    readAddressSet([text])
    return true
  } catch {
    return false
  }
}

/**
 * A connection to `place` through an HTTP proxy, by CONNECT (RFC 9110, section 9.3.6). Its credentials go to the proxy
 * alone and into no sentence.
 *
 * @throws ParleyError `unreachable` in words, or the reason of `signal`
 */
export async function connectThrough(
  proxy: URL,
  { host, port }: HostPort,
  options: { readonly signal: AbortSignal; readonly timeout?: number },
): Promise<net.Socket> {
  const { signal, timeout = limits.handshake } = options
  const name = `The proxy ${proxy.host}`
  const place = `${net.isIPv6(host) ? `[${host}]` : host}:${port}`
  const isSecure = proxy.protocol === 'https:'
  // Loaded only where there is a proxy: together they take as long as all else that a command loads.
  const { request: open } = await (isSecure ? import('node:https') : import('node:http'))
  signal.throwIfAborted()
  const { promise, resolve, reject } = Promise.withResolvers<net.Socket>()
  const request = open({
    method: 'CONNECT',
    host: proxy.hostname.replace(/^\[|\]$/g, ''),
    port: Number(proxy.port) || (isSecure ? 443 : 80),
    path: place,
    headers: { host: place, ...credentials(proxy) },
    agent: false,
  })
  const tooSlow = () => reject(unreachable(`${name} did not answer within ${timeout / 1000} s.`))
  const late = setTimeout(tooSlow, timeout)
  const aborted = () => reject(signal.reason)
  signal.addEventListener('abort', aborted, { once: true })
  request.once('connect', ({ statusCode = 0 }, stream, head) => {
    const socket = stream as net.Socket
    socket.on('error', () => {})
    if (statusCode < 200 || statusCode > 299) {
      socket.destroy()
      reject(refusal(name, place, statusCode))
      return
    }
    if (head.length > 0) socket.unshift(head)
    socket.setNoDelay(true)
    resolve(socket)
  })
  request.once('response', response => {
    response.destroy()
    reject(unreachable(`${name} answers, but is no proxy. Check its address.`))
  })
  request.on('error', error => reject(unreachable(`${name} cannot be used: ${faultOf(error)}.`, error)))
  request.end()
  try {
    return await promise
  } catch (error) {
    request.destroy()
    throw error
  } finally {
    clearTimeout(late)
    signal.removeEventListener('abort', aborted)
  }
}

function credentials({ username, password }: URL): { 'proxy-authorization'?: string } {
  if (username === '' && password === '') return {}
  const words = `${decoded(username)}:${decoded(password)}`
  return { 'proxy-authorization': `Basic ${Buffer.from(words).toString('base64')}` }
}

/** People write passwords into URLs as they are: a lone % means itself. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

function refusal(name: string, place: string, status: number): ParleyError {
  if (status === 407) {
    return unreachable(
      `${name} wants a user name and a password (407). Write them into its URL, as http://NAME:PASSWORD@HOST:PORT; other ways to sign in at a proxy are not supported.`,
    )
  }
  if (status === 403 || status === 405) {
    return unreachable(`${name} does not allow connections to ${place} (${status}). Ask whoever runs it.`)
  }
  return unreachable(`${name} could not connect to ${place} (${status}). Check the address of the team.`)
}

function faultOf(error: Error): string {
  const code = 'code' in error ? String(error.code) : ''
  const words: Readonly<Record<string, string>> = {
    ECONNREFUSED: 'nothing listens there',
    ENOTFOUND: 'its name was not found',
    EAI_AGAIN: 'its name was not found',
    ECONNRESET: 'it closed the connection',
    ETIMEDOUT: 'it does not answer',
    EHOSTUNREACH: 'there is no way to it from here',
    ENETUNREACH: 'there is no way to it from here',
  }
  return words[code] ?? (code || 'it did not answer as a proxy does')
}

function unreachable(message: string, cause?: unknown): ParleyError {
  return new ParleyError('unreachable', message, { cause })
}
