import { randomBytes } from 'node:crypto'
import { relative } from 'node:path'
import { createInterface, type Interface } from 'node:readline'
import { asParleyError } from '../../daemon/src/errors.ts'
import type { MessageInfo } from '../../daemon/src/protocol/control.ts'
import { toText } from '../../daemon/src/protocol/ids.ts'
import { answerTo } from './echo.ts'
import type { DemoTeam } from './team.ts'

/** What opening the editors may fetch, said before it does. */
export const download = 'Without a VS Code on this screen it fetches one from npm, once (150 MB, half a minute).'

/** ms until a line counts as failed: generous, both hubs are on this computer. */
const patience = 15_000

/**
 * Sends each line of stdin as alice and prints bob's answer, both with their state, until stdin ends. Gives the exit
 * code: 0, or 1 when a line could not be sent or got no answer; `editor` when the person wants the editors instead.
 */
export async function chat(team: DemoTeam): Promise<number | 'editor'> {
  const isTerminal = Boolean(process.stdin.isTTY && process.stdout.isTTY)
  let shown: Interface | undefined
  const answers = await watchAnswers(team, message => print(shown, isTerminal, lineOf(message)))
  console.log(welcome(team, isTerminal))
  // Nothing is awaited from here to the loop: readline would drop the lines that come meanwhile.
  const lines = createInterface({
    input: process.stdin,
    ...(isTerminal && { output: process.stdout, prompt: 'alice> ' }),
  })
  shown = lines
  const interrupted = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => interrupted.abort())
  lines.once('SIGINT', () => lines.close())
  interrupted.signal.addEventListener('abort', () => lines.close())
  let wantsEditor = false
  const listenToKey = (_text: string | undefined, key: { readonly ctrl?: boolean; readonly name?: string }) => {
    wantsEditor ||= key.ctrl === true && key.name === 'o'
    if (wantsEditor) lines.close()
  }
  if (isTerminal) process.stdin.on('keypress', listenToKey)
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
  process.stdin.off('keypress', listenToKey)
  return wantsEditor ? 'editor' : code
}

/** Sends one line; gives what to show: alice's line once delivered, then bob's answer once delivered. */
async function* exchange({ alice, bob }: DemoTeam, answers: Answers, text: string): AsyncGenerator<string> {
  const message = toText(randomBytes(16))
  const answer = answers.to(text)
  const { conversation } = await alice.client.request('send', { to: 'bob', text, message })
  const wait = { conversation, timeout: patience }
  yield lineOf(await alice.client.request('waitDelivered', { ...wait, message }))
  yield lineOf(await bob.client.request('waitDelivered', { ...wait, message: (await answer).message }))
}

function lineOf({ name, text, state }: MessageInfo): string {
  const mark = state === undefined ? '' : `   ${state === 'delivered' ? '✓' : '…'} ${state}`
  return `${`${name}:`.padEnd(7)}${text}${mark}`
}

function print(lines: Interface | undefined, isTerminal: boolean, text: string): void {
  if (isTerminal) process.stdout.write('\r\x1b[K')
  console.log(text)
  if (isTerminal) lines?.prompt(true)
}

interface Answers {
  /** The bot's answer to `text`, once it has reached alice. */
  to(text: string): Promise<MessageInfo>
}

/** Sorts what reaches alice: answers to whoever waits for one, anything else that bob says to `tell`. */
async function watchAnswers({ alice }: DemoTeam, tell: (message: MessageInfo) => void): Promise<Answers> {
  const waiting = new Map<string, PromiseWithResolvers<MessageInfo>>()
  const seen = new Set<string>()
  alice.client.on('messages', ({ messages }) => {
    for (const message of messages) {
      if (message.mine || seen.has(message.message)) continue
      seen.add(message.message)
      const awaited = waiting.get(message.text)
      if (awaited) awaited.resolve(message)
      else tell(message)
    }
  })
  await alice.client.request('subscribeMessages', { with: 'bob' })
  return {
    to(text) {
      const expected = answerTo(text)
      const answer = Promise.withResolvers<MessageInfo>()
      waiting.set(expected, answer)
      const late = setTimeout(
        () => answer.reject(new Error(`bob did not answer within ${patience / 1000} s`)),
        patience,
      )
      const done = () => {
        clearTimeout(late)
        waiting.delete(expected)
      }
      answer.promise.then(done, done)
      return answer.promise
    },
  }
}

function welcome({ folder, registry }: DemoTeam, isTerminal: boolean): string {
  const home = relative(process.cwd(), folder)
  return `
The registry is on ${registry.listen} (TCP) and ${registry.heartbeat} (UDP); alice and bob are signed up and online.
${isTerminal ? 'Type a line and press Enter: it goes from alice to bob, who answers. Ctrl+D ends it all.\n' : ''}
${isTerminal ? `Ctrl+O opens alice and bob each in a VS Code. ${download}\n` : ''}
Try next, in another terminal, while this runs:
  npm run parley -- who --home ${home}/alice             who is online
  npm run parley -- log bob --home ${home}/alice         what was said, on alice's side
  npm run parley -- chat alice --home ${home}/bob        be bob yourself
  npm run parley -- status --home ${home}/registry       how the registry is doing
Set it up for a real team: README.md, "Set it up for a team, from the terminal".
`
}
