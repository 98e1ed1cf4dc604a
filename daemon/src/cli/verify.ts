import type { Command } from 'commander'
import { ParleyError } from '../errors.ts'
import type { PersonInfo } from '../protocol/control.ts'
import { addCommand, type CommonOptions, homeHint, withHub } from './command.ts'
import { confirm } from './confirm.ts'
import { harmlessLine } from './harmless.ts'
import { personLabel } from './people.ts'
import { paint, print, printJson, type Terminal } from './terminal.ts'

interface Options extends CommonOptions {
  readonly confirm?: true
  readonly unverify?: true
  readonly accept?: true
}

export function addVerify(program: Command, terminal: Terminal): void {
  addCommand(program, 'verify <who>', 'the safety number that you and somebody compare, and what you made of it', [
    'parley verify bob              60 digits; bob sees the same by: parley verify NAME',
    'parley verify bob --confirm    they are the same: bob is verified from now on',
    'parley verify bob --unverify   not verified any more',
    'parley verify bob --accept     go on with a changed key that nobody has compared',
  ])
    .option('--confirm', 'the digits are the same at both ends')
    .option('--unverify', 'take that back')
    .option('--accept', 'go on with a changed account key, not verified')
    .action((who: string, options: Options) => run(terminal, who, options))
}

async function run(terminal: Terminal, who: string, options: Options): Promise<void> {
  const { confirm: isConfirmed, unverify, accept } = options
  if ([isConfirmed, unverify, accept].filter(Boolean).length > 1) {
    throw new ParleyError('usage', 'Give only one of --confirm, --unverify and --accept.')
  }
  await withHub(terminal, options, async client => {
    const { person, digits } = await client.request('safetyNumber', { with: who })
    if (accept) return said(terminal, options, await client.request('acceptKey', { with: who }), digits)
    if (unverify) {
      const changed = await client.request('setVerified', { with: who, digits, verified: false })
      return said(terminal, options, changed, digits)
    }
    if (!isConfirmed) return said(terminal, options, person, digits)
    terminal.stderr.write(`${block(digits)}\n`)
    const question = `Does ${personLabel(person)} see the same digits? Ask in person or by phone.`
    await confirm(terminal, question, 'Nothing was verified.')
    const verified = await client.request('setVerified', { with: who, digits, verified: true })
    said(terminal, options, verified, digits)
  })
}

function said(terminal: Terminal, options: Options, person: PersonInfo, digits: string): void {
  if (options.json) printJson(terminal, { person, digits })
  else for (const line of words(terminal, options, person, digits)) print(terminal, line)
}

function words(terminal: Terminal, options: Options, person: PersonInfo, digits: string): string[] {
  const name = personLabel(person)
  const hasDecided = options.confirm || options.accept || options.unverify
  const shown = hasDecided ? [] : [block(digits)]
  if (person.trust === 'verified') return [...shown, `${name} is verified.`]
  if (person.trust === 'changed') {
    const changed = paint(terminal, 'red', `The account key of ${name} has changed since you verified it.`)
    return [
      ...shown,
      changed,
      'Nothing passes between you until you compare again (--confirm) or go on without (--accept).',
    ]
  }
  const next = `If ${name} sees the same: parley verify ${harmlessLine(person.name)} --confirm${homeHint(options)}`
  return [...shown, `${name} is not verified.`, ...(hasDecided ? [] : [paint(terminal, 'dim', next)])]
}

/** Twelve groups in three lines. */
function block(digits: string): string {
  const groups = digits.split(' ')
  return [0, 4, 8].map(start => `    ${groups.slice(start, start + 4).join(' ')}`).join('\n')
}
