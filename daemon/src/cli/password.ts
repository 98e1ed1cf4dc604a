import type { Command } from 'commander'
import type { Client } from '../client/connect.ts'
import { ParleyError } from '../errors.ts'
import { limits } from '../limits.ts'
import { Answers, type Question } from './answers.ts'
import { addCommand, type CommonOptions, withHub } from './command.ts'
import { askNewPassword, nextPassword } from './new-password.ts'
import { requestPrompted } from './prompted.ts'
import { print, printJson, type Terminal } from './terminal.ts'

export function addPassword(program: Command, terminal: Terminal): void {
  addCommand(program, 'password', 'change the password of your account', [
    'parley password                 asks for the present password and a new one',
    'printf \'%s\\n%s\\n\' "$OLD" "$NEW" | parley password',
  ]).action((options: CommonOptions) => run(terminal, options))
}

async function run(terminal: Terminal, options: CommonOptions): Promise<void> {
  const answers = new Answers(terminal)
  try {
    await withHub(terminal, options, client => change(terminal, client, answers))
  } finally {
    await answers.close()
  }
  if (options.json) printJson(terminal, {})
  else print(terminal, 'The new password holds from now on. Your devices stay signed in.')
}

/** A person who has mistyped the present password is asked for it again, and not for the new one. */
async function change(terminal: Terminal, client: Client, answers: Answers): Promise<void> {
  const { hub } = await client.request('status', {})
  if (hub?.accounts[0]?.signsInBy === 'prompts') {
    await requestPrompted({ terminal, client, answers }, 'changePassword', {})
    return
  }
  let password = await answers.ask(present)
  const newPassword = await askNewPassword(answers, nextPassword)
  for (let tries = 1; ; tries++) {
    try {
      await client.request('changePassword', { password, newPassword })
      return
    } catch (error) {
      const isWrong = error instanceof ParleyError && error.code === 'wrong-credentials'
      if (!isWrong || !answers.asksPerson(present) || tries === limits.passwordTries) throw error
      answers.refuse(error)
      password = await answers.ask(present)
    }
  }
}

const present: Question = {
  what: 'the present password',
  prompt: 'Present password: ',
  env: 'PARLEY_PASSWORD',
  isSecret: true,
}
