import type { ChatState, MessageInfo, PeopleChange, PersonInfo } from '../protocol/control.ts'

/** What of a hub has changed; ask the snapshot for what it is now. */
export interface HubNews {
  readonly accounts?: true
  readonly conversation?: string
  readonly messages?: { readonly conversation: string; readonly messages: readonly MessageInfo[] }
  /** Messages of others that have just come, none of a muted conversation, and none while one is busy. */
  readonly arrived?: {
    readonly conversation: string
    readonly person: PersonInfo
    readonly messages: readonly MessageInfo[]
  }
  readonly people?: PeopleChange
  /** Chat requests that wait are others now. */
  readonly requests?: true
  /** One's own devices that wait to be approved are others now. */
  readonly pendingDevices?: true
  /** `by`: who saved it. */
  readonly chat?: { readonly conversation: string; readonly state: ChatState; readonly by: object | undefined }
}
