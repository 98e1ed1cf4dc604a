import { ParleyError } from '../errors.ts'
import { checkPassword } from '../protocol/passwords.ts'
import type { Answers, Question } from './answers.ts'

/**
 * Asks for a new password: of a person at a terminal twice, and again until it will do.
 * @throws ParleyError `bad-password`, `usage`
 */
export async function askNewPassword(answers: Answers, question: Question): Promise<string> {
  for (;;) {
    try {
      return await askOnce(answers, question)
    } catch (error) {
      if (!(error instanceof ParleyError) || error.code !== 'bad-password' || !answers.asksPerson(question)) throw error
      // Were this the end, the next password would be typed into the shell, and kept in its history.
      answers.refuse(error)
    }
  }
}

async function askOnce(answers: Answers, question: Question): Promise<string> {
  const password = await answers.ask(question)
  checkPassword(password)
  if (!answers.asksPerson(question)) return password
  const again = await answers.ask({ ...question, prompt: 'The same again: ' })
  if (again === password) return password
  throw new ParleyError('bad-password', 'The two passwords differ; nothing was sent. Try again.')
}

/** What a change and a reset of the password ask for. */
export const nextPassword: Question = {
  what: 'the new password',
  prompt: 'Choose a new password: ',
  env: 'PARLEY_NEW_PASSWORD',
  isSecret: true,
}
