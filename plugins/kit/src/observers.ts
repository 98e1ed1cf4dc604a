import type { Entering } from './guards.ts'

/**
 * Told afterwards, one event after the other and each once it is committed. An observer can neither delay nor veto: one
 * that throws, or takes longer than its deadline (30 s), is named in the log, and when it is 1,000 events behind, further
 * ones are dropped and counted there.
 */
export interface Observers {
  /** On a registry: an account was made. */
  signedUp?(entered: Entering, signal: AbortSignal): void | Promise<void>
  /** On a registry: somebody was let in. */
  signedIn?(entered: Entering, signal: AbortSignal): void | Promise<void>
  /** On a hub: a message of one's own was committed. */
  sent?(message: ObservedMessage, signal: AbortSignal): void | Promise<void>
  /** On a hub: a message of somebody else was committed. After a restart none is told again. */
  received?(message: ObservedMessage, signal: AbortSignal): void | Promise<void>
}

/** A message as it was committed. */
export interface ObservedMessage {
  /** The id of the conversation: base32. */
  readonly conversation: string
  readonly message: string
  /** The name of who wrote it, as front ends show it; empty where nobody has said one. */
  readonly from: string
  readonly text: string
  /** When it was written, by who wrote it; ms since 1970. */
  readonly written: number
}
