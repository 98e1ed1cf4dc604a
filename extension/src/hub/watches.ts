import type { Client } from '@parley/daemon/client'
import type { ControlNotifications } from '@parley/daemon/protocol/control'
import type { Disposable } from '../event.ts'
import { limits } from '../limits.ts'
import type { ChatListener } from './hub.ts'
import type { Log } from './log.ts'

type WatchingClient = Pick<Client, 'request' | 'on'>

/**
 * The conversations that somebody in this window follows: the hub is asked once for each, however many follow it, again
 * after each reconnection, and told when nobody does any more.
 */
export class Watches {
  readonly #log: Log
  readonly #listeners = new Map<string, Set<{ readonly to: ChatListener }>>()
  /** What the hub has been asked for on this connection. */
  readonly #asked = new Set<string>()
  /** By conversation: the requests under way, one after the other. */
  readonly #work = new Map<string, Promise<void>>()
  #client: WatchingClient | undefined

  constructor(log: Log) {
    this.#log = log
  }

  watch(conversation: string, listener: ChatListener): Disposable {
    const entry = { to: listener }
    const all = this.#listeners.get(conversation) ?? new Set()
    this.#listeners.set(conversation, all.add(entry))
    this.#adjust(conversation)
    return {
      dispose: () => {
        if (!all.delete(entry) || all.size > 0) return
        if (this.#listeners.get(conversation) === all) this.#listeners.delete(conversation)
        this.#adjust(conversation)
      },
    }
  }

  /** A connection is there: asks for everything again. Resolves when all of it is followed. */
  async connected(client: WatchingClient): Promise<void> {
    this.#client = client
    this.#asked.clear()
    this.#work.clear()
    client.on('messages', news => this.#messages(news))
    client.on('chat', ({ conversation, state }) => this.#tell(conversation, to => to.saved(state)))
    for (const conversation of this.#listeners.keys()) this.#adjust(conversation)
    await this.settled()
  }

  /** That connection has ended; another one may be there already. */
  lost(client: WatchingClient): void {
    if (this.#client === client) this.#client = undefined
  }

  /** Resolves when all that is asked for so far is followed: what is read after that misses nothing. */
  async settled(): Promise<void> {
    await Promise.all(this.#work.values())
  }

  /** Tells everybody that there may be gaps in what they know. */
  stale(): void {
    for (const conversation of [...this.#listeners.keys()]) this.#tell(conversation, to => to.stale())
  }

  #messages({ conversation, messages }: ControlNotifications['messages']): void {
    this.#tell(conversation, to => (messages.length > 0 ? to.messages(messages) : to.stale()))
  }

  #tell(conversation: string, call: (listener: ChatListener) => void): void {
    for (const { to } of [...(this.#listeners.get(conversation) ?? [])]) {
      try {
        call(to)
      } catch (error) {
        this.#log.error(`A chat could not take what is new: ${error}`)
      }
    }
  }

  #adjust(conversation: string): void {
    const client = this.#client
    if (!client) return
    const before = this.#work.get(conversation) ?? Promise.resolve()
    const work = before
      .then(() => this.#ask(client, conversation))
      .catch(error => this.#log.warn(`A chat cannot be followed: ${error}`))
      .finally(() => {
        if (this.#work.get(conversation) === work) this.#work.delete(conversation)
      })
    this.#work.set(conversation, work)
  }

  async #ask(client: WatchingClient, conversation: string): Promise<void> {
    const isWanted = this.#listeners.has(conversation)
    if (client !== this.#client || isWanted === this.#asked.has(conversation)) return
    if (isWanted) {
      await client.request('subscribeMessages', { with: conversation }, { timeout: limits.hubGreeting })
      if (client === this.#client) this.#asked.add(conversation)
    } else {
      this.#asked.delete(conversation)
      await client.request('unsubscribeMessages', { conversation })
    }
  }
}
