import { encodePrompt, type Prompt, type Verdict } from '@parley/kit'
import { limits } from './limits.ts'
import { ServiceError } from './post.ts'

/** What the service said: how the sign-in ends, or what people are asked next. */
export type Reply =
  | { readonly is: 'over'; readonly verdict: Verdict }
  | { readonly is: 'prompt'; readonly prompt: Prompt; readonly state: string }

/** Reads what the service said. @throws ServiceError for what is none of the answers that it may give */
export function readReply(text: string): Reply {
  const { is, ...said } = parse(text)
  if (is === 'deny') return { is: 'over', verdict: { is: 'deny' } }
  if (is === 'allow')
    return { is: 'over', verdict: { is: 'allow', ...textOf('name', said), ...textOf('displayName', said) } }
  if (is === 'unavailable') return { is: 'over', verdict: { is: 'unavailable', why: whyOf(said.why) } }
  if (is === 'prompt') return { is: 'prompt', prompt: promptOf(said), state: stateOf(said.state) }
  throw new ServiceError('The service said neither allow, deny, unavailable nor prompt in "is".')
}

function parse(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value === 'object' && value !== null) return { ...value }
  } catch {
    // said below
  }
  throw new ServiceError('The service did not answer with a JSON object.')
}

function textOf<Key extends string>(key: Key, said: Record<string, unknown>): { [K in Key]?: string } {
  const value = said[key]
  if (value === undefined || value === null) return {}
  if (typeof value === 'string' && value.length <= 200) return { [key]: value } as { [K in Key]: string }
  throw new ServiceError(`The service said something in "${key}" that is no short text.`)
}

function promptOf({ text, kind }: Record<string, unknown>): Prompt {
  const prompt = { text, kind } as Prompt // looked at by the kit
  try {
    encodePrompt(prompt)
    return prompt
  } catch (cause) {
    throw new ServiceError('The service asks something that no front end could show.', { cause })
  }
}

function stateOf(state: unknown): string {
  if (state === undefined) return ''
  if (typeof state === 'string' && Buffer.byteLength(state) <= limits.state) return state
  throw new ServiceError(`The "state" of the service is no text of at most ${limits.state} bytes.`)
}

/** A reason from elsewhere, fit to stand in a sentence. */
function whyOf(why: unknown): string {
  const words = typeof why === 'string' ? why.replace(/[\p{Cc}\p{Cf}\p{Z}]+/gu, ' ').trim() : ''
  return words.slice(0, limits.why).toWellFormed().replace(/\.$/, '') || 'the service that knows people says so'
}
