import type { MessageInfo, ScrollPlace } from '@parley/daemon/protocol/control'
import type { Host } from '../bridge.ts'
import { limits } from '../limits.ts'
import { Later } from './later.ts'
import type { ChatStore } from './state.ts'

/** What the list has in sight. */
export interface InSight {
  /** The topmost message, to come back to it; absent: nothing is held. */
  readonly top?: ScrollPlace
  /** The position of the lowest message of somebody else that has been scrolled to. */
  readonly lowest?: string
  /** Whether that is the end of the conversation. */
  readonly isAtEnd: boolean
}

/** Knows what was read and where one is: marks it read, keeps the place, and puts the *New* line. */
export class Reader {
  readonly #host: Host
  readonly #store: ChatStore
  readonly #mark = new Later(limits.readDelay, () => void this.#markRead())
  readonly #keep = new Later(limits.placeDelay, () => this.#keepPlace())
  #inSight: InSight = { isAtEnd: true }
  /** Everything up to here has been read, as far as is known here. */
  #readUpTo = ''

  constructor(host: Host, store: ChatStore) {
    this.#host = host
    this.#store = store
  }

  opened(firstUnread: string | undefined): void {
    const { newLine } = this.#store.state
    if (firstUnread !== undefined && (newLine === undefined || newLine <= this.#readUpTo)) {
      this.#store.set({ newLine: firstUnread })
    }
  }

  sees(inSight: InSight): void {
    const last = this.#inSight
    this.#inSight = inSight
    if (last.isAtEnd !== inSight.isAtEnd || (!inSight.isAtEnd && !isSamePlace(last.top, inSight.top))) this.#keep.ask()
    this.#askToMark()
  }

  sight(isInSight: boolean): void {
    this.#store.set({ isInSight })
    this.#askToMark()
  }

  /** New messages of others: the line goes above them, unless they are read as they come. */
  arrived(messages: readonly MessageInfo[]): void {
    const first = messages.map(({ position }) => position).sort()[0]
    const { isInSight, newLine } = this.#store.state
    if (first === undefined || (isInSight && this.#inSight.isAtEnd)) return
    if (newLine === undefined || newLine <= this.#readUpTo) this.#store.set({ newLine: first })
  }

  /** Who answers has read: the line goes. */
  answered(): void {
    if (this.#store.state.newLine !== undefined) this.#store.set({ newLine: undefined })
  }

  /** What is in sight is to stay unread: it is not marked, though it was about to be. */
  leave(): void {
    const { lowest = '' } = this.#inSight
    if (lowest > this.#readUpTo) this.#readUpTo = lowest
  }

  /** Keeps the place at once, before the page goes or is opened again. */
  flush(): void {
    this.#keep.flush()
  }

  #askToMark(): void {
    const { lowest } = this.#inSight
    if (this.#store.state.isInSight && lowest !== undefined && lowest > this.#readUpTo) this.#mark.ask()
  }

  async #markRead(): Promise<void> {
    const { lowest } = this.#inSight
    if (!this.#store.state.isInSight || lowest === undefined || lowest <= this.#readUpTo) return
    const before = this.#readUpTo
    this.#readUpTo = lowest
    try {
      await this.#host.ask('markRead', { position: lowest })
    } catch {
      // Told again with the next message that is read, or when the surface comes into sight again.
      if (this.#readUpTo === lowest) this.#readUpTo = before
    }
  }

  #keepPlace(): void {
    const { top, isAtEnd } = this.#inSight
    if (!isAtEnd && top === undefined) return
    // A place that cannot be kept now is kept with the next scroll; nobody is to be told.
    this.#host.ask('save', { scroll: isAtEnd ? null : (top ?? null) }).catch(() => {})
  }
}

function isSamePlace(a: ScrollPlace | undefined, b: ScrollPlace | undefined): boolean {
  return a?.position === b?.position && a?.offset === b?.offset
}
