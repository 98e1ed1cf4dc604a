import type {
  AccountInfo,
  Attention,
  Availability,
  ChatInfo,
  ChatState,
  CheckInfo,
  DeviceInfo,
  DirectInfo,
  FileInfo,
  FileProgress,
  HistoryProgress,
  HubChange,
  HubSnapshot,
  InviteInfo,
  ListedInvite,
  MessageInfo,
  MessageRef,
  PeopleChange,
  PeopleSnapshot,
  PersonInfo,
  ProbeInfo,
  RequestInfo,
  RoomDetail,
  RoomHistory,
  RoomMember,
  ScrollPlace,
  SearchHit,
  StatusInfo,
  UserInfo,
} from './control-infos.ts'
import type { PromptInfo, SignInWay } from './prompts.ts'

export type * from './control-infos.ts'
export type { PromptInfo, SignInWay } from './prompts.ts'

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
  /**
   * `registry`: an invite or registry link, or host:port. Without a registry id the hub pins what it finds, once.
   * `prompts`: this front end shows `prompt`s and answers them. `by`: how, where the registry lets people choose.
   */
  signUp: [
    {
      registry: string
      name: string
      displayName?: string
      password?: string
      invite?: string
      by?: SignInWay
      prompts?: boolean
    },
    AccountInfo,
  ]
  /**
   * The device key alone is tried, unless there is a password, or it is to be shown `afresh` who signs in. Where that is
   * not enough the person is asked, if the account or the registry wants that and this front end shows `prompts`.
   */
  signIn: [
    { registry?: string; name?: string; password?: string; by?: SignInWay; prompts?: boolean; afresh?: boolean },
    AccountInfo,
  ]
  /** To a `prompt`. Without an answer the person gives it up, and what has asked fails as `closed`. */
  answerPrompt: [{ prompt: string; answer?: string }, Record<string, never>]
  signOut: [Record<string, never>, AccountInfo]
  who: [{ query?: string; limit?: number }, { people: readonly PersonInfo[]; more: boolean }]
  /** What answers at an invite text, a `parley:` or editor link, or host[:port]. Nothing is kept of it. */
  probe: [{ text: string }, ProbeInfo]
  /** Makes this daemon the registry of a new team as well, from now on and after each start. Again, it answers as before. */
  hostTeam: [{ team: string }, { registry: string; address: string; team: string }]
  setAvailability: [{ availability: Availability }, AccountInfo]
  /**
   * Resolves once the hub has committed it. The same `message` id again is the same message. `files`: hashes of what
   * `addFile` has given. `mentions`: user ids, or `all` in a room.
   */
  send: [
    {
      to: string
      text: string
      message: string
      replyTo?: MessageRef
      mentions?: readonly string[]
      files?: readonly string[]
      anyway?: boolean
    },
    MessageInfo,
  ]
  /** `act`: 16 random bytes in base32; the same again is the same act. Of one's own messages. */
  editMessage: [
    {
      conversation: string
      message: string
      text: string
      mentions?: readonly string[]
      act: string
      anyway?: boolean
    },
    MessageInfo,
  ]
  /** For everybody; `forMe`: from this hub and one's own other devices only, anybody's message. */
  deleteMessage: [
    { conversation: string; user: string; message: string; act: string; forMe?: boolean },
    Record<string, never>,
  ]
  react: [
    { conversation: string; user: string; message: string; emoji: string; on: boolean; act: string },
    Record<string, never>,
  ]
  /** Who of the others has a message of one's own, and who has read it. */
  reached: [
    { conversation: string; message: string },
    { members: readonly { person: PersonInfo; state: 'waiting' | 'delivered' | 'read' }[] },
  ]
  /** Said again every few seconds while somebody writes; `stopped` at once when they do not any more. */
  typing: [{ conversation: string; stopped?: boolean }, Record<string, never>]
  // ---- rooms
  createRoom: [{ name: string; topic?: string; history?: RoomHistory; invite?: readonly string[] }, RoomDetail]
  room: [{ conversation: string }, RoomDetail]
  inviteToRoom: [{ conversation: string; who: string }, RoomMember]
  /** Of somebody who is invited. */
  joinRoom: [{ conversation: string }, RoomDetail]
  /** Also declines an invitation. */
  leaveRoom: [{ conversation: string }, Record<string, never>]
  changeRoom: [{ conversation: string; name?: string; topic?: string; history?: RoomHistory }, RoomDetail]
  removeFromRoom: [{ conversation: string; who: string }, RoomDetail]
  setRoomRole: [{ conversation: string; who: string; role: 'admin' | 'member' }, RoomMember]
  // ---- history
  /** The newest first. `with`, `from`: where and by whom; `before`, `after`: ms since 1970; `next`: as a page before said. */
  search: [
    {
      query: string
      with?: string
      from?: string
      before?: number
      after?: number
      hasFile?: boolean
      limit: number
      next?: string
    },
    { hits: readonly SearchHit[]; next?: string; isIndexing?: true },
  ]
  /** Writes all that is shown of a conversation, or of all, to a new file. Ends with nothing written when who asked goes. */
  exportHistory: [{ with?: string; file: string; format: 'json' | 'markdown' }, { messages: number; bytes: number }]
  /**
   * Reads what `exportHistory` has written as `json`: what is here already stays as it is. `left`: messages that cannot be
   * here, of rooms that are not, or of classic clients. Ends when who asked goes: what was taken in until then stays.
   */
  importHistory: [{ file: string }, { messages: number; known: number; dropped: number; left: number }]
  /** Drops what is older, here and on one's own other devices; `days: null` keeps everything. */
  setRetention: [{ conversation: string; days: number | null }, Record<string, never>]
  /** Drops what is shown up to that position, or all of it, here and on one’s own other devices. */
  clearHistory: [{ conversation: string; before?: string }, Record<string, never>]
  // ---- files
  /** Takes a file of this machine in; it is sent with a message. `data`: base64, of what is no file yet, at most 10 MiB. */
  addFile: [{ path: string } | { name: string; type?: string; data: string }, FileInfo]
  /** Begins to fetch it, if it is not here. Ends when it is whole; `file` notifications tell how far it is. */
  fetchFile: [{ conversation: string; hash: string }, FileInfo]
  /** Ends what `fetchFile` has begun; what has come of the file goes. */
  cancelFile: [{ conversation: string; hash: string }, Record<string, never>]
  /** Writes a file that is here to another place. */
  saveFile: [{ conversation: string; hash: string; path: string }, Record<string, never>]
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
  setArchived: [{ conversation: string; archived: boolean }, Record<string, never>]
  setPinned: [{ conversation: string; pinned: boolean }, Record<string, never>]
  /** Shows it as unread, from that position on where one is given, until it is read again. */
  markUnread: [{ conversation: string; position?: string }, Record<string, never>]
  /** Whether others are told what one has read, from now on. */
  setReceipts: [{ receipts: boolean }, Record<string, never>]
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
  changePassword: [{ password?: string; newPassword?: string; prompts?: boolean }, Record<string, never>]
  /** Sets a new password with an admin's one-use code, then signs in. */
  resetPassword: [
    { registry?: string; name: string; code: string; newPassword?: string; prompts?: boolean },
    AccountInfo,
  ]
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
  connect: [{ address: string; name?: string }, { state: 'asked' } | { state: 'open'; conversation: DirectInfo }]
  requests: [Record<string, never>, { requests: readonly RequestInfo[]; policy: 'ask' | 'accept' }]
  answerRequest: [{ id: string; answer: 'accept' | 'decline' | 'block' }, { conversation?: DirectInfo }]
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
  /** What the registry asks the person, for the front end whose request with `prompts` is under way. */
  prompt: PromptInfo
  /** A file on its way, for those who have asked for it or sent it. */
  file: FileProgress
  /** How far an export or import is that this front end has asked for. */
  historyProgress: HistoryProgress
  /** Another front end has saved this of a conversation whose messages this one watches. */
  chat: { readonly conversation: string; readonly state: ChatState }
  /**
   * A message of somebody else that a person should be told of: sent once to one attached front end, the focused one,
   * else the one that was focused last; never while the conversation is in sight there or muted, nor while one is busy.
   */
  notice: {
    readonly conversation: string
    readonly person: PersonInfo
    /** The name of the room, where it was written in one. */
    readonly room?: string
    readonly message: MessageInfo
  }
}

export type ControlMethod = keyof ControlRequests
/** `data` of a JSON-RPC error: the code of errors.ts. The error's message is the sentence for a person. */
export interface ControlErrorData {
  readonly code: string
  readonly retryAfter?: number
}
