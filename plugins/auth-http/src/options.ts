import { encodePrompt, type Prompt } from '@parley/kit'
import { limits } from './limits.ts'

/** Options of the plugin, as they are written. */
export interface AuthHttpOptions {
  /** Whom to ask: https, or http on this machine. */
  readonly url: string
  /** What the service knows this registry by. */
  readonly secret: string
  /** The first question; false: the service itself says what is asked first. */
  readonly ask?: Prompt | false
  /** Certificates in PEM of who vouches for the service, where the usual ones do not. */
  readonly ca?: string
  /** Seconds for each answer. */
  readonly timeout?: number
}

export interface Service {
  readonly url: URL
  readonly secret: string
  readonly ask: Prompt | undefined
  readonly ca: string | undefined
  /** ms. */
  readonly timeout: number
}

export const optionsSchema = {
  type: 'object',
  properties: {
    url: { type: 'string', description: 'The service that decides: https, or http on this machine' },
    secret: {
      type: 'string',
      description:
        'Sent as "Authorization: Bearer …": what the service knows this registry by, mostly { "env": "NAME" }',
    },
    ask: {
      description: 'What people are asked first (default: their password); false: whatever the service says',
      anyOf: [
        { const: false },
        {
          type: 'object',
          properties: { text: { type: 'string' }, kind: { enum: ['secret', 'text', 'link'] } },
          required: ['text', 'kind'],
          additionalProperties: false,
        },
      ],
    },
    ca: { type: 'string', description: 'Certificates in PEM that vouch for the service: { "file": "ca.pem" }' },
    timeout: { type: 'number', minimum: 0.1, maximum: limits.answer / 1000, description: 'Seconds for each answer' },
  },
  required: ['url', 'secret'],
  additionalProperties: false,
} as const

/** Reads options that fit the schema. Throws a sentence that says what is wrong, and repeats no secret. */
export function readOptions(raw: AuthHttpOptions): Service {
  const { url: text, secret, ask = { kind: 'secret', text: 'Password' }, ca, timeout = limits.answer / 1000 } = raw
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (!url || (url.protocol !== 'https:' && url.protocol !== 'http:')) {
    throw new Error('The url is no address of the web. Write one such as https://accounts.example.com/parley.')
  }
  if (url.protocol === 'http:' && !isLoopback(url.hostname)) {
    throw new Error('Passwords would cross the network in the clear: use https, or http to this very machine.')
  }
  if (url.username !== '' || url.password !== '' || url.hash !== '') {
    throw new Error('The url has a user, a password or a fragment, which are not sent. Put the secret into "secret".')
  }
  if (!/^[\x21-\x7e]{16,512}$/.test(secret)) {
    throw new Error('The secret must have 16 to 512 characters of printable ASCII without spaces: openssl rand -hex 32')
  }
  if (ca !== undefined && !ca.includes('-----BEGIN CERTIFICATE-----'))
    throw new Error('The ca holds no certificate in PEM.')
  if (ask !== false) encodePrompt(ask)
  return { url, secret, ask: ask === false ? undefined : ask, ca, timeout: timeout * 1000 }
}

/** Names that no resolver of a network answers for. */
function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '[::1]' || /^127(\.\d{1,3}){3}$/.test(host)
}
