import type { MessageInfo } from '@parley/daemon/protocol/control'
import type { Host } from '../bridge.ts'
import { newMessageId } from '../model/ids.ts'
import { sentence } from './pages.ts'
import type { Reader } from './reader.ts'
import type { ChatStore } from './state.ts'

/** A message that something is done with. */
interface Named {
  readonly user: string
  readonly message: string
}

/** What is done with messages that are there. What comes of it is told by the hub; why it was not done is shown. */
export class Acts {
  readonly #host: Host
  readonly #store: ChatStore
  readonly #reader: Reader
  readonly #told: (message: MessageInfo) => void

  constructor(host: Host, store: ChatStore, reader: Reader, told: (message: MessageInfo) => void) {
    this.#host = host
    this.#store = store
    this.#reader = reader
    this.#told = told
  }

  /** Rejects with {@link Refusal}: then the words are still to be kept. */
  async edit(message: string, text: string, mentions: readonly string[]): Promise<void> {
    this.#told(await this.#host.ask('edit', { message, text, mentions, act: newMessageId() }))
  }

  /** `forAll`: whether one may delete it for everybody. The person is asked; what they delete is told by the hub. */
  remove({ user, message }: Named, forAll: boolean): void {
    this.#do(() => this.#host.ask('remove', { user, message, act: newMessageId(), forAll }))
  }

  /** Everything from that position on shows as unread, with the *New* line above it. */
  markUnread(position: string): void {
    this.#reader.leave()
    this.#do(async () => {
      await this.#host.ask('markUnread', { position })
      this.#store.set({ newLine: position })
    })
  }

  react({ user, message }: Named, emoji: string, on: boolean): void {
    this.#do(() => this.#host.ask('react', { user, message, emoji, on, act: newMessageId() }))
  }

  copyLink(position: string): void {
    this.#do(() => this.#host.ask('copyLink', { position }))
  }

  /** What was not done has been read. */
  dismiss(): void {
    this.#store.set({ problem: undefined })
  }

  #do(act: () => Promise<unknown>): void {
    this.dismiss()
    act().catch(error => this.#store.set({ problem: sentence(error) }))
  }
}
