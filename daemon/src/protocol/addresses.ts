import { ParleyError } from '../errors.ts'
import { limits } from '../limits.ts'
import { fromText, type RegistryId, registryId, toText } from './ids.ts'

export interface HostPort {
  /** A name in ASCII, an IPv4 address, or an IPv6 address without brackets; each in its one normal form. */
  readonly host: string
  readonly port: number
}

/** Where a registry is, and what a person was given to get in. */
export interface ParleyLink extends HostPort {
  /** Whom to expect there. Without it the hub must ask once. */
  readonly registry?: RegistryId
  readonly version: 1
  /** The code of an invite: 16 bytes, a secret. */
  readonly code?: Uint8Array
}

/** The standard ports: TCP for registry and peers, UDP for heartbeats. */
export const ports = { registry: 3131, heartbeat: 5151, peer: 5858 } as const

/**
 * Reads `host`, `host:port`, `[ipv6]` or `[ipv6]:port`; also a bare IPv6 address. Names are lower-cased and international
 * ones turned to ASCII, addresses brought to their usual form, IPv4-mapped ones to IPv4. Port 0 is allowed: when
 * listening it means any free one. Throws `bad-address` with words for a person.
 */
export function readHostPort(text: string, defaultPort: number): HostPort {
  const trimmed = text.trim()
  if (trimmed.length > limits.address) throw badAddress(trimmed)
  const parts = /^(?:\[([^\][]*)\]|([^:\][]+))(?::(\d{1,5}))?$/.exec(trimmed)
  if (parts === null && (trimmed.match(/:/g)?.length ?? 0) >= 2)
    return { host: readIPv6(trimmed, trimmed), port: defaultPort }
  const [, ipv6, name, port] = parts ?? []
  if (ipv6 === undefined && name === undefined) throw badAddress(trimmed)
  const host = ipv6 === undefined ? readHost(name ?? '', trimmed) : readIPv6(ipv6, trimmed)
  return { host, port: port === undefined ? defaultPort : readPort(port, trimmed) }
}

/** `host:port`, with brackets around an IPv6 address. */
export function formatHostPort({ host, port }: HostPort): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
}

/**
 * Reads what a person pastes: `parley://host:port/<registry id>?v=1#<code>`, the same in an editor's link
 * (`vscode://parley.parley-chat/join?link=…`, of any editor), or just `host` or `host:port`. Parameters that this
 * program does not know are ignored. Throws `bad-address`, or `too-old` for a link of a later version.
 */
