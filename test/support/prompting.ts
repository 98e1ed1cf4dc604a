import { type Auth, ask, type Prompt } from '@parley/kit'
import type { AskPerson } from '../../daemon/src/protocol/prompts.ts'

/** Asks for a secret, and knows people by it. */
export function promptAuth(secrets: Record<string, string>, changes: Partial<Auth> = {}): Auth {
  return {
    mechanism: 'prompt',
    async signIn(exchange) {
      const secret = await ask(exchange, { kind: 'secret', text: `Password of ${exchange.name}` })
      return { is: secrets[exchange.name] === secret ? 'allow' : 'deny' }
    },
    ...changes,
  }
}

/** Keeps the secret that somebody chooses, in the clear: only for tests. */
export function keepingAuth(): Auth {
  const asking = (text: string): Prompt => ({ kind: 'secret', text })
  return {
    mechanism: 'prompt',
    async enrol(exchange) {
      return { is: 'allow', credential: new TextEncoder().encode(await ask(exchange, asking('Choose a secret'))) }
    },
    async signIn(exchange) {
      const secret = await ask(exchange, asking('Your secret'))
      const kept = exchange.credential && new TextDecoder().decode(exchange.credential)
      return { is: secret === kept ? 'allow' : 'deny' }
    },
  }
}

/** Somebody who gives these answers in turn, and what they were asked; gives up when there is none left. */
export function person(...answers: string[]): { ask: AskPerson; asked: Parameters<AskPerson>[0][] } {
  const asked: Parameters<AskPerson>[0][] = []
  return {
    asked,
    async ask(prompt) {
      asked.push(prompt)
      const answer = answers.shift()
      if (answer === undefined) throw new Error('Nobody answers.')
      return answer
    },
  }
}
