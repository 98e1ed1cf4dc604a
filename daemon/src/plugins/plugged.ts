import { Guard, type Guarding } from './guarding.ts'
import { type Observing, Telling } from './observing.ts'

/** What the plugins of a daemon have to say to what it does, and what they are told of it. */
export interface Plugged {
  readonly guard: Pick<Guard, 'has' | 'refuses'>
  readonly telling: Pick<Telling, 'has' | 'tell'>
}

/** The guards and observers of these, in the order of the list; `signal`: aborted when the daemon stops. */
export function plug(guardings: readonly Guarding[], observings: readonly Observing[], signal: AbortSignal): Plugged {
  return { guard: new Guard(guardings, signal), telling: new Telling(observings, signal) }
}

/** Nobody guards and nobody observes. */
export function nothingPlugged(): Plugged {
  return plug([], [], new AbortController().signal)
}
