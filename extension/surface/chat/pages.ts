import type { MessageInfo } from '@parley/daemon/protocol/control'
import type { Opened } from '../../src/chat/messages.ts'
import type { Host } from '../bridge.ts'
import { limits } from '../limits.ts'
import { trimmed, withNewer, withOlder, withTold } from '../model/held.ts'
import type { ChatStore, Start } from './state.ts'

/** Brings the pages of the conversation, and keeps what is held around the message in sight. */
export class Pages {
  readonly #host: Host
  readonly #store: ChatStore
  /** What was told while a page that replaces all was on its way; it may have been read before. */
  #meanwhile: readonly MessageInfo[] | undefined
  /** Counts what replaces all: what was asked for before belongs to another stretch. */
  #stretch = 0
  #around: string | undefined

  constructor(host: Host, store: ChatStore) {
    this.#host = host
    this.#store = store
  }

  /** The position of the message that is being read; absent: the latest. */
  readsAt(position: string | undefined): void {
    this.#around = position
  }

  async older(): Promise<void> {
    const { held, before } = this.#store.state
    const first = held.messages.at(0)?.position
    if (!held.moreBefore || before === 'loading' || first === undefined) return
    const stretch = this.#stretch
    this.#store.set({ before: 'loading' })
    try {
      const page = await this.#host.ask('history', { before: first, limit: limits.page })
      if (stretch !== this.#stretch) return
      const now = this.#store.state.held
      // What is held may have begun elsewhere meanwhile: then the page does not fit, and is asked for again.
      const fits = now.messages.at(0)?.position === first
      this.#store.set({ before: 'idle', ...(fits ? { held: this.#trim(withOlder(now, page)) } : {}) })
    } catch (error) {
      if (stretch === this.#stretch) this.#store.set({ before: { why: sentence(error) } })
    }
  }

  async newer(): Promise<void> {
    const { held, after } = this.#store.state
    const last = held.messages.at(-1)?.position
    if (!held.moreAfter || after === 'loading' || last === undefined) return
    const stretch = this.#stretch
    this.#store.set({ after: 'loading' })
    try {
      const page = await this.#host.ask('history', { after: last, limit: limits.page })
      if (stretch !== this.#stretch) return
      const now = this.#store.state.held
      const fits = now.messages.at(-1)?.position === last
      this.#store.set({ after: 'idle', ...(fits ? { held: this.#trim(withNewer(now, page)) } : {}) })
    } catch (error) {
      if (stretch === this.#stretch) this.#store.set({ after: { why: sentence(error) } })
    }
  }

  /** Shows the latest messages, from wherever one was. Resolves when they are there, or the failure is shown. */
  async latest(): Promise<void> {
    this.#around = undefined
    if (!this.#store.state.held.moreAfter) return
    this.#store.set({ after: 'loading' })
    try {
      await this.replace(
        () => this.#host.ask('history', { limit: limits.page }),
        ({ messages, more }) => this.show({ messages, moreBefore: more, moreAfter: false }, 'latest'),
      )
    } catch (error) {
      this.#store.set({ after: { why: sentence(error) } })
    }
  }

  /**
   * Reads what replaces all that is held, and has it shown together with what was told meanwhile, which it may lack.
   * Nothing comes of it when something else replaces all before it is there.
   */
  async replace<Answer>(read: () => Promise<Answer>, show: (answer: Answer) => void): Promise<void> {
    const stretch = ++this.#stretch
    this.#meanwhile ??= []
    try {
      const answer = await read()
      if (stretch !== this.#stretch) return
      const told = this.#meanwhile
      this.#meanwhile = undefined
      this.#store.batch(() => {
        show(answer)
        this.told(told)
      })
    } catch (error) {
      if (stretch !== this.#stretch) return
      this.#meanwhile = undefined
      throw error
    }
  }

  /** Replaces what is held. `at`: where to begin; absent: what is in sight stays. */
  show({ messages, moreBefore, moreAfter }: Pick<Opened, 'messages' | 'moreBefore' | 'moreAfter'>, at?: Start['at']) {
    const { start } = this.#store.state
    this.#store.set({
      held: { messages, moreBefore, moreAfter },
      before: 'idle',
      after: 'idle',
      ...(at === undefined ? {} : { start: { drawing: start.drawing + 1, at } }),
    })
  }

  told(messages: readonly MessageInfo[]): void {
    if (this.#meanwhile !== undefined) this.#meanwhile = [...this.#meanwhile, ...messages].slice(-limits.toldMeanwhile)
    const held = this.#trim(withTold(this.#store.state.held, messages))
    if (held !== this.#store.state.held) this.#store.set({ held })
  }

  #trim(held: Parameters<typeof trimmed>[0]) {
    return trimmed(held, this.#around)
  }
}

/** What went wrong, for a person. */
export function sentence(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
