import { limits } from '../limits.ts'
import type { Attention } from '../protocol/control.ts'
import type { FeedOutlet } from './feed.ts'
import type { Arrived, HubPart } from './parts.ts'

/** A front end that a person sits in front of. */
export interface FrontEnd {
  /** Takes in what its window shows from now on. */
  attend(attention: Attention): void
  /** It has gone. */
  leave(): void
}

/**
 * The front ends that people sit in front of, and what their windows show: by it each message is told to one of them,
 * the focused one, else the one that was focused last, else the one that has been here longest. What comes while there is
 * none waits a moment for the next one: a window that reloads, or the one that has just started this hub.
 */
export class FrontEnds {
  readonly #hub: HubPart | undefined
  readonly #windows = new Set<Window>()
  readonly #unwatch: () => void
  readonly #patience: number
  /** Rises with each focus, so that windows can be compared by it. */
  #focuses = 0
  /** What came while nobody attended, message by message, and when. */
  #missed: readonly { readonly at: number; readonly arrived: Arrived }[] = []

  /** `patience`: for how many ms a message waits for somebody to be told of it. */
  constructor(hub: HubPart | undefined, patience: number = limits.missedFor) {
    this.#hub = hub
    this.#patience = patience
    this.#unwatch = hub?.watch(({ arrived }) => arrived && this.#tell(arrived)) ?? (() => {})
  }

  /** A front end has said that it is attached. */
  add(outlet: FeedOutlet): FrontEnd {
    const window: Window = { outlet, attention: undefined, focus: 0 }
    this.#windows.add(window)
    if (this.#windows.size === 1) this.#hub?.setAttended(true)
    return {
      attend: attention => this.#attend(window, attention),
      leave: () => {
        if (this.#windows.delete(window) && this.#windows.size === 0) this.#hub?.setAttended(false)
      },
    }
  }

  close(): void {
    this.#unwatch()
  }

  #attend(window: Window, attention: Attention): void {
    window.attention = attention
    if (attention.isFocused) window.focus = ++this.#focuses
    for (const arrived of this.#takeMissed()) this.#tell(arrived)
  }

  /** What came a moment ago, as far as it was not read meanwhile. */
  #takeMissed(): Arrived[] {
    const missed = this.#missed
    this.#missed = []
    const since = performance.now() - this.#patience
    const isNews = ({ conversation }: Arrived) => (this.#hub?.conversation(conversation)?.unread ?? 0) > 0
    return missed.flatMap(({ at, arrived }) => (at > since && isNews(arrived) ? [arrived] : []))
  }

  #tell(arrived: Arrived): void {
    const { conversation, person, messages } = arrived
    const attending = [...this.#windows].filter(({ attention }) => attention !== undefined)
    if (attending.length === 0) {
      const at = performance.now()
      const missed = messages.map(message => ({ at, arrived: { conversation, person, messages: [message] } }))
      this.#missed = [...this.#missed, ...missed].slice(-limits.missed)
      return
    }
    // One that does not read tells nobody anything; another may.
    const ready = attending.filter(({ outlet }) => !outlet.isBehind())
    const chosen = ready.toSorted(byFocus)[0]
    // What another window shows counts for nothing: it may be behind this one, and the message would go unnoticed.
    if (!chosen || chosen.attention?.visible.includes(conversation)) return
    const info = this.#hub?.conversation(conversation)
    const room = info?.kind === 'room' && { room: info.room.name }
    for (const message of messages) chosen.outlet.send('notice', { conversation, person, ...room, message })
  }
}

interface Window {
  readonly outlet: FeedOutlet
  /** Undefined until it says something: it takes no notices then. */
  attention: Attention | undefined
  /** When it was focused last, in focuses; 0: never. */
  focus: number
}

/** The focused one first, then by the last focus; the sort keeps who came first before who came later. */
function byFocus(a: Window, b: Window): number {
  const isFocused = (window: Window) => (window.attention?.isFocused ? 1 : 0)
  return isFocused(b) - isFocused(a) || b.focus - a.focus
}
