/** Where a person goes from a step: on, back, away, past all others, or to another step. */
export type Move<State> = 'next' | 'back' | 'cancel' | 'end' | Step<State>

/** One question of a flow. What was answered is in the state, so that it is still there when somebody comes back. */
export interface Step<State> {
  /** Whether it is asked at all, by what is known so far; always when absent. */
  readonly applies?: (state: State) => boolean
  readonly ask: (state: State, canGoBack: boolean) => Promise<Move<State>>
}

/** Asks one step after the other. Gives whether the end was reached; false: the person went away. */
export async function runSteps<State>(steps: readonly Step<State>[], state: State): Promise<boolean> {
  const applies = (step: Step<State>) => step.applies?.(state) ?? true
  let at = steps.findIndex(applies)
  for (;;) {
    const step = steps[at]
    if (step === undefined) return true
    const before = steps.slice(0, at).findLastIndex(applies)
    const move = await step.ask(state, before >= 0)
    if (move === 'cancel' || move === 'end') return move === 'end'
    if (move === 'back') at = Math.max(before, 0)
    else if (move === 'next') at = nextOf(steps, at, applies)
    else at = steps.indexOf(move)
    if (at < 0) return true
  }
}

/** -1 when there is none. What applies may have changed by the last answer. */
function nextOf<State>(steps: readonly Step<State>[], at: number, applies: (step: Step<State>) => boolean): number {
  const next = steps.slice(at + 1).findIndex(applies)
  return next < 0 ? -1 : at + 1 + next
}
