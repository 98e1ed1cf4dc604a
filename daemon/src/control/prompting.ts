import { randomBytes } from 'node:crypto'
import { ParleyError } from '../errors.ts'
import type { ControlRequests, PromptInfo } from '../protocol/control.ts'
import { toText } from '../protocol/ids.ts'
import type { AskPerson } from '../protocol/prompts.ts'

/**
 * What the person in front of one front end is asked: a `prompt` goes out, `answerPrompt` comes back. A hub does one change
 * of its account at a time, so that few are open at once.
 */
export class Prompting {
  readonly #send: (prompt: PromptInfo) => void
  readonly #gone: AbortSignal
  readonly #open = new Map<string, PromiseWithResolvers<string>>()

  /** `gone` is aborted when nobody can answer any more. */
  constructor(send: (prompt: PromptInfo) => void, gone: AbortSignal) {
    this.#send = send
    this.#gone = gone
  }

  readonly ask: AskPerson = async (asked, signal) => {
    const both = AbortSignal.any([signal, this.#gone])
    both.throwIfAborted()
    const prompt = toText(randomBytes(16))
    const answer = Promise.withResolvers<string>()
    const ended = () => answer.reject(both.reason)
    both.addEventListener('abort', ended, { once: true })
    this.#open.set(prompt, answer)
    try {
      this.#send({ prompt, ...asked })
      return await answer.promise
    } finally {
      this.#open.delete(prompt)
      both.removeEventListener('abort', ended)
    }
  }

  /** @throws ParleyError `usage` for a prompt that is not open, or not any more */
  async answer({ prompt, answer }: ControlRequests['answerPrompt'][0]): Promise<Record<string, never>> {
    const open = this.#open.get(prompt)
    if (!open) throw new ParleyError('usage', 'Nobody waits for this answer any more. Start the sign-in again.')
    if (answer === undefined) open.reject(new ParleyError('closed', 'The sign-in was given up; nothing was changed.'))
    else open.resolve(answer)
    return {}
  }
}
