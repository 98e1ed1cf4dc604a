import type { MessageInfo } from '@parley/daemon/protocol/control'
import type { Opened, Page } from '../../src/chat/messages.ts'
import type { Host } from '../bridge.ts'
import { limits } from '../limits.ts'
import { type Held, trimmed, withNewer, withOlder, withTold } from '../model/held.ts'
import { Later } from './later.ts'
import type { ChatState, ChatStore, Start } from './state.ts'

/** Brings the pages of the conversation, and keeps what is held around the message in sight. */
export class Pages {
  readonly #host: Host
  readonly #store: ChatStore
  /** What is told while each page is on its way: the page may have been read before. */
  readonly #underWay = new Set<MessageInfo[]>()
  /** Counts what replaces all: what was asked for before belongs to another stretch. */
  #stretch = 0
  #around: string | undefined
  /** The message that was jumped to is pointed out for a while only. */
  readonly #pointed = new Later(limits.pointedOut, () => {
    const { shows: _, ...start } = this.#store.state.start
    this.#store.set({ start })
  })

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
    this.#store.set({ before: 'loading' })
    try {
      await this.#add({ before: first }, (now, page) => {
        // What is held may have begun elsewhere meanwhile: then the page does not fit, and is asked for again.
        const fits = now.messages.at(0)?.position === first
        return { before: 'idle', held: fits ? withOlder(now, page) : now }
      })
    } catch (error) {
      this.#store.set({ before: { why: sentence(error) } })
    }
  }

  async newer(): Promise<void> {
    const { held, after } = this.#store.state
    const last = held.messages.at(-1)?.position
    if (!held.moreAfter || after === 'loading' || last === undefined) return
    this.#store.set({ after: 'loading' })
    try {
      await this.#add({ after: last }, (now, page) => {
        const fits = now.messages.at(-1)?.position === last
        return { after: 'idle', held: fits ? withNewer(now, page) : now }
      })
    } catch (error) {
      this.#store.set({ after: { why: sentence(error) } })
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

  /** Brings the message at that position into sight, and points it out; where it is gone, the one behind it. */
  async reveal(position: string): Promise<void> {
    const { held, start } = this.#store.state
    const first = held.messages.at(0)?.position ?? ''
    const last = held.messages.at(-1)?.position ?? ''
    const isHeld = (position > first || (position === first && !held.moreBefore)) && position <= last
    const at = { position, offset: 0 }
    if (isHeld) {
      this.#store.set({ start: { drawing: start.drawing + 1, at, shows: position } })
      this.#pointed.again()
      return
    }
    this.#store.set({ problem: undefined })
    try {
      await this.replace(
        () => this.#pageAround(position),
        page => {
          this.show(page, at)
          this.#store.set({ start: { ...this.#store.state.start, shows: position } })
          this.#pointed.again()
        },
      )
    } catch (error) {
      this.#store.set({ problem: sentence(error) })
    }
  }

  /**
   * Reads what replaces all that is held, and has it shown together with what was told meanwhile, which it may lack.
   * Nothing comes of it, not even its failure, when something else replaces all before it is there.
   */
  async replace<Answer>(read: () => Promise<Answer>, show: (answer: Answer) => void): Promise<void> {
    this.#stretch++
    await this.#read(read, show)
  }

  async #pageAround(position: string): Promise<Pick<Opened, 'messages' | 'moreBefore' | 'moreAfter'>> {
    const [above, below] = await Promise.all([
      this.#host.ask('history', { before: position, limit: limits.aboveRevealed }),
      this.#host.ask('history', { from: position, limit: limits.page }),
    ])
    return { messages: [...above.messages, ...below.messages], moreBefore: above.more, moreAfter: below.more }
  }

  async #add(
    place: { readonly before: string } | { readonly after: string },
    change: (now: Held, page: Page) => Partial<ChatState>,
  ): Promise<void> {
    await this.#read(
      () => this.#host.ask('history', { ...place, limit: limits.page }),
      page => this.#store.set(change(this.#store.state.held, page)),
    )
  }

  async #read<Answer>(read: () => Promise<Answer>, show: (answer: Answer) => void): Promise<void> {
    const stretch = this.#stretch
    const told: MessageInfo[] = []
    this.#underWay.add(told)
    try {
      const answer = await read()
      this.#underWay.delete(told)
      if (stretch !== this.#stretch) return
      this.#store.batch(() => {
        show(answer)
        this.told(told)
      })
    } catch (error) {
      if (stretch === this.#stretch) throw error
    } finally {
      this.#underWay.delete(told)
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
    for (const told of this.#underWay) {
      if (told.length + messages.length <= limits.toldMeanwhile) told.push(...messages)
    }
    const held = trimmed(withTold(this.#store.state.held, messages), this.#around)
    if (held !== this.#store.state.held) this.#store.set({ held })
  }
}

/** What went wrong, for a person. */
export function sentence(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
