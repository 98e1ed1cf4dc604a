/**
 * The local API between a daemon and its front ends: JSON-RPC 2.0 (vscode-jsonrpc, Content-Length framing) over a Unix
 * socket or named pipe, after both sides have proved the token of daemon.json (docs/reference/control.md). Bytes are
 * lower-case base32, times ms since 1970. No I/O here: only names and shapes.
 */

/** The integer versions of this API that this program speaks. */
export const controlVersions = { lowest: 1, highest: 1 } as const

export type MessageState = 'queued' | 'delivered'
export type Status = 'online' | 'away' | 'busy' | 'offline'

export interface PersonInfo {
  readonly user: string
  readonly name: string
  readonly displayName: string
  readonly status: Status
  /** Since when; 0: not known. */
  readonly since: number
}

export interface AccountInfo {
  readonly registry: string
  readonly team: string
  readonly address: string
  readonly user: string
  readonly name: string
  readonly displayName: string
  /** `unreachable` still has keys and history: it is not signed out. */
  readonly state: 'connecting' | 'online' | 'unreachable' | 'signed-out' | 'refused'
  /** Why, in a sentence, when not online. */
  readonly why?: string
}

export interface MessageInfo {
  readonly conversation: string
  /** Identifies the message: a 16-byte id in base32, chosen by the front end that sent it. */
  readonly message: string
  /** The author's user id. */
  readonly user: string
  readonly name: string
  readonly mine: boolean
  readonly text: string
  readonly written: number
  /** Only of one's own messages. */
  readonly state?: MessageState
  /** Where it stands in the conversation: pass it to `history` as `before` or `after`. */
  readonly position: string
}

export interface ConversationInfo {
  readonly conversation: string
  readonly kind: 'direct'
  readonly person: PersonInfo
  /** At most 100 characters of the last line. */
  readonly lastLine: string
  readonly lastTime: number
  /** Messages of one's own that wait for the other's device. */
  readonly queued: number
  /** Whether a link to one of their devices is up. */
  readonly linked: boolean
}

export interface HubSnapshot {
  readonly number: number
  readonly accounts: readonly AccountInfo[]
  readonly conversations: readonly ConversationInfo[]
}

/** What has changed since the change before; each part replaces what was known of it. */
export interface HubChange {
  readonly number: number
  readonly accounts?: readonly AccountInfo[]
  readonly conversations?: readonly ConversationInfo[]
}

export interface StatusInfo {
  readonly version: string
  readonly pid: number
  readonly home: string
  readonly roles: readonly ('hub' | 'registry')[]
  readonly startedAt: number
  readonly hub?: {
    readonly device: string
    readonly listen: readonly string[]
    readonly accounts: readonly AccountInfo[]
    readonly links: number
    readonly queued: number
    /** Things a person should know, each one sentence. */
    readonly warnings: readonly string[]
  }
  readonly registry?: {
    readonly registry: string
    readonly address: string
    readonly team: string
    readonly listen: readonly string[]
    readonly heartbeat: string
    readonly signUp: SignUpPolicy
    readonly classic: ClassicMode
    readonly users: number
    readonly online: number
    readonly connections: number
  }
}

export type SignUpPolicy = 'open' | 'invite' | 'closed'
export type ClassicMode = 'off' | 'loopback' | 'on'

export interface InviteInfo {
  readonly id: string
  /** `parley://host:port/<registry id>?v=1#<code>` */
  readonly link: string
  readonly uses: number
  readonly expires: number
  readonly forName?: string
  /** A text to paste to a person: the link, the editor link and the command line. */
  readonly text: string
}

/** Requests: parameters and result of each method. */
export interface ControlRequests {
  /** The first request after the proof. */
  hello: [
    { versions: { lowest: number; highest: number }; client: string; attached: boolean },
    { version: number; daemon: string; pid: number; roles: readonly ('hub' | 'registry')[] },
  ]
  status: [Record<string, never>, StatusInfo]
  stop: [Record<string, never>, Record<string, never>]
  // ---- hub
  /** `registry`: an invite or registry link, or host:port. Without a registry id the hub pins what it finds, once. */
  signUp: [{ registry: string; name: string; displayName?: string; password: string; invite?: string }, AccountInfo]
  /** Without a password the device key alone is tried. */
  signIn: [{ registry?: string; name?: string; password?: string }, AccountInfo]
  signOut: [Record<string, never>, AccountInfo]
  who: [{ query?: string; limit?: number }, { people: readonly PersonInfo[]; more: boolean }]
  /** Resolves once the hub has committed it. The same `message` id again is the same message. */
  send: [{ to: string; text: string; message: string }, MessageInfo]
  /** Newest last. `before` and `after` are positions. */
  history: [
    { with: string; before?: string; after?: string; limit: number },
    { conversation: string; messages: readonly MessageInfo[]; more: boolean },
  ]
  /** The hub's feed: a snapshot now, `change` notifications from then on. */
  subscribe: [Record<string, never>, HubSnapshot]
  /** Messages of one conversation: `messages` notifications from then on, new and changed ones alike. */
  subscribeMessages: [{ with: string }, { conversation: string }]
  unsubscribeMessages: [{ conversation: string }, Record<string, never>]
  /** Resolves when the message is delivered; refused with `timeout` after `timeout` ms. */
  waitDelivered: [{ conversation: string; message: string; timeout: number }, MessageInfo]
  // ---- registry
  invite: [{ uses?: number; expires?: number; forName?: string }, InviteInfo]
}

/** Notifications from the daemon. */
export interface ControlNotifications {
  change: HubChange
  messages: { readonly conversation: string; readonly messages: readonly MessageInfo[] }
}

export type ControlMethod = keyof ControlRequests
/** `data` of a JSON-RPC error: the code of errors.ts. The error's message is the sentence for a person. */
export interface ControlErrorData {
  readonly code: string
  readonly retryAfter?: number
}
