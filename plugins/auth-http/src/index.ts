import { type Auth, ask, definePlugin, type Exchange, type Log, type Verdict } from '@parley/kit'
import { limits } from './limits.ts'
import { type AuthHttpOptions, optionsSchema, readOptions, type Service } from './options.ts'
import { post, ServiceError } from './post.ts'
import { type Reply, readReply } from './reply.ts'

export type { AuthHttpOptions } from './options.ts'

/** Sign-in that a web service decides: by the mechanism `prompt`, with questions of this plugin's or of the service's. */
export default definePlugin<Service>({
  name: 'auth-http',
  api: 1,
  optionsSchema,
  parseOptions: raw => readOptions(raw as AuthHttpOptions), // as the schema has it
  setup: ({ log, signal }, service) => ({ auth: httpAuth(service, { log, signal }) }),
})

/** Asks `service` who somebody is. */
export function httpAuth(service: Service, { log, signal }: { readonly log: Log; readonly signal: AbortSignal }): Auth {
  let under = 0
  /** What the service says to an answer, or that it said nothing. */
  const inquire = async (exchange: Exchange, said: object): Promise<Reply> => {
    if (under >= limits.atOnce) return away('too many people sign in at this moment')
    under++
    try {
      const { name, purpose, address } = exchange
      const both = AbortSignal.any([exchange.signal, signal])
      return readReply(await post(service, { name, purpose, address, ...said }, both))
    } catch (error) {
      exchange.signal.throwIfAborted()
      log.warn({ why: wordsOf(error) }, 'The service that knows people gave no answer that counts.')
      return away('the service that knows people gives no answer')
    } finally {
      under--
    }
  }
  return {
    mechanism: 'prompt',
    async signIn(exchange) {
      const first = service.ask && { answer: await ask(exchange, service.ask) }
      let reply = await inquire(exchange, first ?? {})
      for (let asked = 0; reply.is === 'prompt'; asked++) {
        if (asked === limits.questions) {
          log.warn({ name: exchange.name }, 'The service that knows people does not stop asking.')
          return { is: 'unavailable', why: 'the service that knows people does not stop asking' }
        }
        const { prompt, state } = reply
        reply = await inquire(exchange, { answer: await ask(exchange, prompt), state })
      }
      return reply.verdict
    },
  }
}

function away(why: string): { readonly is: 'over'; readonly verdict: Verdict } {
  return { is: 'over', verdict: { is: 'unavailable', why } }
}

/** Only words of ours and of Node's: what the service said may hold anything. */
function wordsOf(error: unknown): string {
  return error instanceof ServiceError ? error.message : 'This plugin has failed.'
}
