import { ParleyError } from '../errors.ts'
import { Answers } from './answers.ts'
import type { Terminal } from './terminal.ts'

/**
 * Asks before what cannot be taken back: at the terminal, in PARLEY_YES or as a line of stdin.
 * `option`: what spares the question.
 * @throws ParleyError `closed` with the words `otherwise` unless the answer is yes
 */
export async function confirm(terminal: Terminal, question: string, otherwise: string, option?: string): Promise<void> {
  const answers = new Answers(terminal)
  try {
    const wish = {
      what: 'yes',
      prompt: `${question} Type yes to go on: `,
      env: 'PARLEY_YES',
      isSecret: false,
      ...(option && { option }),
    }
    const answer = await answers.ask(wish)
    if (answer.trim().toLowerCase() !== 'yes') throw new ParleyError('closed', otherwise)
  } finally {
    await answers.close()
  }
}
