import type { Client } from '../client/connect.ts'
import { asParleyError, type ParleyError } from '../errors.ts'
import { limits } from '../limits.ts'
import type { ControlRequests, PromptInfo } from '../protocol/control.ts'
import type { Answers, Question } from './answers.ts'
import { harmless, harmlessLine } from './harmless.ts'
import type { Terminal } from './terminal.ts'

/** The requests in whose course the registry may ask the person. */
type Prompted = 'signUp' | 'signIn' | 'changePassword' | 'resetPassword'

/**
 * Makes a request, and answers what the registry asks meanwhile: the first secret from PARLEY_PASSWORD where that is set,
 * all else by the person at the terminal or the lines of stdin. A person who has answered wrongly is asked again.
 * @throws ParleyError what the hub refuses with; `usage` when an answer is not to be had, `closed` when a person gives up
 */
export async function requestPrompted<Method extends Prompted>(
  { terminal, client, answers }: { terminal: Terminal; client: Client; answers: Answers },
  method: Method,
  params: ControlRequests[Method][0],
): Promise<ControlRequests[Method][1]> {
  for (let tries = 1; ; tries++) {
    const asking = new Asking(terminal, client, answers)
    try {
      return await client.request(method, { ...params, prompts: true }, { timeout: limits.prompted })
    } catch (error) {
      if (asking.fault) throw asking.fault
      const { code } = asParleyError(error)
      if (code !== 'wrong-credentials' || !asking.hasAskedPerson || tries === limits.passwordTries) throw error
      answers.refuse(asParleyError(error))
    } finally {
      await asking.close()
    }
  }
}

/** Answers the prompts of one request. */
class Asking {
  /** Why there was no answer. */
  fault: ParleyError | undefined
  hasAskedPerson = false
  readonly #terminal: Terminal
  readonly #client: Client
  readonly #answers: Answers
  readonly #over = new AbortController()
  readonly #forget: () => void
  #mayTakeVariable = true
  #hasIntroduced = false
  #turn: Promise<void> = Promise.resolve()

  constructor(terminal: Terminal, client: Client, answers: Answers) {
    this.#terminal = terminal
    this.#client = client
    this.#answers = answers
    this.#forget = client.on('prompt', asked => {
      this.#turn = this.#turn.then(() => this.#answer(asked))
    })
  }

  /** The request is over: whoever still types is typing to nobody. */
  async close(): Promise<void> {
    this.#forget()
    this.#over.abort()
    await this.#turn
  }

  async #answer(asked: PromptInfo): Promise<void> {
    const { prompt } = asked
    const answer = await this.#ask(asked).catch((error: unknown) => {
      if (!this.#over.signal.aborted) this.fault = asParleyError(error)
    })
    if (this.#over.signal.aborted) return
    // Refused only where nobody waits for it any more, which the request itself tells.
    await this.#client.request('answerPrompt', { prompt, ...(answer !== undefined && { answer }) }).catch(() => {})
  }

  #ask({ team, text, kind }: PromptInfo): Promise<string> {
    const isFirstSecret = kind === 'secret' && this.#mayTakeVariable
    if (isFirstSecret) this.#mayTakeVariable = false
    const lines = harmless(text).split('\n')
    const last = kind === 'link' ? 'Enter when you are done, or what the page has given you: ' : ask(lines.pop() ?? '')
    const question: Question = {
      what: `an answer to ${JSON.stringify(harmlessLine(text))}`,
      prompt: last,
      ...(isFirstSecret && { env: 'PARLEY_PASSWORD' }),
      isSecret: kind === 'secret',
      ...(kind !== 'secret' && { mayBeEmpty: true }),
    }
    if (this.#answers.asksPerson(question)) this.#introduce(team, kind, lines)
    return this.#answers.ask(question, this.#over.signal)
  }

  #introduce(team: string, kind: PromptInfo['kind'], lines: readonly string[]): void {
    const { stderr } = this.#terminal
    if (!this.#hasIntroduced) stderr.write(`${harmlessLine(team) || 'This team'} asks, and sees what you answer.\n`)
    this.#hasIntroduced = true
    this.hasAskedPerson = true
    if (kind === 'link') stderr.write('Open this page in a browser, if you expect it:\n')
    for (const line of lines) stderr.write(`${kind === 'link' ? '    ' : ''}${line}\n`)
  }
}

/** A question as the prompt of a line. */
function ask(text: string): string {
  const plain = text.trim()
  return /[:?]$/.test(plain) ? `${plain} ` : `${plain}: `
}
