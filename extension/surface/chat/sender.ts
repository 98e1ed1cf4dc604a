import type { MessageInfo } from '@parley/daemon/protocol/control'
import type { Enclosed } from '../../src/chat/messages.ts'
import { type Host, Refusal } from '../bridge.ts'
import { limits } from '../limits.ts'
import { newMessageId } from '../model/ids.ts'
import { sending, type Unsent } from '../model/unsent.ts'
import { sentence } from './pages.ts'
import type { ChatStore } from './state.ts'

/** Hands what was written to the hub, one message after the other, each until the hub has taken it. */
export class Sender {
  readonly #host: Host
  readonly #store: ChatStore
  readonly #taken: (message: MessageInfo) => void
  #isSending = false

  /** `taken` is told each message that the hub has committed. */
  constructor(host: Host, store: ChatStore, taken: (message: MessageInfo) => void) {
    this.#host = host
    this.#store = store
    this.#taken = taken
  }

  /** False when so many wait already that this one is not taken. */
  send(text: string, enclosed: Enclosed = {}): boolean {
    const { unsent } = this.#store.state
    if (unsent.length >= limits.unsent) return false
    const message = { message: newMessageId(), text, ...enclosed, written: Date.now(), standing: sending }
    this.#store.set({ unsent: [...unsent, message] })
    void this.#sendAll()
    return true
  }

  /** Goes on with those of an earlier life of the surface, in front of all others. */
  restore(unsent: readonly Unsent[]): void {
    const known = new Set(this.#store.state.unsent.map(({ message }) => message))
    const fresh = [...new Map(unsent.map(one => [one.message, one])).values()]
      .filter(({ message }) => !known.has(message))
      .sort((a, b) => a.written - b.written)
    if (fresh.length === 0) return
    this.#store.set({ unsent: [...fresh, ...this.#store.state.unsent] })
    void this.#sendAll()
  }

  retry(message: string): void {
    this.#stand(message, sending)
    void this.#sendAll()
  }

  /** Sends what has waited for the hub. */
  hubIsUp(): void {
    for (const { message, standing } of this.#store.state.unsent) {
      if (standing.is === 'waiting') this.#stand(message, sending)
    }
    void this.#sendAll()
  }

  /** Gives up a message that has failed, and its text. */
  drop(message: string): string | undefined {
    const { unsent } = this.#store.state
    const dropped = unsent.find(one => one.message === message)
    this.#store.set({ unsent: unsent.filter(one => one !== dropped) })
    return dropped?.text
  }

  /** What the hub tells of is with the hub, whatever has become of the answer. */
  told(messages: readonly MessageInfo[]): void {
    const { unsent } = this.#store.state
    const told = new Set(messages.filter(({ mine }) => mine).map(({ message }) => message))
    if (unsent.some(({ message }) => told.has(message))) {
      this.#store.set({ unsent: unsent.filter(({ message }) => !told.has(message)) })
    }
  }

  async #sendAll(): Promise<void> {
    if (this.#isSending) return
    this.#isSending = true
    try {
      for (let next = this.#next(); next !== undefined; next = this.#next()) await this.#sendOne(next)
    } finally {
      this.#isSending = false
    }
  }

  #next(): Unsent | undefined {
    const { unsent, view } = this.#store.state
    return view === undefined ? undefined : unsent.find(({ standing }) => standing.is === 'sending')
  }

  async #sendOne({ message, text, replyTo, mentions, files }: Unsent): Promise<void> {
    const enclosed = { ...(replyTo && { replyTo }), ...(mentions && { mentions }), ...(files && { files }) }
    try {
      this.#taken(await this.#host.ask('send', { message, text, ...enclosed }))
    } catch (error) {
      this.#stand(message, this.#standingAfter(error))
    }
  }

  #standingAfter(error: unknown): Unsent['standing'] {
    const code = error instanceof Refusal ? error.code : ''
    if (this.#store.state.view?.hub.is !== 'up' || code === 'not-running') return { is: 'waiting', until: 'hubIsUp' }
    // The extension sends it then.
    if (code === 'signed-out') return { is: 'waiting', until: 'signedIn' }
    return { is: 'failed', why: sentence(error) }
  }

  #stand(message: string, standing: Unsent['standing']): void {
    const { unsent } = this.#store.state
    this.#store.set({ unsent: unsent.map(one => (one.message === message ? { ...one, standing } : one)) })
  }
}
