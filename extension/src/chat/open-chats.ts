import type { Disposable, Event } from '../event.ts'
import { limits } from '../limits.ts'
import { type AskedHub, askWhenUp } from '../shared/when-up.ts'

/** The chats that are open in tabs of this window. */
export interface OpenTabs {
  /** Those that have been shown since the window came: VS Code makes the others when their tab is shown first. */
  readonly live: readonly string[]
  /** All tabs with chats, shown or not. */
  readonly count: number
  readonly onChange: Event<void>
  /** Opens chats in tabs, leaving the focus where it is. */
  reopen(conversations: readonly string[]): void
}

/**
 * Keeps in the hub which chats are open in tabs of this workspace. VS Code restores tabs by itself; where it has lost
 * them all (a crash, another browser) they are opened again from the hub. A window without a workspace has no place of
 * its own: nothing is kept for it, as several such windows would open each other's chats.
 */
export class OpenChats implements Disposable {
  readonly #hub: AskedHub
  readonly #place: string
  readonly #tabs: OpenTabs
  readonly #ended = new AbortController()
  #listening: Disposable | undefined
  /** What the hub has for this place. */
  #kept: readonly string[] = []
  /** Those of before that may still be behind a tab which has not been shown. */
  #unseen = new Set<string>()

  constructor(parts: { readonly hub: AskedHub; readonly place: string; readonly tabs: OpenTabs }) {
    this.#hub = parts.hub
    this.#place = parts.place
    this.#tabs = parts.tabs
  }

  /**
   * Opens what VS Code has lost, unless the person wants no tabs of before, then keeps what is open. Rejects with
   * ParleyError when the hub has been given up.
   */
  async start(isRestoring: boolean): Promise<void> {
    const { conversations } = await askWhenUp(this.#hub, 'openChats', { place: this.#place }, this.#ended.signal)
    this.#kept = conversations
    const { count, live } = this.#tabs
    if (count === 0 && live.length === 0) {
      if (isRestoring) this.#tabs.reopen(conversations)
    } else {
      this.#unseen = new Set(conversations)
    }
    this.#listening = this.#tabs.onChange(() => this.#keep())
    this.#keep()
  }

  /** A tab came back without its chat, as VS Code had stored it before the page had said whose it is: opens it when it is known which. */
  lost(): void {
    const unseen = [...this.#unseen].filter(each => !this.#tabs.live.includes(each))
    if (unseen.length === 1) this.#tabs.reopen(unseen)
  }

  dispose(): void {
    this.#ended.abort()
    this.#listening?.dispose()
  }

  #keep(): void {
    const { live, count } = this.#tabs
    for (const conversation of live) this.#unseen.delete(conversation)
    if (count <= live.length) this.#unseen.clear()
    const open = [...new Set([...live, ...this.#unseen])].slice(0, limits.openTabs)
    if (open.join() === this.#kept.join()) return
    this.#kept = open
    const saved = askWhenUp(this.#hub, 'saveOpenChats', { place: this.#place, conversations: open }, this.#ended.signal)
    // Told again with the next change; nothing that a person wrote is in it.
    saved.catch(() => {
      this.#kept = []
    })
  }
}
