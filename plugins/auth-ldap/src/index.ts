import { type Auth, ask, definePlugin, type Log } from '@parley/kit'
import { ResultCodeError } from 'ldapts'
import { bindAs, DirectoryError } from './directory.ts'
import { limits } from './limits.ts'
import { type AuthLdapOptions, type Directory, optionsSchema, readOptions } from './options.ts'

export type { AuthLdapOptions } from './options.ts'

/** Sign-in with the accounts of an LDAP directory: by the mechanism `prompt`, with the person's password there. */
export default definePlugin<Directory>({
  name: 'auth-ldap',
  api: 1,
  optionsSchema,
  parseOptions: raw => readOptions(raw as AuthLdapOptions), // as the schema has it
  setup: ({ log, signal }, directory) => ({ auth: ldapAuth(directory, { log, signal }) }),
})

/** Lets in who can bind. */
export function ldapAuth(
  directory: Directory,
  { log, signal }: { readonly log: Log; readonly signal: AbortSignal },
): Auth {
  let under = 0
  return {
    mechanism: 'prompt',
    async signIn(exchange) {
      const { name } = exchange
      const text = directory.question.replaceAll('{name}', () => name)
      const password = await ask(exchange, { kind: 'secret', text })
      if (password === '') return { is: 'deny' }
      if (under >= limits.atOnce) return { is: 'unavailable', why: 'too many people sign in at this moment' }
      under++
      const late = AbortSignal.timeout(directory.timeout)
      try {
        const over = AbortSignal.any([exchange.signal, signal, late])
        return await unless(over, bindAs(directory, name, password, over))
      } catch (error) {
        exchange.signal.throwIfAborted()
        const why = late.aborted ? 'It took too long.' : wordsOf(error)
        log.warn({ why, url: directory.url }, 'The directory gave no answer that counts.')
        return { is: 'unavailable', why: 'the directory that knows people gives no answer' }
      } finally {
        under--
      }
    },
  }
}

/** `waited`, or a rejection once `signal` is aborted: the library does not hear of every connection that is cut. */
async function unless<T>(signal: AbortSignal, waited: Promise<T>): Promise<T> {
  const cut = Promise.withResolvers<never>()
  const aborted = () => cut.reject(signal.reason)
  signal.addEventListener('abort', aborted, { once: true })
  if (signal.aborted) aborted()
  try {
    return await Promise.race([waited, cut.promise])
  } finally {
    signal.removeEventListener('abort', aborted)
  }
}

/** What the operator needs to know. The words of the server may hold anything; its code says as much. */
function wordsOf(error: unknown): string {
  if (error instanceof DirectoryError) return error.message
  if (error instanceof ResultCodeError) return `The directory answered with ${error.name} (code ${error.code}).`
  return error instanceof Error ? error.message : 'This plugin has failed.'
}
