/**
 * The local API between a daemon and its front ends: JSON-RPC 2.0 (vscode-jsonrpc, Content-Length framing) over a Unix
 * socket or named pipe, after both sides have proved the token of daemon.json (docs/reference/control.md). Bytes are
 * lower-case base32, times ms since 1970. No I/O here: only names and shapes.
 */

/** The integer versions of this API that this program speaks. */
export const controlVersions = { lowest: 1, highest: 1 } as const

/** `sent`: handed over to a classic client, which never says more. */
export type MessageState = 'queued' | 'sent' | 'delivered'
export type Status = 'online' | 'away' | 'busy' | 'offline'
/**
 * What a person says of themselves: `available` shows as online, or away while no front end is attached; `invisible` as
 * offline, though everything works.
 */
export type Availability = 'available' | 'busy' | 'invisible'

export interface PersonInfo {
  readonly user: string
  readonly name: string
  readonly displayName: string
  readonly status: Status
  /** Since when; 0: not known. */
  readonly since: number
  /** Somebody of no team, reached at an address, or a classic client, who only claims the name. Absent: of the team. */
  readonly via?: 'direct' | 'classic'
  /** HOST:PORT, or the IP address of a classic client; only with `via`. */
  readonly address?: string
  /**
   * `verified`: the person here has compared safety numbers. `changed`: a verified account key has changed, and no message
   * passes before somebody has decided. Absent: not verified.
   */
  readonly trust?: 'verified' | 'changed'
  readonly isBlocked?: true
}

/** One of one's own devices. */
export interface DeviceInfo {
  readonly device: string
  readonly name: string
  readonly added: number
  /** When it was at the registry last, to the day; 0: not known. */
  readonly seen: number
  readonly isThis: boolean
  readonly isOnline: boolean
  /** It has shown the password and waits to be approved. */
  readonly isPending: boolean
  /** 30 digits in six groups of five, the same on both devices if nobody is in between. Only of pending ones. */
  readonly digits?: string
  /** The IP address that it signed in from; only of pending ones. */
  readonly address?: string
}

/** Somebody of no team, or a classic client, who asks to chat. */
export interface RequestInfo {
  readonly id: string
  readonly kind: 'direct' | 'classic'
  /** As they call themselves: nobody vouches for it. */
  readonly name: string
  readonly displayName: string
  /** HOST:PORT or IP address that they ask from. */
  readonly address: string
  readonly at: number
  /** 60 digits to compare; none of a classic client. */
  readonly safetyNumber?: string
}

/** One thing that `doctor` looked at. */
export interface CheckInfo {
  /** Such as `clock`, `listen`, `registry`, `udp`, `relay`, `storage`, `version`. */
  readonly about: string
  readonly state: 'ok' | 'warning' | 'failed'
  /** What was found, in a sentence. */
  readonly words: string
  /** What to do about it. */
  readonly advice?: string
}

/** An account of a registry, as its operator sees it. */
export interface UserInfo {
  readonly user: string
  readonly name: string
  readonly displayName: string
  readonly role: 'member' | 'admin'
  readonly state: 'active' | 'disabled' | 'deleted'
  readonly status: Status
  readonly since: number
  readonly created: number
  readonly devices: readonly DeviceInfo[]
  readonly classicAlias?: string
}

export interface AccountInfo {
  readonly registry: string
  readonly team: string
  readonly address: string
  readonly user: string
  readonly name: string
  readonly displayName: string
  /** `unreachable` still has keys and history: it is not signed out. */
  readonly state: 'connecting' | 'online' | 'unreachable' | 'signed-out' | 'refused' | 'pending'
  /** Why, in a sentence, when not online. */
  readonly why?: string
  readonly availability: Availability
  /** What others see of this person; `offline` while the team cannot be reached. */
  readonly status: Status
  /** The team runs in this very daemon, so `invite` answers. */
  readonly isHosted?: true
  /** May invite, as `isHosted` does. */
  readonly isAdmin?: true
  /** What to compare on a device that is approved already; only while `pending`. */
  readonly digits?: string
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
  /** All of those links run through the relay of the registry. */
  readonly relayed?: true
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
  /** Chat requests that wait for an answer. */
  readonly requests: readonly RequestInfo[]
  /** Devices of one's own that wait to be approved. */
  readonly pendingDevices: readonly DeviceInfo[]
}

