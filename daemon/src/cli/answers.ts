import { createInterface } from 'node:readline/promises'
import { type Readable, Writable } from 'node:stream'
import { setTimeout as pause } from 'node:timers/promises'
import { ParleyError } from '../errors.ts'
import { limits } from '../limits.ts'
import type { Terminal } from './terminal.ts'

export interface Question {
  /** What is asked for, in words: `the password`. */
  readonly what: string
  readonly prompt: string
  /** The variable that may hold the answer. */
  readonly env?: string
  /** The option that says it as well. */
  readonly option?: string
  readonly isSecret: boolean
  /** Whether a person may paste several lines as the answer. */
  readonly isPasted?: true
  /** Whether nothing is an answer as well. */
  readonly mayBeEmpty?: true
}

/**
 * Where the answers come from that are no arguments, as everybody on a machine can read those: an environment variable,
 * else the person at the terminal, else the next line of stdin.
 */
export class Answers {
  readonly #terminal: Terminal
  readonly #lines: StdinLines

  constructor(terminal: Terminal) {
    this.#terminal = terminal
    this.#lines = new StdinLines(terminal.stdin)
  }

  /** Whether a person is there to be asked. */
  get #isInteractive(): boolean {
    return this.#terminal.stdin.isTTY === true
  }

  /** Whether a person would type the answer, and so could type another one. */
  asksPerson({ env }: Question): boolean {
    return this.#isInteractive && !this.#given(env)
  }

  /** Tells the person at the terminal why the question comes again. */
  refuse({ message }: ParleyError): void {
    this.#terminal.stderr.write(`parley: ${message}\n`)
  }

  /** Throws ParleyError `usage` when there is no answer to be had, and `closed` once `signal` is aborted. */
  async ask(question: Question, signal?: AbortSignal): Promise<string> {
    const { what, env, option, mayBeEmpty = false } = question
    const given = this.#given(env)
    if (given) return given
    const answer = this.#isInteractive ? await this.#prompt(question, signal) : await unless(signal, this.#lines.next())
    if (answer !== undefined && (answer !== '' || mayBeEmpty)) return answer
    const first = option === undefined ? '' : `with ${option}, `
    const variable = env === undefined ? '' : ` in ${env},`
    throw new ParleyError(
      'usage',
      `Give ${what}: ${first}at the prompt of a terminal,${variable} or as a line of stdin.`,
    )
  }

  /** Lets go of stdin, so that the process can end. */
  async close(): Promise<void> {
    await this.#lines.close()
  }

  #given(variable: string | undefined): string | undefined {
    return variable === undefined ? undefined : this.#terminal.env[variable]
  }

  async #prompt({ prompt, isSecret, isPasted }: Question, signal?: AbortSignal): Promise<string> {
    const { stdin, stderr } = this.#terminal
    // readline echoes what is typed to its output; a secret's goes nowhere, nor does its prompt.
    const output = isSecret ? new Writable({ write: (_chunk, _encoding, done) => done() }) : stderr
    const lines = createInterface({ input: stdin, output, terminal: true })
    // Only now the terminal echoes nothing by itself, to somebody who types or pastes at once.
    if (isSecret) stderr.write(prompt)
    const cancelled = new AbortController()
    const more: string[] = []
    if (isPasted) lines.on('line', line => more.push(line))
    lines.on('SIGINT', () => cancelled.abort()).on('close', () => cancelled.abort())
    const late = () => cancelled.abort()
    signal?.addEventListener('abort', late, { once: true })
    try {
      const first = await lines.question(prompt, { signal: cancelled.signal })
      if (isPasted) await quiet(more, cancelled.signal)
      return [first, ...more].join('\n')
    } catch (cause) {
      if (!isSecret) stderr.write('\n')
      throw new ParleyError('closed', 'Stopped; nothing was changed.', { cause })
    } finally {
      if (isSecret) stderr.write('\n')
      signal?.removeEventListener('abort', late)
      lines.close()
    }
  }
}

/** `waited`, unless `signal` is aborted before. */
async function unless<T>(signal: AbortSignal | undefined, waited: Promise<T>): Promise<T> {
  if (!signal) return waited
  waited.catch(() => {})
  const late = Promise.withResolvers<never>()
  const aborted = () => late.reject(new ParleyError('closed', 'Nobody waits for this answer any more.'))
  signal.addEventListener('abort', aborted, { once: true })
  if (signal.aborted) aborted()
  try {
    return await Promise.race([waited, late.promise])
  } finally {
    signal.removeEventListener('abort', aborted)
  }
}

/** Waits for the rest of a paste: left over, it would answer the next question, or be a command to the shell. */
async function quiet(lines: readonly string[], signal: AbortSignal): Promise<void> {
  for (let before = -1; before < lines.length; ) {
    before = lines.length
    await pause(limits.pasteQuiet, undefined, { signal })
  }
}

/** Lines of a stream, one at a time, none longer than `limits.answer`. */
class StdinLines {
  readonly #stream: Readable
  #chunks: AsyncIterator<unknown> | undefined
  #text = ''
  #hasEnded = false

  constructor(stream: Readable) {
    this.#stream = stream
  }

  async next(): Promise<string | undefined> {
    this.#chunks ??= this.#stream.setEncoding('utf8')[Symbol.asyncIterator]()
    for (;;) {
      const end = this.#text.indexOf('\n')
      if (end >= 0) return this.#take(end)
      if (this.#text.length > limits.answer)
        throw new ParleyError('usage', 'A line of stdin is too long to be an answer.')
      if (this.#hasEnded) return this.#text === '' ? undefined : this.#take(this.#text.length)
      const { value, done } = await this.#chunks.next()
      if (done) this.#hasEnded = true
      else this.#text += String(value)
    }
  }

  async close(): Promise<void> {
    await this.#chunks?.return?.()
  }

  #take(end: number): string {
    const line = this.#text.slice(0, end)
    this.#text = this.#text.slice(end + 1)
    return line.replace(/\r$/, '')
  }
}
