import type { Exchange } from './auth.ts'

/**
 * What a person is asked by the mechanism `prompt`: `secret`, an answer that nobody may read on the screen; `text`, one
 * that may be; `link`, where `text` is the address of a page that the person opens, and the answer what the page has
 * given them, or nothing.
 */
export interface Prompt {
  readonly text: string
  readonly kind: 'secret' | 'text' | 'link'
}

/** What fits: sizes in characters (`text`, `link`) and bytes (`answer`). Front ends show no more. */
export const promptLimits = { text: 500, link: 2_000, answer: 4_096 } as const

/** A prompt or an answer that nobody can use. A mechanism that throws it denies. */
export class PromptError extends Error {
  override readonly name = 'PromptError'
}

/** Asks the person at the other end and gives their answer. Rejects when they do not answer, or with what is no text. */
export async function ask(exchange: Pick<Exchange, 'challenge'>, prompt: Prompt): Promise<string> {
  return readAnswer(await exchange.challenge(encodePrompt(prompt)))
}

/** A prompt as the bytes of a challenge: JSON. @throws PromptError for one that no front end shows */
export function encodePrompt({ text, kind }: Prompt): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(checkPrompt({ text, kind })))
}

/** The prompt of a challenge; unknown keys are ignored. @throws PromptError */
export function readPrompt(bytes: Uint8Array): Prompt {
  // JSON may write one character as the six of an escape, and half a pair each.
  if (bytes.length > 12 * promptLimits.link)
    throw new PromptError(`A prompt has ${bytes.length} bytes, which is too many.`)
  return checkPrompt(parse(decode(bytes, 'A prompt')))
}

/** An answer as the bytes of a challenge's reply. @throws PromptError for one that is too long */
export function encodeAnswer(answer: string): Uint8Array {
  // Keyboards of several systems write the same letter in several ways, and what is stored elsewhere knows one.
  const bytes = new TextEncoder().encode(answer.normalize('NFC'))
  if (bytes.length > promptLimits.answer) throw new PromptError(tooLong(bytes.length))
  return bytes
}

/** The answer that came as a challenge's reply. @throws PromptError */
export function readAnswer(bytes: Uint8Array): string {
  if (bytes.length > promptLimits.answer) throw new PromptError(tooLong(bytes.length))
  return decode(bytes, 'An answer')
}

function checkPrompt(value: unknown): Prompt {
  if (typeof value !== 'object' || value === null) throw new PromptError('A prompt is an object: { text, kind }.')
  const { text, kind }: { text?: unknown; kind?: unknown } = value
  if (kind !== 'secret' && kind !== 'text' && kind !== 'link')
    throw new PromptError('The kind of a prompt is secret, text or link.')
  if (typeof text !== 'string' || text.trim() === '') throw new PromptError('A prompt needs a text.')
  if (kind === 'link') checkLink(text)
  else if (text.length > promptLimits.text)
    throw new PromptError(`The text of a prompt has ${text.length} characters; ${promptLimits.text} are shown.`)
  return { text, kind }
}

/** Only what a browser opens over TLS, or on this very machine, and what reads as what it is. */
function checkLink(text: string): void {
  const isPlain = text.length <= promptLimits.link && /^[\x21-\x7e]+$/.test(text)
  const url = isPlain && URL.canParse(text) ? new URL(text) : undefined
  const isSafe = url?.protocol === 'https:' || (url?.protocol === 'http:' && isThisMachine(url.hostname))
  if (!url || !isSafe || url.username !== '' || url.password !== '')
    throw new PromptError('The text of a link is an https address without a user name, of at most 2,000 characters.')
}

function isThisMachine(host: string): boolean {
  return host === 'localhost' || host === '127.0.0.1' || host === '[::1]'
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new PromptError('A prompt is JSON: { "text", "kind" }.')
  }
}

function decode(bytes: Uint8Array, what: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    throw new PromptError(`${what} is not UTF-8.`)
  }
}

function tooLong(length: number): string {
  return `An answer has ${length} bytes; ${promptLimits.answer} are taken.`
}
