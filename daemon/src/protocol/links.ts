import { ParleyError } from '../errors.ts'
import { limits } from '../limits.ts'
import { formatHostPort, type HostPort, ports, readHostPort } from './addresses.ts'
import { fromText, type RegistryId, registryId, toText } from './ids.ts'

/** Where a registry is, and what a person was given to get in. */
export interface ParleyLink extends HostPort {
  /** Whom to expect there. Without it the hub must ask once. */
  readonly registry?: RegistryId
  readonly version: 1
  /** The code of an invite: 16 bytes, a secret. */
  readonly code?: Uint8Array
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
    ...(id === '' ? {} : { registry: registryId(id.toLowerCase()) }),
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

function readCode(text: string): Uint8Array {
  const code = fromText(text)
  if (code.length === codeSize) return code
  throw new ParleyError(
    'bad-address',
    'The code at the end of the invite is cut or mistyped. Copy the whole invite again.',
  )
}

function notALink(): ParleyError {
  return new ParleyError('bad-address', 'This is no Parley link. Paste the invite that you got, or write HOST:PORT.')
}
