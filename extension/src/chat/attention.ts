import type { Attention } from '@parley/daemon/protocol/control'
import type { Hub } from '../hub/hub.ts'

/** A place of a window where chats are shown: a tab, or the side bar. */
export interface Shown {
  readonly conversation: string
  readonly isVisible: boolean
  /** Tells the page whether it is in sight and its window focused. */
  setInSight(isInSight: boolean): void
}

/** Tells the hub and the pages what is in sight, each time only what has changed. */
export class AttentionTeller {
  readonly #hub: Pick<Hub, 'attend'>
  #told = ''

  constructor(hub: Pick<Hub, 'attend'>) {
    this.#hub = hub
  }

  tell(isFocused: boolean, shown: readonly Shown[]): void {
    for (const each of shown) each.setInSight(isFocused && each.isVisible)
    const visible = new Set(shown.filter(each => each.isVisible).map(({ conversation }) => conversation))
    const attention: Attention = { isFocused, visible: [...visible].sort() }
    const text = JSON.stringify(attention)
    if (text === this.#told) return
    this.#told = text
    this.#hub.attend(attention)
  }
}
