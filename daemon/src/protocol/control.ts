import type {
  AccountInfo,
  Attention,
  Availability,
  ChatInfo,
  ChatState,
  CheckInfo,
  ConversationInfo,
  DeviceInfo,
  HubChange,
  HubSnapshot,
  InviteInfo,
  ListedInvite,
  MessageInfo,
  PeopleChange,
  PeopleSnapshot,
  PersonInfo,
  ProbeInfo,
  RequestInfo,
  ScrollPlace,
  StatusInfo,
  UserInfo,
} from './control-infos.ts'

export type * from './control-infos.ts'

/**
 * The local API between a daemon and its front ends: JSON-RPC 2.0 (vscode-jsonrpc, Content-Length framing) over a Unix
 * socket or named pipe, after both sides have proved the token of daemon.json (docs/reference/control.md). Bytes are
 * lower-case base32, times ms since 1970. No I/O here: only names and shapes.
 */

/** The integer versions of this API that this program speaks. */
export const controlVersions = { lowest: 1, highest: 1 } as const

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
