import type { ControlRequests, HubSnapshot, InviteInfo, MessageInfo, StatusInfo } from '../protocol/control.ts'

type Params<Method extends keyof ControlRequests> = ControlRequests[Method][0]
type Result<Method extends keyof ControlRequests> = ControlRequests[Method][1]
type Serve<Method extends keyof ControlRequests> = (params: Params<Method>) => Promise<Result<Method>>

/** What the control API needs of a hub. */
export interface HubPart {
  status(): NonNullable<StatusInfo['hub']>
  readonly signUp: Serve<'signUp'>
  readonly signIn: Serve<'signIn'>
  readonly signOut: Serve<'signOut'>
  readonly who: Serve<'who'>
  readonly send: Serve<'send'>
  readonly history: Serve<'history'>
  /** `signal` is aborted when who asked has gone. */
  waitDelivered(params: Params<'waitDelivered'>, signal: AbortSignal): Promise<Result<'waitDelivered'>>
  /** The conversation with `who`: a name, or the id of a conversation. */
  conversationWith(who: string): Promise<string>
  /** Everything that a front end shows at first, made in one tick. */
  snapshot(): Omit<HubSnapshot, 'number'>
  /** Calls `listener` after each change, until the returned function is called. */
  watch(listener: (change: HubPartChange) => void): () => void
}

/** What of a hub has changed: its accounts, the summary of a conversation, messages of one. */
export interface HubPartChange {
  readonly accounts?: true
  readonly conversation?: string
  readonly messages?: { readonly conversation: string; readonly messages: readonly MessageInfo[] }
}

/** What the control API needs of a registry. */
export interface RegistryPart {
  status(): NonNullable<StatusInfo['registry']>
  createInvite(params: Params<'invite'>): Promise<InviteInfo>
}
