import { encodePrompt } from '@parley/kit'
import { FilterParser } from 'ldapts'
import { limits } from './limits.ts'

/** How the directory finds people: whom to search as, and for what. */
export interface SearchOptions {
  /** Below which entry. */
  readonly base: string
  /** Which entry, with `{name}` for the user name. */
  readonly filter?: string
  /** As whom to search; absent: as nobody. */
  readonly dn?: string
  readonly password?: string
}

/** Options of the plugin, as they are written. */
export interface AuthLdapOptions {
  readonly url: string
  readonly startTls?: boolean
  readonly ca?: string
  /** The name to bind as, with `{name}` for the user name. */
  readonly dn?: string
  readonly search?: SearchOptions
  /** The attribute with the name that others see. */
  readonly displayName?: string
  /** The attribute with the user name, where people sign in by something else as well. */
  readonly userName?: string
  readonly question?: string
  /** Seconds. */
  readonly timeout?: number
}

export interface Directory {
  readonly url: string
  readonly host: string
  readonly startTls: boolean
  readonly ca: string | undefined
  readonly dn: string | undefined
  readonly search: (SearchOptions & { readonly filter: string }) | undefined
  readonly displayName: string
  readonly userName: string | undefined
  readonly question: string
  /** ms. */
  readonly timeout: number
}

const text = (description: string) => ({ type: 'string', minLength: 1, description }) as const

export const optionsSchema = {
  type: 'object',
  properties: {
    url: text('The directory: ldaps://HOST, or ldap://HOST with StartTLS'),
    startTls: { type: 'boolean', description: 'Encrypt an ldap:// connection before anything is said (default: true)' },
    ca: text('Certificates in PEM that vouch for the directory: { "file": "ca.pem" }'),
    dn: text('Whom to bind as, such as uid={name},ou=people,dc=example,dc=org'),
    search: {
      type: 'object',
      properties: {
        base: text('Below which entry people are, such as ou=people,dc=example,dc=org'),
        filter: text('Which entry is meant (default: (uid={name}))'),
        dn: text('As whom to search; absent: as nobody'),
        password: text('Of that account: { "env": "NAME" } or { "file": "path" }'),
      },
      required: ['base'],
      additionalProperties: false,
    },
    displayName: text('The attribute with the name that others see (default: displayName, else cn)'),
    userName: text('The attribute with the user name, where the filter finds people by something else as well'),
    question: text('What people are asked (default: Password of NAME)'),
    timeout: { type: 'number', minimum: 0.1, maximum: limits.directory / 1000, description: 'Seconds for a sign-in' },
  },
  required: ['url'],
  additionalProperties: false,
} as const

/** Reads options that fit the schema. Throws a sentence that says what is wrong, and repeats no password. */
export function readOptions(raw: AuthLdapOptions): Directory {
  const { ca, dn, search, displayName = 'displayName', userName, timeout = limits.directory / 1000 } = raw
  const url = URL.canParse(raw.url) ? new URL(raw.url) : undefined
  if (!url || (url.protocol !== 'ldap:' && url.protocol !== 'ldaps:') || url.hostname === '') {
    throw new Error('The url is no address of a directory. Write one such as ldaps://ldap.example.com.')
  }
  if (
    url.username !== '' ||
    url.password !== '' ||
    url.search !== '' ||
    (url.pathname !== '' && url.pathname !== '/')
  ) {
    throw new Error('The url has more than a host and a port. What is searched for stands in "search".')
  }
  const isPlain = url.protocol === 'ldap:'
  const { startTls = isPlain && !isLoopback(url.hostname) } = raw
  if (startTls && !isPlain) throw new Error('ldaps is encrypted from the beginning: leave "startTls" out.')
  if (isPlain && !startTls && !isLoopback(url.hostname)) {
    throw new Error('Passwords would cross the network in the clear: use ldaps, or ldap with StartTLS.')
  }
  if ((dn === undefined) === (search === undefined)) {
    throw new Error('Give either "dn", whom people bind as, or "search", how they are found.')
  }
  if (dn !== undefined && !dn.includes('{name}')) throw new Error('The "dn" has no {name} in it, so all would be one.')
  if (ca !== undefined && !ca.includes('-----BEGIN CERTIFICATE-----'))
    throw new Error('The ca holds no certificate in PEM.')
  const { question = 'Password of {name}' } = raw
  encodePrompt({ kind: 'secret', text: question })
  return {
    url: `${url.protocol}//${url.host}`,
    host: url.hostname.replace(/^\[|\]$/g, ''),
    startTls,
    ca,
    dn,
    search: search && readSearch(search),
    displayName,
    userName,
    question,
    timeout: timeout * 1000,
  }
}

function readSearch(search: SearchOptions): SearchOptions & { filter: string } {
  const { filter = '(uid={name})', dn, password } = search
  if (!filter.includes('{name}')) throw new Error('The "filter" has no {name} in it, so all would be one.')
  if ((dn === undefined) !== (password === undefined)) {
    throw new Error('An account to search as needs both "dn" and "password"; a bind without a password is nobody’s.')
  }
  try {
    FilterParser.parseString(filter.replaceAll('{name}', 'alice'))
  } catch (cause) {
    throw new Error(`The "filter" is no search filter: ${filter}`, { cause })
  }
  return { ...search, filter }
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '[::1]' || /^127(\.\d{1,3}){3}$/.test(host)
}
