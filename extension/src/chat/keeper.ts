import { asParleyError } from '@parley/daemon/client/basics'
import type { ControlRequests } from '@parley/daemon/protocol/control'
import { type Disposable, Emitter } from '../event.ts'
import { type AskedHub, askWhenUp } from '../shared/when-up.ts'

type Change = Omit<ControlRequests['saveChat'][0], 'conversation'>

/** What is being written in a chat, as one surface has given it. */
export interface SavedDraft {
  readonly conversation: string
  readonly draft: string
  readonly by: object | undefined
}

/**
 * Gives drafts and scroll places to the hub: the latest of each chat, one request at a time. What the hub cannot take
 * while it is away is kept and given to it when it is back, also when the chat has been closed meanwhile.
 */
export class Keeper implements Disposable {
  readonly #hub: AskedHub
  readonly #waiting = new Map<string, Change>()
  readonly #saving = new Map<string, Promise<void>>()
  /** By chat: what is to be added once it is known what is being written there. */
  readonly #added = new Map<string, readonly string[]>()
  readonly #ended = new AbortController()
  readonly #drafts = new Emitter<SavedDraft>()
  readonly #listening: Disposable
  /** The hub tells other windows; surfaces of this one hear of each other's drafts here. */
  readonly onDraft = this.#drafts.event

  constructor(hub: AskedHub) {
    this.#hub = hub
    this.#listening = hub.onState(({ is }) => {
      if (is !== 'up') return
      // What is under way waits for the hub by itself.
      const left = [...this.#waiting.keys()].filter(conversation => !this.#saving.has(conversation))
      for (const conversation of left) this.save(conversation, {}).catch(() => {})
      for (const conversation of this.#added.keys()) this.#saveAdded(conversation).catch(() => {})
    })
  }

  /** What the hub has not taken yet of a chat. */
  unsaved(conversation: string): Change | undefined {
    return this.#waiting.get(conversation)
  }

  /** Hands it to the hub at once, whatever is under way: the page may be gone in a moment, and the window with it. */
  hand(conversation: string, change: Change): void {
    const all = { ...this.#waiting.get(conversation), ...change }
    this.#waiting.set(conversation, all)
    if (this.#hub.state.is === 'up') void this.#hand(conversation, all)
  }

  /** Resolves when the hub has kept it, or something newer. Rejects with ParleyError when it does not. */
  save(conversation: string, change: Change, by?: object): Promise<void> {
    this.#waiting.set(conversation, { ...this.#waiting.get(conversation), ...change })
    if (change.draft !== undefined) this.#drafts.fire({ conversation, draft: change.draft, by })
    const running = this.#saving.get(conversation)
    if (running) return running
    const saving = this.#saveAll(conversation)
    this.#saving.set(conversation, saving)
    return saving
  }

  /**
   * Adds text to what is being written in a chat, on a line of its own. Resolves when the hub has kept it; rejects with
   * ParleyError when it does not, and adds it all the same once the hub is back.
   */
  add(conversation: string, text: string): Promise<void> {
    this.#added.set(conversation, [...(this.#added.get(conversation) ?? []), text])
    return this.#saveAdded(conversation)
  }

  dispose(): void {
    this.#listening.dispose()
    this.#drafts.dispose()
    this.#ended.abort()
  }

  async #saveAdded(conversation: string): Promise<void> {
    const { draft } = await askWhenUp(this.#hub, 'openChat', { with: conversation }, this.#ended.signal)
    const added = this.#added.get(conversation)
    // What came together is added together.
    if (!added) return this.#saving.get(conversation)
    this.#added.delete(conversation)
    const written = this.#waiting.get(conversation)?.draft ?? draft
    await this.save(conversation, { draft: [...(written === '' ? [] : [written]), ...added].join('\n') })
  }

  async #hand(conversation: string, change: Change): Promise<void> {
    try {
      await this.#hub.request('saveChat', { conversation, ...change })
    } catch (error) {
      // The page is told of a refusal when it saves.
      if (asParleyError(error).code === 'not-running') return
    }
    // What is being saved may come after this, and be older: then it is saved once more.
    if (this.#saving.has(conversation) || this.#waiting.get(conversation) !== change) return
    this.#waiting.delete(conversation)
  }

  async #saveAll(conversation: string): Promise<void> {
    try {
      for (let change = this.#waiting.get(conversation); change; ) {
        const refusal = await this.#saveOnce(conversation, change)
        const next = this.#waiting.get(conversation)
        const isLatest = next === change
        // A refusal would only come again; while the hub is away, the change waits for it.
        if (isLatest && refusal?.code !== 'not-running') this.#waiting.delete(conversation)
        if (isLatest && refusal) throw refusal
        change = isLatest ? undefined : next
      }
    } finally {
      // In the same turn in which it was seen that nothing is left: what comes later is saved anew.
      this.#saving.delete(conversation)
    }
  }

  async #saveOnce(conversation: string, change: Change) {
    try {
      await askWhenUp(this.#hub, 'saveChat', { conversation, ...change }, this.#ended.signal)
      return undefined
    } catch (error) {
      return asParleyError(error)
    }
  }
}
