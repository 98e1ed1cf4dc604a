import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Exchange } from '../auth.ts'
import type { Host, Log } from '../plugin.ts'
import { encodeAnswer, type Prompt, readPrompt } from '../prompt.ts'

/** A line that a plugin has logged. */
export interface LoggedLine {
  readonly level: keyof Log
  readonly about: object
  readonly text: string
}

/** A host for the tests of a plugin. */
export interface FakeHost extends Host, Disposable {
  /** Everything that was logged. */
  readonly logged: readonly LoggedLine[]
  /** The same as one text, with the errors in it: to look for what must not be there. */
  loggedText(): string
  /** Aborts `signal`, as when the daemon stops. */
  stop(): void
}

/** A host with a folder of its own, which goes with it: `using host = fakeHost()`. Secrets are kept as long as it lives. */
export function fakeHost(): FakeHost {
  const stopping = new AbortController()
  const logged: LoggedLine[] = []
  const secrets = new Map<string, Promise<Uint8Array>>()
  const note = (level: keyof Log) => (about: object, text: string) => void logged.push({ level, about, text })
  const dir = mkdtempSync(join(tmpdir(), 'parley-plugin-'))
  return {
    log: { debug: note('debug'), info: note('info'), warn: note('warn'), error: note('error') },
    signal: stopping.signal,
    dir,
    async secret(name, make) {
      const kept = secrets.get(name) ?? Promise.resolve(new Uint8Array(make()))
      secrets.set(name, kept)
      return new Uint8Array(await kept)
    },
    logged,
    loggedText: () => logged.map(({ level, about, text }) => `${level} ${text} ${inspected(about)}`).join('\n'),
    stop: () => stopping.abort(new Error('The daemon stops.')),
    [Symbol.dispose]() {
      stopping.abort(new Error('The test is over.'))
      rmSync(dir, { recursive: true, force: true })
    },
  }
}

/** What the client says to one challenge: a text as the answer to a prompt, bytes as they are, or a function that makes them. */
export type FakeAnswer = string | Uint8Array | ((challenge: Uint8Array) => Uint8Array | Promise<Uint8Array>)

/** An exchange whose client answers as the test says. */
export interface FakeExchange extends Exchange {
  /** Every challenge so far, as it was sent. */
  readonly challenges: readonly Uint8Array[]
  /** The same as prompts. Throws PromptError for what no front end could show. */
  prompts(): Prompt[]
  /** Aborts `signal`, as when the client has gone. */
  abort(): void
}

/** A sign-in of `alice` whose client gives these answers in turn, and has gone when there is none left. */
export function fakeExchange(
  answers: Iterable<FakeAnswer> = [],
  changes: Partial<Omit<Exchange, 'challenge' | 'signal'>> = {},
): FakeExchange {
  const ended = new AbortController()
  const challenges: Uint8Array[] = []
  const left = [...answers]
  return {
    name: 'alice',
    purpose: 'sign-in',
    binding: new Uint8Array(randomBytes(96)),
    first: new Uint8Array(0),
    address: '192.0.2.7',
    ...changes,
    signal: ended.signal,
    challenges,
    async challenge(data) {
      ended.signal.throwIfAborted()
      const sent = new Uint8Array(data)
      challenges.push(sent)
      const answer = left.shift()
      if (answer === undefined) throw new Error('The client has gone.')
      if (typeof answer === 'string') return encodeAnswer(answer)
      const said = await (typeof answer === 'function' ? answer(sent) : answer)
      ended.signal.throwIfAborted()
      return new Uint8Array(said)
    },
    prompts: () => challenges.map(readPrompt),
    abort: () => ended.abort(new Error('The client has gone.')),
  }
}

function inspected(about: object): string {
  const seen = new Set<unknown>()
  return JSON.stringify(about, (_key, value: unknown) => {
    if (seen.has(value)) return undefined
    if (typeof value === 'object' && value !== null) seen.add(value)
    if (!(value instanceof Error)) return value
    return { ...value, what: String(value), stack: value.stack, cause: value.cause }
  })
}
