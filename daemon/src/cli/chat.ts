import { createInterface, type Interface } from 'node:readline'
import type { Command } from 'commander'
import type { Client } from '../client/connect.ts'
import { asParleyError, ParleyError } from '../errors.ts'
import { limits } from '../limits.ts'
import { checkText } from '../protocol/bodies.ts'
import type { ConversationInfo, MessageInfo, MessageState } from '../protocol/control.ts'
import { titleOf } from '../protocol/conversation-infos.ts'
import { ChatMessages, keyOf, runChatLine } from './chat-commands.ts'
import { chatHelp, completions, readChatLine } from './chat-line.ts'
import { addCommand, type CommonOptions, homeHint, withHub, withNewHub } from './command.ts'
import { changeLine, contentOf, type MessageChange } from './following.ts'
import { harmlessLine } from './harmless.ts'
import { mentionsIn } from './mentions.ts'
import { excerpt, messageLines, stateMark } from './messages.ts'
import { readDuration } from './moments.ts'
import { newId } from './new-id.ts'
import { personLabel } from './people.ts'
import { shellWord } from './shell-word.ts'
import { paint, print, printJson, type Terminal } from './terminal.ts'
import { whom, whomShown } from './whom.ts'

interface Options extends CommonOptions {
  readonly classic?: string
  readonly deadline: string
}

function chatLabel(conversation: ConversationInfo): string {
  return conversation.kind === 'direct' ? personLabel(conversation.person) : harmlessLine(titleOf(conversation))
}

export function addChat(program: Command, terminal: Terminal): void {
  addCommand(program, 'chat [who]', 'chat with somebody: each line is a message; Ctrl+D ends it', [
    'parley chat bob',
    "printf 'one\\ntwo\\n' | parley chat bob     sends each line, waits for their delivery",
    'parley chat --classic carl@10.0.0.7      with a classic client, unencrypted',
  ])
    .option('--classic <address>', '[NAME@]HOST[:PORT] of a classic client, in the place of WHO')
    .option('--deadline <time>', 'how long to wait for delivery at the end of input', `${limits.deliveryWait / 1000}s`)
    .action((who: string | undefined, options: Options) => {
      if (who !== undefined && options.classic !== undefined) {
        throw new ParleyError('usage', 'Give a name or --classic, not both.')
      }
      return run(terminal, whom(who, options.classic), options)
    })
}

async function run(terminal: Terminal, who: string, options: Options): Promise<void> {
  const deadline = readDuration(options.deadline, '--deadline')
  const isInteractive = terminal.stdin.isTTY === true && terminal.stdout.isTTY === true && !options.json
  const chat = (client: Client) => new Chat(terminal, client, who, { ...options, isInteractive }).run(deadline)
  // With a classic client one may chat before one has signed up anywhere.
  const begin = options.classic === undefined ? withHub : withNewHub
  await begin(terminal, options, chat, isInteractive)
}

interface ChatOptions extends CommonOptions {
  /** Whether a person types and reads. */
  readonly isInteractive: boolean
}

/** One conversation at a terminal, or between pipes. */
class Chat {
  readonly #terminal: Terminal
  readonly #client: Client
  readonly #who: string
  readonly #options: ChatOptions
  /** What was shown of each message. */
  readonly #shown = new Map<string, string>()
  readonly #messages = new ChatMessages()
  #withIds = false
  #names: readonly string[] = []
  /** Sent and not yet delivered, by message id. */
  readonly #pending = new Set<string>()
  readonly #timers = new Set<NodeJS.Timeout>()
  #settled: (() => void) | undefined
  #conversation = ''
  #reading: Promise<unknown> = Promise.resolve()
  /** Everything up to here has been shown, or is older than the chat. */
  #shownTo = ''
  #input: Interface | undefined

  constructor(terminal: Terminal, client: Client, who: string, options: ChatOptions) {
    this.#terminal = terminal
    this.#client = client
    this.#who = who
    this.#options = options
  }

