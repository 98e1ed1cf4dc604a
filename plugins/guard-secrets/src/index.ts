import { definePlugin } from '@parley/kit'
import { secretIn, secretKinds } from './kinds.ts'

export { type SecretKind, secretIn, secretKinds } from './kinds.ts'

/** Options of the plugin. */
export interface GuardSecretsOptions {
  /** Kinds that may be sent without a question. */
  readonly allow?: readonly string[]
  /** Whether a person may send it all the same, on purpose. Absent: they may. */
  readonly override?: boolean
}

/**
 * Refuses to send words that hold a private key, a cloud key or a token. It says what it saw and never repeats it: the
 * words themselves go into no sentence and no log.
 */
export default definePlugin<GuardSecretsOptions>({
  name: 'guard-secrets',
  api: 1,
  optionsSchema: {
    type: 'object',
    properties: {
      allow: {
        type: 'array',
        items: { enum: secretKinds.map(({ id }) => id) },
        description: 'Kinds of secrets that may be sent without a question',
      },
      override: {
        type: 'boolean',
        description: 'Whether a person may send a secret all the same, on purpose (default: true)',
      },
    },
    additionalProperties: false,
  },
  setup(_, options) {
    const { allow = [], override: mayOverride = true } = options ?? {}
    const kinds = secretKinds.filter(({ id }) => !allow.includes(id))
    return {
      guards: {
        send({ text }) {
          const kind = secretIn(text, kinds)
          if (kind === undefined) return { is: 'allow' }
          const why = `This looks like it holds ${kind.words}, and everybody in the conversation would keep a copy.`
          const how = mayOverride ? ' Take it out, or send it on purpose.' : ' Take it out.'
          return { is: 'refuse', why: why + how, mayOverride }
        },
      },
    }
  },
})
