/**
 * The local API between a daemon and its front ends: JSON-RPC 2.0 (vscode-jsonrpc, Content-Length framing) over a Unix
 * socket or named pipe, after both sides have proved the token of daemon.json (docs/reference/control.md). Bytes are
 * lower-case base32, times ms since 1970. No I/O here: only names and shapes.
 */

/** The integer versions of this API that this program speaks. */
export const controlVersions = { lowest: 1, highest: 1 } as const

export type MessageState = 'queued' | 'delivered'
export type Status = 'online' | 'away' | 'busy' | 'offline'
/** What a person says of themselves: `available` shows as online, or away while no front end is attached. */
export type Availability = 'available' | 'busy'

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
  readonly availability: Availability
  /** What others see of this person; `offline` while the team cannot be reached. */
  readonly status: Status
  /** The team runs in this very daemon, so `invite` answers. */
  readonly isHosted?: true
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
  /** Whether the last line is one's own. */
  readonly lastMine: boolean
  readonly lastTime: number
  /** Messages of one's own that wait for the other's device. */
  readonly queued: number
  /** Whether a link to one of their devices is up. */
  readonly linked: boolean
  /** Messages of others that have not been read here. */
  readonly unread: number
  /** Whether new messages are told only by the count. */
  readonly muted: boolean
  /**
   * At most 100 characters of what is being written; empty: nothing. A chat that has only a draft is listed too, its
   * `lastTime` 0; once that draft is empty there is nothing to show of it.
   */
  readonly draft: string
}

/** Where somebody was reading: the topmost message in sight, and how many px of it are above the upper edge. */
export interface ScrollPlace {
  readonly position: string
  readonly offset: number
}

/** What the hub keeps of a conversation for front ends. */
export interface ChatState {
  /** What is being written; empty: nothing. */
  readonly draft: string
  /** Absent: at the latest message. */
  readonly scroll?: ScrollPlace
}

/** A chat as it is opened: its summary, what was kept, and how far it was read. */
export interface ChatInfo extends ChatState {
  readonly conversation: ConversationInfo
  /** The first unread message of somebody else; absent when all is read. */
  readonly firstUnread?: string
}

/** What the window of a front end shows, by which the hub knows who is to be told of a message. */
export interface Attention {
  readonly isFocused: boolean
  /** The conversations whose messages are in sight. */
  readonly visible: readonly string[]
}

/** The people of the team that a front end lists: who is online, who one has talked to, and all others of a small team. */
export interface PeopleSnapshot {
  /** Sorted by nobody: a front end sorts as it shows. */
  readonly people: readonly PersonInfo[]
  /** How many are online, and how many accounts the team has; 0: not known. */
  readonly online: number
  readonly total: number
}

/** What changed since: people replace the rows known of them. */
export interface PeopleChange extends PeopleSnapshot {
  /** User ids of those who are listed no longer. */
  readonly gone: readonly string[]
}

/** What answers at a place that a person typed. */
export type ProbeInfo =
  | {
      readonly is: 'registry'
      readonly registry: string
      readonly team: string
      /** The whole link with the registry's id, and with the code where one was given. */
      readonly link: string
      readonly address: string
      readonly signUp: SignUpPolicy
      /** Whether what was typed holds an invite's code. */
      readonly hasCode: boolean
      /** Whether the id was part of what was typed; else it has just been found and must be confirmed by the person. */
      readonly isPinned: boolean
    }
  /** A hub's port. `person`: whom it belongs to, where that is somebody whom this hub knows. */
  | { readonly is: 'peer'; readonly device: string; readonly person?: PersonInfo }

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
    {
      version: number
      daemon: string
      pid: number
      roles: readonly ('hub' | 'registry')[]
      /** Started by a front end, so that a newer one may put its own in its place. */
      isBackground?: boolean
    },
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
  /** What answers at an invite text, a `parley:` or editor link, or host[:port]. Nothing is kept of it. */
  probe: [{ text: string }, ProbeInfo]
  /** Makes this daemon the registry of a new team as well, from now on and after each start. Again, it answers as before. */
  hostTeam: [{ team: string }, { registry: string; address: string; team: string }]
  setAvailability: [{ availability: Availability }, AccountInfo]
  /** Resolves once the hub has committed it. The same `message` id again is the same message. */
  send: [{ to: string; text: string; message: string }, MessageInfo]
  /** Newest last. `before` and `after` are positions. */
  history: [
    {
      with: string
      before?: string
      after?: string /** Like `after`, with that message itself. */
      from?: string
      limit: number
    },
    { conversation: string; messages: readonly MessageInfo[]; more: boolean },
  ]
  /** The hub's feed: a snapshot now, `change` notifications from then on. */
  subscribe: [Record<string, never>, HubSnapshot]
  /** Messages of one conversation: `messages` notifications from then on, new and changed ones alike. */
  subscribeMessages: [{ with: string }, { conversation: string }]
  unsubscribeMessages: [{ conversation: string }, Record<string, never>]
  /** The people of the team now, `people` notifications from then on. */
  subscribePeople: [Record<string, never>, PeopleSnapshot]
  // ---- what the hub keeps for front ends
  openChat: [{ with: string }, ChatInfo]
  /** Keeps what is given and leaves the rest; `scroll: null` is the latest. Other front ends are told by `chat`. */
  saveChat: [{ conversation: string; draft?: string; scroll?: ScrollPlace | null }, Record<string, never>]
  /** Everything up to that position is read. Never goes back. */
  markRead: [{ conversation: string; position: string }, Record<string, never>]
  setMuted: [{ conversation: string; muted: boolean }, Record<string, never>]
  /** The chats that are open in one place (a workspace, by a key that the front end chooses), and those that were. */
  saveOpenChats: [{ place: string; conversations: readonly string[] }, Record<string, never>]
  openChats: [{ place: string }, { conversations: readonly string[] }]
  /** What this front end's window shows. Before the first one it is taken to be out of focus, showing nothing. */
  attend: [Attention, Record<string, never>]
  /** Resolves when the message is delivered; refused with `timeout` after `timeout` ms. */
  waitDelivered: [{ conversation: string; message: string; timeout: number }, MessageInfo]
  // ---- registry
  invite: [{ uses?: number; expires?: number; forName?: string }, InviteInfo]
}

/** Notifications from the daemon. */
export interface ControlNotifications {
  change: HubChange
  messages: { readonly conversation: string; readonly messages: readonly MessageInfo[] }
  people: PeopleChange
  /** Another front end has saved this of a conversation whose messages this one watches. */
  chat: { readonly conversation: string; readonly state: ChatState }
  /**
   * A message of somebody else that a person should be told of: sent once to one attached front end, the focused one,
   * else the one that was focused last; never while the conversation is in sight there or muted, nor while one is busy.
   */
  notice: { readonly conversation: string; readonly person: PersonInfo; readonly message: MessageInfo }
}

export type ControlMethod = keyof ControlRequests
/** `data` of a JSON-RPC error: the code of errors.ts. The error's message is the sentence for a person. */
export interface ControlErrorData {
  readonly code: string
  readonly retryAfter?: number
}