  /** Runs until the input ends, then waits at most `deadline` ms for the delivery of what was sent. */
  async run(deadline: number): Promise<void> {
    const stop = this.#client.on('messages', ({ messages }) => {
      // An empty list says that some were left out.
      if (messages.length > 0) this.#take(messages)
      else void this.#catchUp().catch(error => this.#complain(error))
    })
    try {
      const { conversation } = await this.#client.request('subscribeMessages', { with: this.#who })
      this.#conversation = conversation
      await this.#begin()
      await this.#sendLines()
      await this.#drain(deadline)
      await this.#reading
    } catch (error) {
      throw asParleyError(error).code === 'closed' ? this.#gone() : error
    } finally {
      stop()
      for (const timer of this.#timers) clearTimeout(timer)
      this.#input?.close()
    }
  }

  /** What a person sees first: the last lines, all unread ones among them. A program is told what happens from now on. */
  async #begin(): Promise<void> {
    const opened = this.#options.isInteractive ? await this.#opened() : undefined
    const unread = opened?.unread ?? 0
    const limit = Math.min(Math.max(unread, usualLines), limits.chatLines)
    const page = await this.#client.request('history', { with: this.#who, limit })
    this.#shownTo = newestOf(page.messages) ?? ''
    for (const message of page.messages) {
      this.#note(message)
      if (this.#options.isInteractive) print(this.#terminal, this.#lines(message))
    }
    if (!this.#options.isInteractive) return
    const label = opened ? chatLabel(opened) : harmlessLine(whomShown(this.#who))
    if (opened?.kind === 'direct') this.#names = [opened.person.name]
    const hint = `Chat with ${label}. Enter sends, /help shows what else can be done, Ctrl+D ends.`
    print(this.#terminal, paint(this.#terminal, 'dim', hint))
    this.#markRead(page.messages)
  }

  async #opened(): Promise<ConversationInfo | undefined> {
    try {
      return (await this.#client.request('openChat', { with: this.#who })).conversation
    } catch (error) {
      // An older daemon counts nothing.
      if (asParleyError(error).code === 'unsupported') return undefined
      throw error
    }
  }

  /** What a person sees is read. Only the counts of other windows hang on it, so a failure is not worth a word. */
  #markRead(messages: readonly MessageInfo[]): void {
    const position = messages.findLast(({ mine }) => !mine)?.position
    if (position === undefined || !this.#options.isInteractive) return
    const read = { conversation: this.#conversation, position }
    this.#reading = this.#client.request('markRead', read).catch(() => {})
  }

  async #sendLines(): Promise<void> {
    const { stdin, stdout } = this.#terminal
    const { isInteractive } = this.#options
    const completer = (line: string) => completions(line, this.#names)
    const lines = createInterface({ input: stdin, ...(isInteractive && { output: stdout, prompt: '> ', completer }) })
    this.#input = lines
    lines.once('SIGINT', () => lines.close())
    // A daemon that has gone ends the chat, not the next line.
    let isGone = false
    void this.#client.closed.then(() => {
      isGone = true
      lines.close()
    })
    if (isInteractive) lines.prompt()
    for await (const line of lines) {
      if (line.trim() !== '') await this.#typed(line)
      if (isInteractive) lines.prompt()
    }
    this.#input = undefined
    // What comes next does not stand behind the prompt.
    if (isInteractive) print(this.#terminal)
    if (isGone) throw this.#gone()
  }

  /** The daemon has stopped, whatever was under way. */
  #gone(): ParleyError {
    const again = `parley chat ${this.#who.startsWith('classic:') ? '--classic ' : ''}${shellWord(harmlessLine(whomShown(this.#who)))}${homeHint(this.#options)}`
    const words = `The daemon has stopped, so the chat ends; what was sent is kept, and \`${again}\` goes on.`
    return new ParleyError('closed', words)
  }

  async #typed(line: string): Promise<void> {
    try {
      // Of what comes from a pipe every line is a message.
      const read = this.#options.isInteractive ? readChatLine(line) : ({ is: 'text', text: line } as const)
      if (read.is === 'text') await this.#send(read.text)
      else if (read.is === 'reply') await this.#send(read.text, this.#messages.find(read.id, false))
      else if (read.is === 'help') for (const words of chatHelp) this.#write(paint(this.#terminal, 'dim', words))
      else if (read.is === 'ids') this.#withIds = !this.#withIds
      else await runChatLine(this.#client, this.#who, read, this.#messages)
    } catch (error) {
      // At a terminal the next line may do better; a script must hear of it.
      if (!this.#options.isInteractive || asParleyError(error).code === 'closed') throw error
      this.#complain(error)
    }
  }

  async #send(text: string, answered?: MessageInfo): Promise<void> {
    checkText(text)
    const message = newId()
    this.#pending.add(message)
    try {
      const mentions = await mentionsIn(this.#client, this.#who, text)
      const sent = await this.#client.request('send', {
        ...{ to: this.#who, text, message },
        ...(mentions.length > 0 && { mentions }),
        ...(answered && { replyTo: { user: answered.user, message: answered.message } }),
      })
      this.#take([sent])
      if (this.#options.isInteractive && this.#pending.has(message)) this.#tellLater(sent)
    } catch (error) {
      this.#pending.delete(message)
      throw error
    }
  }

  /** Somebody who watches wants to know that a message waits, but not of one that is only on its way. */
  #tellLater(sent: MessageInfo): void {
    const { message } = sent
    const timer = setTimeout(() => {
      this.#timers.delete(timer)
      if (this.#pending.has(message)) this.#write(this.#ownLine('queued', sent))
    }, limits.onItsWay)
    this.#timers.add(timer)
  }

  #ownLine(state: MessageState, message: MessageInfo): string {
    return `  ${stateMark(this.#terminal, state)}  ${paint(this.#terminal, 'dim', excerpt(message))}`
  }

  #lines(message: MessageInfo): string {
    return messageLines(this.#terminal, message, this.#withIds ? { withId: true } : {})
  }

  /** Notes a message as shown; gives what it was shown as before. */
  #note(message: MessageInfo): string | undefined {
    const before = this.#shown.get(keyOf(message))
    this.#shown.set(keyOf(message), contentOf(message))
    this.#messages.add(message)
    return before
  }

  #take(messages: readonly MessageInfo[]): void {
    for (const message of messages) {
      const before = this.#note(message)
      const isDelivered = message.mine && isThere(message.state) && this.#pending.delete(message.message)
      if (before === undefined) this.#show(message, 'message')
      else if (before !== contentOf(message)) this.#show(message, message.gone ? 'gone' : 'changed')
      else if (isDelivered) this.#show(message, 'state')
    }
    this.#markRead(messages)
    if (this.#pending.size === 0) this.#settled?.()
  }

  #show(message: MessageInfo, event: MessageChange): void {
    if (this.#options.json) printJson(this.#terminal, changeLine(message, event))
    else if (event === 'gone') return
    else if (!this.#options.isInteractive || !message.mine || event === 'changed') this.#write(this.#lines(message))
    else if (isThere(message.state)) this.#write(this.#ownLine(message.state, message))
  }

  /** Prints above the line that is being typed. */
  #write(text: string): void {
    if (this.#options.isInteractive) this.#terminal.stdout.write('\r\x1b[K')
    print(this.#terminal, text)
    if (this.#options.isInteractive) this.#input?.prompt(true)
  }

  /** Reads back to where nothing was left out. */
  async #catchUp(): Promise<void> {
    const from = this.#shownTo
    const pages: (readonly MessageInfo[])[] = []
    let before: string | undefined
    for (;;) {
      const range = { limit: 200, ...(before !== undefined && { before }) }
      const { messages, more } = await this.#client.request('history', { with: this.#who, ...range })
      pages.unshift(messages.filter(({ position }) => position > from))
      before = messages[0]?.position
      if (!more || before === undefined || before <= from) break
    }
    for (const page of pages) this.#take(page)
    this.#shownTo = newestOf(pages.flat()) ?? from
  }

  async #drain(deadline: number): Promise<void> {
    if (this.#pending.size === 0) return
    const settled = Promise.withResolvers<void>()
    this.#settled = settled.resolve
    const late = setTimeout(settled.resolve, Math.min(deadline, limits.timer))
    await Promise.race([settled.promise, this.#client.closed])
    clearTimeout(late)
    if (this.#pending.size === 0) return
    const count = this.#pending.size === 1 ? '1 message is' : `${this.#pending.size} messages are`
    this.#terminal.stderr.write(
      `${count} still queued; they go out when ${harmlessLine(whomShown(this.#who))} is online.\n`,
    )
  }

  #complain(error: unknown): void {
    const { message } = error instanceof ParleyError ? error : asParleyError(error)
    this.#write(paint(this.#terminal, 'red', `! ${message}`))
  }
}

/** Lines of a conversation that a person sees at first, unless more are unread. */
const usualLines = 20

/** The last place of a log. What waits stands behind all that is still to come, so its place says nothing. */
function newestOf(messages: readonly MessageInfo[]): string | undefined {
  return messages.findLast(({ state }) => state !== 'queued')?.position
}

/** Nothing more is to be waited for: a classic client says no more than that it took a message. */
function isThere(state: MessageState | undefined): state is 'delivered' | 'read' | 'sent' {
  return state !== undefined && state !== 'queued'
}
