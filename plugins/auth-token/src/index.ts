import { createHash, timingSafeEqual } from 'node:crypto'
import { type Auth, ask, definePlugin } from '@parley/kit'
import { readTokens, type Token, type TokenOption } from './tokens.ts'

/** Options of the plugin. */
export interface AuthTokenOptions {
  /** A list, or lines of `NAME SHA256 [UNTIL]`, as `{ "file": "tokens.txt" }` gives them. */
  readonly tokens: string | readonly TokenOption[]
}

/** Sign-in by tokens that the operator makes, for bots and CI: by the mechanism `prompt`, with one secret. */
export default definePlugin<readonly Token[]>({
  name: 'auth-token',
  api: 1,
  optionsSchema: {
    type: 'object',
    properties: {
      tokens: {
        description:
          'Who may sign in by which token: a list, or { "file": "tokens.txt" } with lines of NAME SHA256 [UNTIL]',
        anyOf: [
          { type: 'string' },
          {
            type: 'array',
            items: {
              type: 'object',
              properties: {
                name: { type: 'string', description: 'The user name' },
                sha256: { type: 'string', description: 'SHA-256 of the token: 64 hexadecimal digits' },
                expires: { type: 'string', description: 'When it ends: 2030-12-31, or 2030-12-31T18:00Z' },
              },
              required: ['name', 'sha256'],
              additionalProperties: false,
            },
          },
        ],
      },
    },
    required: ['tokens'],
    additionalProperties: false,
  },
  parseOptions: raw => {
    const { tokens } = raw as AuthTokenOptions // as the schema has it
    return readTokens(tokens)
  },
  setup: (_host, tokens) => ({ auth: tokenAuth(tokens) }),
})

/** Knows people by these tokens. `now`: ms since 1970. */
export function tokenAuth(tokens: readonly Token[], now: () => number = Date.now): Auth {
  return {
    mechanism: 'prompt',
    async signIn(exchange) {
      const answer = await ask(exchange, { kind: 'secret', text: `Token of ${exchange.name}` })
      const shown = createHash('sha256').update(answer).digest()
      // All are looked at, so that the time says neither who has one nor which one is nearly right.
      const isRight = tokens.map(({ name, hash, expires = Number.POSITIVE_INFINITY }) => {
        const isSame = timingSafeEqual(hash, shown)
        return isSame && name === exchange.name && now() < expires
      })
      return { is: isRight.includes(true) ? 'allow' : 'deny' }
    },
  }
}
