import type { Command } from 'commander'
import type { Client } from '../client/connect.ts'
import { asParleyError, ParleyError } from '../errors.ts'
import { limits } from '../limits.ts'
import { checkText } from '../protocol/bodies.ts'
import { personOf } from '../protocol/conversation-infos.ts'
import { addCommand, type CommonOptions, withHub } from './command.ts'
import { addFiles } from './file.ts'
import { harmlessLine } from './harmless.ts'
import { mentionsIn } from './mentions.ts'
import { messageNamed } from './message-named.ts'
import { stateMark } from './messages.ts'
import { readDuration } from './moments.ts'
import { newId } from './new-id.ts'
import { print, printJson, type Terminal } from './terminal.ts'
import { whom } from './whom.ts'

interface Options extends CommonOptions {
  readonly classic?: string
  readonly wait?: boolean
  readonly anyway?: boolean
  readonly file: readonly string[]
  readonly replyTo?: string
  readonly deadline: string
}

export function addSend(program: Command, terminal: Terminal): void {
  addCommand(
    program,
    'send [who] [text...]',
    'send a message; done once it is kept here, whether or not they are online',
    [
      'parley send bob "lunch?"',
      'parley send bob --wait lunch at noon     until bob’s device has it',
      'git diff | parley send bob               from stdin',
      'parley send bob --file plan.pdf          a file, with or without a text',
      'parley send bob --reply-to k3fq "yes"    an answer; `parley log bob --ids` shows the ids',
      'parley send "#design" "@bob lunch?"      @NAME names somebody who belongs there',
      'parley send --classic carl@10.0.0.7 hi   to a classic client, unencrypted',
    ],
  )
    .option('--wait', 'wait until it is delivered, or was handed to a classic client')
    .option('--file <path>', 'send a file along; up to ten times', (path, paths: string[]) => [...paths, path], [])
    .option('--reply-to <message>', 'the message that it answers, by the beginning of its id')
    .option('--anyway', 'send it although a plugin advises against it')
    .option('--classic <address>', '[NAME@]HOST[:PORT] of a classic client, in the place of WHO')
    .option('--deadline <time>', 'with --wait: how long', `${limits.deliveryWait / 1000}s`)
    .action((who: string | undefined, words: readonly string[], options: Options) => {
      // Where a classic client is named, the first word belongs to the text.
      const text = options.classic !== undefined && who !== undefined ? [who, ...words] : words
      return run(terminal, whom(who, options.classic), text, options)
    })
}

async function run(terminal: Terminal, to: string, words: readonly string[], options: Options): Promise<void> {
  const deadline = readDuration(options.deadline, '--deadline')
  if (deadline > limits.longestWait) throw new ParleyError('usage', '--deadline takes a day at most.')
  const hasText = words.length > 0 || options.file.length === 0
  const text = words.length > 0 ? words.join(' ') : hasText ? await readStdin(terminal) : ''
  if (hasText) checkText(text)
  await withHub(terminal, options, async client => {
    const files = await addFiles(terminal, client, options.file)
    const message = newId()
    const mentions = await mentionsIn(client, to, text)
    const answered =
      options.replyTo === undefined ? undefined : await messageNamed(client, to, options.replyTo, options)
    const asked = client.request('send', {
      ...{ to, text, message },
      ...(answered && { replyTo: { user: answered.user, message: answered.message } }),
      ...(mentions.length > 0 && { mentions }),
      ...(files.length > 0 && { files }),
      ...(options.anyway && { anyway: true }),
    })
    const sent = await asked.catch(sayHowAnyway)
    const { conversation } = sent
    const timeout = limits.controlRequest + deadline
    const last = options.wait
      ? await client.request('waitDelivered', { conversation, message, timeout: deadline }, { timeout })
      : sent
    if (options.json) printJson(terminal, last)
    else print(terminal, stateMark(terminal, last.state ?? 'queued'))
    if (last.state === 'queued') await tellHeld(terminal, client, conversation)
  })
}

/** Says why a message will wait until the person decides: otherwise they would wait, too. */
async function tellHeld(terminal: Terminal, client: Client, conversation: string): Promise<void> {
  const person = personOf((await client.request('openChat', { with: conversation })).conversation)
  if (person?.trust !== 'changed') return
  const name = harmlessLine(person.name)
  terminal.stderr.write(
    `The account key of ${name} has changed: nothing is sent before you have compared digits (parley verify ${name}), or go on without (--accept).\n`,
  )
}

/** All of stdin, without the line break that ends it. More than a message can hold is not read to its end. */
async function readStdin({ stdin, stderr }: Terminal): Promise<string> {
  if (stdin.isTTY) stderr.write('Type the message, then Ctrl+D on a line of its own.\n')
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of stdin) {
    const bytes = Buffer.from(chunk)
    chunks.push(bytes)
    size += bytes.length
    if (size > 2 * limits.text) throw tooLong()
  }
  return Buffer.concat(chunks)
    .toString('utf8')
    .replace(/\r?\n$/, '')
}

function tooLong(): ParleyError {
  const words = `The message has more than ${limits.text} bytes, which is the most that fits. Send it in parts.`
  return new ParleyError('bad-message', words)
}

/** A plugin advises against it, which a person may know better. */
function sayHowAnyway(error: unknown): never {
  const { code, message } = asParleyError(error)
  if (code === 'guarded') throw new ParleyError(code, `${message} With --anyway it is sent all the same.`)
  throw error
}
