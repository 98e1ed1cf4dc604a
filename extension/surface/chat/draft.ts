import type { MessageInfo } from '@parley/daemon/protocol/control'
import type { SurfaceState } from '../../src/chat/messages.ts'
import type { Host } from '../bridge.ts'
import { limits } from '../limits.ts'
import { Later } from './later.ts'
import type { ChatStore } from './state.ts'

/** What is kept of a draft in the surface's own state. */
export type KeptDraft = Required<Pick<SurfaceState, 'draft' | 'draftOver' | 'draftTime'>>

/** Keeps what is being written with the hub, and takes over what another window has written. */
export class Draft {
  readonly #host: Host
  readonly #store: ChatStore
  readonly #keepHere: () => void
  readonly #save = new Later(limits.draftDelay, () => void this.#saveNow())
  /** What the hub has. */
  #saved = ''
  /** What it has been given and has not confirmed. */
  #given: string | undefined
  #written = 0

  /** `keepHere` keeps the surface's own state, of which {@link kept} is a part. */
  constructor(host: Host, store: ChatStore, keepHere: () => void) {
    this.#host = host
    this.#store = store
    this.#keepHere = keepHere
  }

  /** What the hub has not got yet. */
  get unsaved(): string | undefined {
    const { draft } = this.#store.state
    return draft === this.#saved ? undefined : draft
  }

  /** What is to be kept over a reload, as long as the hub has not got it. */
  get kept(): KeptDraft | undefined {
    const { unsaved } = this
    if (unsaved === undefined) return undefined
    const draftOver = [this.#saved, ...(this.#given === undefined ? [] : [this.#given])]
    return { draft: unsaved, draftOver, draftTime: this.#written }
  }

  /**
   * `kept`: what an earlier life of the surface could not save. It counts only over what the hub had of that life, or
   * the beginning of it: something else was written by another window since, and that is newer. `sent`: the latest
   * messages, of which it may have become one.
   */
  opened(saved: string, kept: KeptDraft | undefined, sent: readonly MessageInfo[]): void {
    const { unsaved } = this
    this.#saved = saved
    const isNewer = kept && isOver(kept, saved) && !sent.some(message => hasBecome(kept, message))
    this.#store.set({ draft: unsaved ?? (isNewer ? kept.draft : saved) })
    if (this.unsaved !== undefined) this.#save.now()
  }

  write(draft: string): void {
    if (draft === this.#store.state.draft) return
    this.#written = Date.now()
    this.#store.set({ draft })
    // A reload goes without saying, and so does the closing of a tab: what was typed until then is in one of these.
    this.#keepHere()
    this.#host.ask('writing', { draft }).catch(() => {})
    this.#save.ask()
  }

  /** Another window has saved: shown here, unless something is being written here as well. */
  savedElsewhere(draft: string): void {
    const isWriting = this.unsaved !== undefined
    this.#saved = draft
    if (!isWriting) this.#store.set({ draft })
  }

  /** Saves now what was written last, before the page goes. */
  flush(): void {
    this.#save.flush()
  }

  /** Saves what could not be saved while the hub was away. */
  hubIsUp(): void {
    if (this.unsaved !== undefined) this.#save.now()
  }

  async #saveNow(): Promise<void> {
    const { draft } = this.#store.state
    if (draft === this.#saved) return
    this.#given = draft
    this.#keepHere()
    try {
      await this.#host.ask('save', { draft })
      this.#saved = draft
      if (this.#given === draft) this.#given = undefined
    } catch {
      // Stays in the surface's own state, and is saved when the hub is back or with the next word.
    }
    this.#keepHere()
  }
}

function isOver({ draft, draftOver }: KeptDraft, saved: string): boolean {
  return draftOver.includes(saved) || (saved !== '' && draft.startsWith(saved))
}

function hasBecome({ draft, draftTime }: KeptDraft, { mine, text, written }: MessageInfo): boolean {
  const begun = draft.trim()
  return begun !== '' && mine && written >= draftTime && text.startsWith(begun)
}
