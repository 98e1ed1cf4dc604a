/**
 * Asked before something is done; each may refuse it. Where several plugins guard, all are asked at once and all must
 * allow. A guard that throws or takes longer than its deadline (5 s) refuses, so that nothing passes unseen, except
 * `receive`: there the message is shown, for what somebody else sent must not be lost through a fault of one's own.
 */
export interface Guards {
  /** On a registry: before an account is made. */
  signUp?(entering: Entering, signal: AbortSignal): Judgement | Promise<Judgement>
  /** On a registry: before somebody is let in. */
  signIn?(entering: Entering, signal: AbortSignal): Judgement | Promise<Judgement>
  /** On a hub: before a message of one's own, or its new words, are stored. */
  send?(message: GuardedMessage, signal: AbortSignal): Judgement | Promise<Judgement>
  /**
   * On a hub: before a message of somebody else is shown. Refused, it shows nothing here, now and later. It is not asked
   * about what classic clients send.
   */
  receive?(message: GuardedMessage, signal: AbortSignal): Judgement | Promise<Judgement>
}

/** What a guard says. */
export type Judgement =
  | { readonly is: 'allow' }
  | {
      readonly is: 'refuse'
      /** A sentence for the person who is refused. */
      readonly why: string
      /** Whether a person may do it all the same, on purpose. Heeded for `send` alone. */
      readonly mayOverride?: boolean
    }

/** Somebody at the door of a registry. */
export interface Entering {
  /** The name they ask for, as they wrote it. */
  readonly name: string
  /** Of their network connection. */
  readonly address: string
  /** By which mechanism they prove who they are. */
  readonly mechanism: string
}

/** Words that are about to be stored or shown. */
export interface GuardedMessage {
  /** The id of the conversation: base32. */
  readonly conversation: string
  /** The user id of who wrote it: base32. Absent of one's own. */
  readonly user?: string
  /** At most 64 KiB. */
  readonly text: string
}
