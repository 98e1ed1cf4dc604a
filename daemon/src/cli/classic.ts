import type { Command } from 'commander'
import { ParleyError } from '../errors.ts'
import { checkClassicPassword, readAlias } from '../protocol/classic-names.ts'
import { checkPassword } from '../protocol/passwords.ts'
import { Answers, type Question } from './answers.ts'
import { addCommand, type CommonOptions, withHub } from './command.ts'
import { print, printJson, type Terminal } from './terminal.ts'

interface Options extends CommonOptions {
  readonly alias?: string
  readonly off?: boolean
}

export function addClassic(program: Command, terminal: Terminal): void {
  addCommand(program, 'classic', 'let yourself sign in with the original program, by a password of its own', [
    'parley classic                  under your own name, if it fits 10 bytes',
    'parley classic --alias lexi     under another name, which is yours alone from then on',
    'parley classic --off            no longer; the alias is free again',
  ])
    .option('--alias <name>', 'what classic clients know you by: 3 to 10 bytes')
    .option('--off', 'take the classic password and the alias away')
    .action((options: Options) => run(terminal, options))
}

async function run(terminal: Terminal, options: Options): Promise<void> {
  if (options.off && options.alias !== undefined) {
    throw new ParleyError('usage', '--off takes the alias away; leave --alias out.')
  }
  const alias = options.alias === undefined ? {} : { alias: readAlias(options.alias) }
  const wish = options.off ? {} : { ...alias, password: await askPassword(terminal) }
  await withHub(terminal, options, client => client.request('setClassic', wish))
  if (options.json) printJson(terminal, {})
  else print(terminal, options.off ? 'No classic client can sign in as you any more.' : done)
}

/** A person at a terminal is told first what becomes of it. */
async function askPassword(terminal: Terminal): Promise<string> {
  const answers = new Answers(terminal)
  try {
    terminal.stderr.write(warning)
    for (;;) {
      try {
        const password = await answers.ask(question)
        checkPassword(password)
        checkClassicPassword(password)
        return password
      } catch (error) {
        if (!(error instanceof ParleyError) || error.code !== 'bad-password' || !answers.asksPerson(question))
          throw error
        answers.refuse(error)
      }
    }
  } finally {
    await answers.close()
  }
}

const question: Question = {
  what: 'the classic password',
  prompt: 'Choose a classic password: ',
  env: 'PARLEY_CLASSIC_PASSWORD',
  isSecret: true,
}

const warning =
  'The original program sends this password unencrypted: anybody on the way can read it. Take one that you use nowhere else, not the one of your account.\n'

const done = 'The original program can sign in as you now. What is written with it is not encrypted.'
