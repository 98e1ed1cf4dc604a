import { randomBytes } from 'node:crypto'
import { relative } from 'node:path'
import { createInterface, type Interface } from 'node:readline'
import { asParleyError } from '../../daemon/src/errors.ts'
import type { MessageInfo } from '../../daemon/src/protocol/control.ts'
import { toText } from '../../daemon/src/protocol/ids.ts'
import type { DemoTeam } from './team.ts'

/** ms until a line counts as failed: generous, both hubs are on this computer. */
const patience = 15_000

/**
 * Sends each line of stdin as alice and prints bob's answer, both with their state, until stdin ends. Gives the exit
 * code: 0, or 1 when a line could not be sent or got no answer.
 */
export async function chat(team: DemoTeam): Promise<number> {
  const isTerminal = Boolean(process.stdin.isTTY && process.stdout.isTTY)
  const answers = await watchAnswers(team)
  console.log(welcome(team, isTerminal))
  const lines = createInterface({
    input: process.stdin,
    ...(isTerminal && { output: process.stdout, prompt: 'alice> ' }),
  })
  const interrupted = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => interrupted.abort())
  lines.once('SIGINT', () => lines.close())
  interrupted.signal.addEventListener('abort', () => lines.close())
  let code = 0
  if (isTerminal) lines.prompt()
  for await (const line of lines) {
    if (line.trim() !== '') {
      try {
        for await (const shown of exchange(team, answers, line)) print(lines, isTerminal, shown)
      } catch (error) {
        code = isTerminal ? 0 : 1
        print(lines, isTerminal, asParleyError(error).message)
      }
    }
    if (isTerminal) lines.prompt()
  }
  return code
}

/** Sends one line; gives what to show: alice's line once delivered, then bob's answer once delivered. */
async function* exchange({ alice, bob }: DemoTeam, answers: Answers, text: string): AsyncGenerator<string> {
  const message = toText(randomBytes(16))
  const answer = answers.next()
  const { conversation } = await alice.client.request('send', { to: 'bob', text, message })
  const wait = { conversation, timeout: patience }
  yield lineOf(await alice.client.request('waitDelivered', { ...wait, message }))
  yield lineOf(await bob.client.request('waitDelivered', { ...wait, message: (await answer).message }))
}

function lineOf({ name, text, state }: MessageInfo): string {
  return `${`${name}:`.padEnd(7)}${text}   ${state === 'delivered' ? '✓' : '…'} ${state}`
}

function print(lines: Interface, isTerminal: boolean, text: string): void {
  if (isTerminal) process.stdout.write('\r\x1b[K')
  console.log(text)
  if (isTerminal) lines.prompt(true)
}

interface Answers {
  /** The next message from bob that reaches alice. */
  next(): Promise<MessageInfo>
}

async function watchAnswers({ alice }: DemoTeam): Promise<Answers> {
  let waiting: PromiseWithResolvers<MessageInfo> | undefined
  const seen = new Set<string>()
  alice.client.onMessages(({ messages }) => {
    for (const message of messages) {
      if (message.mine || seen.has(message.message)) continue
      seen.add(message.message)
      waiting?.resolve(message)
    }
  })
  await alice.client.request('subscribeMessages', { with: 'bob' })
  return {
    next() {
      const next = Promise.withResolvers<MessageInfo>()
      waiting = next
      const late = setTimeout(() => next.reject(new Error(`bob did not answer within ${patience / 1000} s`)), patience)
      next.promise.catch(() => {}).finally(() => clearTimeout(late))
      return next.promise
    },
  }
}

function welcome({ folder, registry }: DemoTeam, isTerminal: boolean): string {
  const home = relative(process.cwd(), folder)
  return `
The registry is on ${registry.listen} (TCP) and ${registry.heartbeat} (UDP); alice and bob are signed up and online.
${isTerminal ? 'Type a line and press Enter: it goes from alice to bob, who answers. Ctrl+D ends it all.\n' : ''}
Try next, in another terminal, while this runs:
  npm run parley -- who --home ${home}/alice             who is online
  npm run parley -- log bob --home ${home}/alice         what was said, on alice's side
  npm run parley -- chat alice --home ${home}/bob        be bob yourself
  npm run parley -- status --home ${home}/registry       how the registry is doing
Set it up for a real team: README.md, "Set it up for a team".
`
}
