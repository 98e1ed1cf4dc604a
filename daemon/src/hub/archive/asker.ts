import type { HistoryProgress } from '../../protocol/control.ts'

/** Who waits for an export or import. */
export interface Asker {
  /** Aborted when who asked has gone. */
  readonly gone: AbortSignal
  readonly told: (progress: HistoryProgress) => void
}

/** How one passes through a file of history: until when, and who is told how far it is. */
export interface Passage {
  readonly signal: AbortSignal
  readonly told: (progress: HistoryProgress) => void
}
