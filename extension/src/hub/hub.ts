/** What the parts of the extension know of the hub: its state, its feed, its requests. No part computes truth of its own. */
import type {
  AccountInfo,
  ControlNotifications,
  ControlRequests,
  ConversationInfo,
  DeviceInfo,
  FileProgress,
  HistoryProgress,
  MessageInfo,
  PeopleSnapshot,
  PromptInfo,
  RequestInfo,
} from '@parley/daemon/protocol/control'
import type { Disposable, Event } from '../event.ts'

export type HubState =
  /** Looking for the hub, or starting it. `again`: it was there before. */
  | { readonly is: 'connecting'; readonly again: boolean; readonly why?: string }
  | { readonly is: 'up' }
  /** Given up until a person says *Try again*. */
  | { readonly is: 'failed'; readonly code: string; readonly why: string }

/** The methods of the control API that a front end calls; the hub's connection does hello and the subscriptions itself. */
export type HubMethod = Exclude<
  keyof ControlRequests,
  'hello' | 'subscribe' | 'subscribeMessages' | 'unsubscribeMessages' | 'subscribePeople' | 'attend'
>

/** The hub as the extension sees it. What was known last stays known while the hub is away. */
export interface Hub {
  readonly state: HubState
  readonly onState: Event<HubState>
  /** `undefined` until the first snapshot: not known is not signed out. */
  readonly accounts: readonly AccountInfo[] | undefined
  /** Also when {@link mayInvite} has changed. */
  readonly onAccounts: Event<void>
  /** By conversation id, in no order. */
  readonly conversations: ReadonlyMap<string, ConversationInfo>
  /** The ids that are new or have changed; all of them after a reconnection. */
  readonly onConversations: Event<ReadonlySet<string>>
  /** `people` in no order; empty until the first snapshot. */
  readonly people: PeopleSnapshot
  readonly onPeople: Event<void>
  /** Chat requests that wait for an answer. */
  readonly requests: readonly RequestInfo[]
  readonly onRequests: Event<void>
  /** One's own devices that wait to be approved. */
  readonly pendingDevices: readonly DeviceInfo[]
  readonly onPendingDevices: Event<void>
  /** A message to tell of: only one window of all gets it. */
  readonly onNotice: Event<ControlNotifications['notice']>
  /** How far a file has come that this window has asked for. */
  readonly onFile: Event<FileProgress>
  /** How far an export or import is that this window has asked for. */
  readonly onHistory: Event<HistoryProgress>
  /** What the team asks the person, while a request of this window that says `prompts` is under way. */
  readonly onPrompt: Event<PromptInfo>
  /** Whether `invite` answers: the daemon is the registry of a team as well, or one is an admin of one's team. */
  readonly mayInvite: boolean

  /**
   * Waits some seconds for a hub that is away, and asks again when it goes meanwhile and what is asked may be done twice,
   * as a `send` may. Rejects with ParleyError: `not-running` in words when the hub does not come back. A `history` or
   * `openChat` after {@link watchChat} misses nothing between the two.
   */
  request<Method extends HubMethod>(
    method: Method,
    params: ControlRequests[Method][0],
    options?: { readonly timeout?: number },
  ): Promise<ControlRequests[Method][1]>

  /**
   * Follows a conversation until disposed, over reconnections. `stale` is called when what was told before may have
   * gaps: read the history again.
   */
  watchChat(conversation: string, listener: ChatListener): Disposable

  /** Tells the hub what this window shows; told again after a reconnection. */
  attend(attention: ControlRequests['attend'][0]): void

  /** Ends the hub and starts a new one; also *Try again* after it has failed. Resolves when it is up. */
  restart(): Promise<void>
}

export interface ChatListener {
  messages(messages: readonly MessageInfo[]): void
  /** Another front end has saved draft or place. */
  saved(state: ControlNotifications['chat']['state']): void
  stale(): void
}
