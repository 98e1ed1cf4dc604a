import type { Command } from 'commander'
import type { Client } from '../client/connect.ts'
import { ParleyError } from '../errors.ts'
import type { RequestInfo } from '../protocol/control.ts'
import { addCommand, type CommonOptions, homeHint, withHub } from './command.ts'
import { harmlessLine } from './harmless.ts'
import { columns } from './layout.ts'
import { showTime } from './moments.ts'
import { personLabel } from './people.ts'
import { shellWord } from './shell-word.ts'
import { paint, print, printJson, type Terminal } from './terminal.ts'

interface Options extends CommonOptions {
  readonly policy?: string
}

const answers = ['accept', 'decline', 'block'] as const
type Answer = (typeof answers)[number]

export function addRequests(program: Command, terminal: Terminal): void {
  addCommand(program, 'requests [answer] [who]', 'who asks to chat: people of no team and classic clients', [
    'parley requests                   who waits for an answer',
    'parley requests accept k3vq       by the beginning of the id, or by a name that only one has',
    'parley requests decline k3vq      not shown again for a day',
    'parley requests block k3vq        never again',
    'parley requests --policy accept   take everybody who asks from now on; ask: the usual',
  ])
    .option('--policy <policy>', 'what is done with requests from now on: ask or accept')
    .action((answer: string | undefined, who: string | undefined, options: Options) => {
      return run(terminal, answer, who, options)
    })
}

async function run(
  terminal: Terminal,
  answer: string | undefined,
  who: string | undefined,
  options: Options,
): Promise<void> {
  const { policy } = options
  if (policy !== undefined && policy !== 'ask' && policy !== 'accept') {
    throw new ParleyError('usage', `--policy takes ask or accept, not ${JSON.stringify(policy.slice(0, 40))}.`)
  }
  if (answer !== undefined && !isAnswer(answer)) {
    throw new ParleyError('usage', `"${answer.slice(0, 40)}" is no answer: accept, decline or block.`)
  }
  if (answer !== undefined && who === undefined) {
    throw new ParleyError('usage', `Whom to ${answer}? \`parley requests\` lists who asks.`)
  }
  await withHub(terminal, options, async client => {
    if (policy !== undefined) await client.request('setRequestPolicy', { policy })
    if (answer === undefined || who === undefined) return list(terminal, client, options)
    await give(terminal, client, { answer, who, options })
  })
}

async function list(terminal: Terminal, client: Client, options: Options): Promise<void> {
  const waiting = await client.request('requests', {})
  if (options.json) return printJson(terminal, waiting)
  const { requests, policy } = waiting
  for (const line of columns(requests.map(request => requestRow(terminal, request)))) print(terminal, line)
  for (const { id, safetyNumber } of requests) {
    if (safetyNumber) print(terminal, paint(terminal, 'dim', `${shortId(id)}  safety number ${safetyNumber}`))
  }
  if (requests.length === 0) print(terminal, 'Nobody asks to chat.')
  else print(terminal, paint(terminal, 'dim', `Answer: parley requests accept|decline|block ID${homeHint(options)}`))
  const words = policy === 'ask' ? 'Whoever asks waits for an answer.' : 'Whoever asks is accepted at once.'
  print(terminal, paint(terminal, 'dim', words))
}

async function give(
  terminal: Terminal,
  client: Client,
  { answer, who, options }: { answer: Answer; who: string; options: Options },
): Promise<void> {
  const { requests } = await client.request('requests', {})
  const request = requestNamed(requests, who)
  const { conversation } = await client.request('answerRequest', { id: request.id, answer })
  if (options.json) return printJson(terminal, { id: request.id, answer, ...(conversation && { conversation }) })
  if (answer === 'decline') return print(terminal, `Declined. ${label(request)} is not shown again for a day.`)
  if (answer === 'block') return print(terminal, `Blocked ${label(request)}. \`parley unblock\` undoes it.`)
  const person = conversation?.person
  print(terminal, `Accepted: ${person ? personLabel(person) : label(request)}`)
  if (person)
    print(terminal, `Chat: parley chat ${shellWord(harmlessLine(person.address ?? person.name))}${homeHint(options)}`)
}

/** By the beginning of an id, or by a name, where only one is meant. */
function requestNamed(requests: readonly RequestInfo[], who: string): RequestInfo {
  const asked = who.trim().toLowerCase()
  const found = requests.filter(
    ({ id, name }) => asked !== '' && (id.startsWith(asked) || name.toLowerCase() === asked),
  )
  const [request, another] = found
  if (request && !another) return request
  const words = another ? 'Several requests are meant by' : 'No request waits by'
  throw new ParleyError('usage', `${words} "${who.slice(0, 80)}". \`parley requests\` lists their ids.`)
}

function requestRow(terminal: Terminal, request: RequestInfo): string[] {
  const { id, name, displayName, at, kind } = request
  const known = displayName === name ? '' : harmlessLine(displayName)
  const how = kind === 'classic' ? 'classic, not encrypted' : 'not verified'
  return [
    shortId(id),
    paint(terminal, 'bold', harmlessLine(name)),
    known,
    `from ${harmlessLine(request.address)}`,
    paint(terminal, 'dim', `${how}, ${showTime(at)}`),
  ]
}

function label({ name, address }: RequestInfo): string {
  return `${harmlessLine(name)} (${harmlessLine(address)})`
}

/** Enough of an id to tell it from others. */
function shortId(id: string): string {
  return id.slice(0, 8)
}

function isAnswer(text: string): text is Answer {
  return answers.some(answer => answer === text)
}