/** What has changed since the change before; each part replaces what was known of it. */
export interface HubChange {
  readonly number: number
  readonly accounts?: readonly AccountInfo[]
  readonly conversations?: readonly ConversationInfo[]
  readonly requests?: readonly RequestInfo[]
  readonly pendingDevices?: readonly DeviceInfo[]
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
    /** How many of the links run through the relay. */
    readonly relayed: number
    /** Whether peers may connect straight to this hub; if not, it listens on this machine only. */
    readonly isDirect: boolean
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
    /** Pairs of devices that the relay connects now. */
    readonly relayed?: number
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

/** An invite as lists show it; its code is not known any more. */
export interface ListedInvite {
  readonly id: string
  readonly uses: number
  readonly used: number
  readonly expires: number
  readonly created: number
  readonly forName?: string
  /** Who made it; absent: somebody at the registry's own machine. */
  readonly by?: string
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
  // ---- one's own account
  devices: [Record<string, never>, { devices: readonly DeviceInfo[]; hasAccountKey: boolean }]
  /** `digits`: as they were shown to the person who has compared them. */
  approveDevice: [{ device: string; digits: string }, DeviceInfo]
  /** Of a pending device it is a no. */
  revokeDevice: [{ device: string }, Record<string, never>]
  /** On a pending device, when all others are lost: everybody is told of a key change. */
  newAccountKey: [Record<string, never>, AccountInfo]
  changePassword: [{ password: string; newPassword: string }, Record<string, never>]
  /** Sets a new password with an admin's one-use code, then signs in. */
  resetPassword: [{ registry?: string; name: string; code: string; newPassword: string }, AccountInfo]
  /** Lets one sign in with the original program, by a password of its own; without a password, no longer. */
  setClassic: [{ alias?: string; password?: string }, Record<string, never>]
  // ---- whom to trust
  /** 60 digits in twelve groups of five, the same at both ends. */
  safetyNumber: [{ with: string }, { person: PersonInfo; digits: string }]
  /** `digits`: as they were shown. */
  setVerified: [{ with: string; digits: string; verified: boolean }, PersonInfo]
  /** Goes on with a changed account key, which is not verified. */
  acceptKey: [{ with: string }, PersonInfo]
  // ---- people of no team
  /** Asks whoever is at HOST:PORT to chat. `asked`: they have to accept first. `name`: one's own, where there is no account. */
  connect: [{ address: string; name?: string }, { state: 'asked' } | { state: 'open'; conversation: ConversationInfo }]
  requests: [Record<string, never>, { requests: readonly RequestInfo[]; policy: 'ask' | 'accept' }]
  answerRequest: [{ id: string; answer: 'accept' | 'decline' | 'block' }, { conversation?: ConversationInfo }]
  /** What is done with chat requests from now on. */
  setRequestPolicy: [{ policy: 'ask' | 'accept' }, Record<string, never>]
  block: [{ with: string; blocked: boolean }, Record<string, never>]
  blocked: [Record<string, never>, { people: readonly PersonInfo[] }]
  // ---- this hub
  /** Whether peers may connect straight to this hub, from now on and after each start. */
  setDirect: [{ direct: boolean }, Record<string, never>]
  doctor: [Record<string, never>, { checks: readonly CheckInfo[] }]
  // ---- registry; the first three also at the hub of an admin
  invites: [Record<string, never>, { invites: readonly ListedInvite[] }]
  revokeInvite: [{ id: string }, Record<string, never>]
  /** By name, from behind `after`. */
  users: [{ query?: string; after?: string; limit: number }, { users: readonly UserInfo[]; more: boolean }]
  user: [{ name: string }, UserInfo]
  setUser: [{ name: string; disabled?: boolean; role?: 'member' | 'admin' }, UserInfo]
  /** The name stays reserved. */
  deleteUser: [{ name: string }, Record<string, never>]
  /** A one-use code with which the person sets a new password; `text` is to paste to them. */
  resetUser: [{ name: string }, { code: string; expires: number; text: string }]
  /** Writes everything to a new file, while the registry goes on. */
  backup: [{ file: string }, { rows: number; bytes: number }]
  /** Signs and tells everybody a new address, or a new key that speaks for this registry from now on. */
  announce: [{ address: string } | { newKey: true }, { number: number }]
  /** OpenMetrics text. */
  metrics: [Record<string, never>, { text: string }]
  /** Reads the configuration again: which settings took effect, and which wait for a restart. */
  reload: [Record<string, never>, { changed: readonly string[]; waiting: readonly string[] }]
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
