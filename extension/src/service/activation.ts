/** What starting the extension cost its window, in ms. */
export interface Activation {
  /** Reading the bundle and running its modules. */
  readonly loading: number
  /** `activate` itself. */
  readonly activating: number
}

/** Marks a moment of the activation; the bundle's first line marks the very first, `parley.load`. */
export function markActivation(moment: 'begin' | 'end'): void {
  performance.mark(`parley.${moment}`)
}

/** What the marks say; `undefined` before the end of the activation. */
export function activationTimes(): Activation | undefined {
  const [load, begin, end] = ['load', 'begin', 'end'].map(
    moment => performance.getEntriesByName(`parley.${moment}`).at(-1)?.startTime,
  )
  if (begin === undefined || end === undefined) return undefined
  return { loading: begin - (load ?? begin), activating: end - begin }
}

/** `12 ms, and 8 ms to load the code` */
export function activationWords({ loading, activating }: Activation): string {
  return `${activating.toFixed(1)} ms, and ${loading.toFixed(1)} ms to load the code`
}