export function readParleyLink(text: string): ParleyLink {
  const trimmed = text.trim()
  if (trimmed.length > limits.address) throw notALink()
  const inner = linkInEditorLink(trimmed) ?? trimmed
  if (!inner.includes('://')) return { ...someHostPort(inner), version: 1 }
  const parts = /^parley:\/\/([^/?#]*)(?:\/([^/?#]*))?(?:\?([^#]*))?(?:#(.*))?$/i.exec(inner)
  if (parts === null) throw notALink()
  const [, address = '', id = '', query = '', code = ''] = parts
  const version = new URLSearchParams(query).get('v') ?? '1'
  if (version !== '1') {
    throw new ParleyError('too-old', 'This link was made by a newer Parley. Update Parley here, then use it again.')
  }
  return {
    ...someHostPort(address),
    ...(id === '' ? {} : { registry: readRegistry(id.toLowerCase()) }),
    version: 1,
    ...(code === '' ? {} : { code: readCode(code.toLowerCase()) }),
  }
}

/** `parley://host:port/<registry id>?v=1#<code>`, without the parts that are not there. */
export function formatParleyLink(link: Omit<ParleyLink, 'version'>): string {
  const code = link.code === undefined ? '' : `#${toText(link.code)}`
  return `parley://${formatHostPort(link)}/${link.registry ?? ''}?v=1${code}`
}

/** A link that opens an editor and joins there. `scheme` is the editor's: `vscode`, `vscode-insiders`, `vscodium`… */
export function editorLink(link: string, scheme = 'vscode'): string {
  return `${scheme}://${extensionId}/join?link=${encodeURIComponent(link)}`
}

/** An address as sockets give it, in its one normal form: IPv4-mapped IPv6 as IPv4, without a zone. */
export function plainAddress(address: string): string {
  const [plain = ''] = address.split('%')
  return plain.includes(':') ? readIPv6(plain, address) : plain
}

/** Whether `host` can only be this machine: 127.0.0.0/8, ::1, and `localhost` with its subdomains (RFC 6761). */
export function isLoopback(host: string): boolean {
  const mapped = /^::ffff:(.*)$/i.exec(host)?.[1]
  const plain = (mapped?.includes('.') ? mapped : host).toLowerCase().replace(/\.$/, '')
  return plain === '::1' || plain === 'localhost' || plain.endsWith('.localhost') || /^127(\.\d{1,3}){3}$/.test(plain)
}

const extensionId = 'parley.parley-chat'
const codeSize = 16

function linkInEditorLink(text: string): string | undefined {
  const parts = /^[a-z][a-z\d+.-]*:\/\/([^/?#]*)\/join\?([^#]*)(?:#.*)?$/i.exec(text)
  if (parts?.[1]?.toLowerCase() !== extensionId) return undefined
  return new URLSearchParams(parts[2]).get('link')?.trim() ?? ''
}

function someHostPort(text: string): HostPort {
  if (text === '') throw notALink()
  const address = readHostPort(text, ports.registry)
  if (address.port === 0) throw new ParleyError('bad-address', 'Port 0 cannot be reached. Give a port from 1 to 65535.')
  return { host: address.host, port: address.port }
}

function readRegistry(text: string): RegistryId {
  try {
    return registryId(text)
  } catch (cause) {
    throw new ParleyError('bad-address', 'This link is cut or mistyped. Copy the whole of it again.', { cause })
  }
}

function readCode(text: string): Uint8Array {
  const code = bytesIn(text)
  if (code?.length === codeSize) return code
  throw new ParleyError(
    'bad-address',
    'The code at the end of the invite is cut or mistyped. Copy the whole invite again.',
  )
}

function bytesIn(text: string): Uint8Array | undefined {
  try {
    return fromText(text)
  } catch {
    return undefined
  }
}

function notALink(): ParleyError {
  return new ParleyError('bad-address', 'This is no Parley link. Paste the invite that you got, or write HOST:PORT.')
}

function readHost(name: string, given: string): string {
  if (!/^[\p{L}\p{M}\p{N}._-]+$/u.test(name)) throw badAddress(given)
  const host = hostOf(name, given).replace(/\.$/, '')
  const labels = host.split('.')
  if (host.length > 253 || labels.some(label => label === '' || label.length > 63)) throw badAddress(given)
  return host
}

function readIPv6(address: string, given: string): string {
  if (!/^[\da-f:.]+$/i.test(address)) throw badAddress(given)
  const host = hostOf(`[${address}]`, given).slice(1, -1)
  const mapped = /^::ffff:([\da-f]{1,4}):([\da-f]{1,4})$/.exec(host)
  if (mapped === null) return host
  const value = Number.parseInt(mapped[1] ?? '', 16) * 65_536 + Number.parseInt(mapped[2] ?? '', 16)
  return [24, 16, 8, 0].map(bits => (value >>> bits) & 255).join('.')
}

/** The URL parser of the WHATWG brings names and addresses to one form: IDNA, short IPv4, compressed IPv6. */
function hostOf(text: string, given: string): string {
  const url = URL.parse(`http://${text}/`)
  if (url === null || url.hostname === '') throw badAddress(given)
  return url.hostname
}

function readPort(digits: string, given: string): number {
  const port = Number(digits)
  if (port <= 65_535) return port
  throw new ParleyError('bad-address', `${quote(given)} has a port above 65535. Give one from 1 to 65535.`)
}

function badAddress(given: string): ParleyError {
  return new ParleyError(
    'bad-address',
    `${quote(given)} is not an address. Write HOST:PORT, for example chat.example.com:3131 or [::1]:3131.`,
  )
}

function quote(text: string): string {
  return JSON.stringify(text.length > 80 ? `${text.slice(0, 80)}…` : text)
}
