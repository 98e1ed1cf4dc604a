import type { ScrollPlace } from '@parley/daemon/protocol/control'
import type { ChatView, Member } from '../../src/chat/messages.ts'
import { type Held, nothingHeld } from '../model/held.ts'
import type { Unsent } from '../model/unsent.ts'

/** All that the surface shows. Replaced as a whole, never changed in place. */
export interface ChatState {
  readonly opening: Loading | 'open'
  /** Absent until it was opened once. */
  readonly view: ChatView | undefined
  readonly locale: string
  /** Those who belong to the room; empty: a chat of two, or not known. */
  readonly members: readonly Member[]
  /** Why what was asked for was not done, in a sentence; it stays until it is read. */
  readonly problem: string | undefined
  readonly held: Held
  /** The pages at both ends of what is held. */
  readonly before: Loading
  readonly after: Loading
  readonly unsent: readonly Unsent[]
  readonly draft: string
  /** The position of the message under the *New* line. */
  readonly newLine: string | undefined
  readonly start: Start
  /** Whether the surface is in sight, in a window that is focused. */
  readonly isInSight: boolean
}

/** What is loaded: nothing now, something, or what failed, in a sentence. */
export type Loading = 'idle' | 'loading' | { readonly why: string }

/** Where the list begins to be drawn. `drawing` counts: another one throws away what was drawn. */
export interface Start {
  readonly drawing: number
  readonly at: 'latest' | 'newLine' | ScrollPlace
  /** The message that is pointed out there, by its position. */
  readonly shows?: string
}

export const atFirst: ChatState = {
  opening: 'idle',
  view: undefined,
  locale: 'en',
  members: [],
  problem: undefined,
  held: nothingHeld,
  before: 'idle',
  after: 'idle',
  unsent: [],
  draft: '',
  newLine: undefined,
  start: { drawing: 0, at: 'latest' },
  isInSight: false,
}

/** Holds a state and tells those who listen when there is another one. */
export class Store<State extends object> {
  #state: State
  readonly #listeners = new Set<() => void>()
  #batches = 0

  constructor(state: State) {
    this.#state = state
  }

  get state(): State {
    return this.#state
  }

  set(change: Partial<State>): void {
    this.#state = { ...this.#state, ...change }
    if (this.#batches === 0) this.#tell()
  }

  /** Does several changes, of which listeners hear once. */
  batch(changes: () => void): void {
    this.#batches++
    try {
      changes()
    } finally {
      this.#batches--
    }
    if (this.#batches === 0) this.#tell()
  }

  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  #tell(): void {
    for (const listener of this.#listeners) listener()
  }
}

export type ChatStore = Store<ChatState>
