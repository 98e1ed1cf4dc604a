import type { Client } from '../client/connect.ts'
import type { MessageInfo } from '../protocol/control.ts'

/** What has become of a message: it is new, says something else or has another state, or is shown no longer. */
export type MessageChange = 'message' | 'changed' | 'state' | 'gone'

/** A change as programs read it, one object a line; what happened in a room, where that is what it tells, is `happened`. */
export function changeLine({ event: happened, ...message }: MessageInfo, change: MessageChange): object {
  return { event: change, ...message, ...(happened && { happened }) }
}

type Show = (message: MessageInfo, change: MessageChange) => void

/** The messages of a chat as they come and change. What comes before anything is shown waits. */
export class Following {
  readonly #client: Client
  readonly #who: string
  readonly #known = new Map<string, string>()
  #waiting: MessageInfo[] = []
  #show: Show | undefined
  #stop: () => void = () => {}
  #shownTo = ''
  readonly #failed = Promise.withResolvers<unknown>()

  private constructor(client: Client, who: string) {
    this.#client = client
    this.#who = who
  }

  static async begin(client: Client, who: string): Promise<Following> {
    const following = new Following(client, who)
    const { conversation } = await client.request('subscribeMessages', { with: who })
    following.#stop = client.on('messages', told => {
      if (told.conversation !== conversation) return
      // An empty list says that some were left out.
      if (told.messages.length > 0) following.#take(told.messages)
      else void following.#catchUp().catch(following.#failed.resolve)
    })
    return following
  }

  /** `show` is told of everything but what is `shown` already. */
  show(shown: readonly MessageInfo[], show: Show): void {
    for (const message of shown) this.#note(message)
    this.#show = show
    this.#take(this.#waiting)
    this.#waiting = []
  }

  /** Resolves with why it could not go on, if ever. */
  get failed(): Promise<unknown> {
    return this.#failed.promise
  }

  end(): void {
    this.#stop()
  }

  #take(messages: readonly MessageInfo[]): void {
    if (!this.#show) {
      this.#waiting.push(...messages)
      return
    }
    for (const message of messages) {
      const change = this.#note(message)
      if (change) this.#show(message, change)
    }
  }

  /** What is new of a message; undefined: nothing. */
  #note(message: MessageInfo): MessageChange | undefined {
    const { user, message: id, state = '', position, gone } = message
    const key = `${user} ${id}`
    const content = contentOf(message)
    const before = this.#known.get(key)
    if (state !== 'queued' && position > this.#shownTo) this.#shownTo = position
    this.#known.set(key, `${content}\n${state}`)
    if (gone) return before === undefined ? undefined : 'gone'
    if (before === undefined) return 'message'
    if (before === `${content}\n${state}`) return undefined
    return before.startsWith(`${content}\n`) ? 'state' : 'changed'
  }

  async #catchUp(): Promise<void> {
    const pages: (readonly MessageInfo[])[] = []
    const from = this.#shownTo
    for (let before: string | undefined; ; ) {
      const range = { limit: 200, ...(before !== undefined && { before }) }
      const { messages, more } = await this.#client.request('history', { with: this.#who, ...range })
      pages.unshift(messages.filter(({ position }) => position > from))
      before = messages[0]?.position
      if (!more || before === undefined || before <= from) break
    }
    for (const page of pages) this.#take(page)
  }
}

/** What a message says and what was done with it, to be compared. */
export function contentOf({ text, edited, deleted, reactions, files, gone }: MessageInfo): string {
  return JSON.stringify([text, edited, deleted, reactions, files?.map(({ hash }) => hash), gone])
}
