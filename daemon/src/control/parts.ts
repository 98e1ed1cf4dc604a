import type { Check } from '../doctor/doctor.ts'
import type {
  ChatState,
  ControlMethod,
  ControlRequests,
  ConversationInfo,
  FileProgress,
  HistoryProgress,
  HubSnapshot,
  MessageInfo,
  PeopleChange,
  PeopleSnapshot,
  PersonInfo,
  StatusInfo,
} from '../protocol/control.ts'
import type { AskPerson } from '../protocol/prompts.ts'

type Params<Method extends keyof ControlRequests> = ControlRequests[Method][0]
type Result<Method extends keyof ControlRequests> = ControlRequests[Method][1]
/** The requests of these names. */
type Serves<Methods extends ControlMethod> = { readonly [Method in Methods]: Serve<Method> }
/** The same for those in whose course a person may be asked; without `ask` nobody can be. */
type Prompted<Methods extends ControlMethod> = {
  readonly [Method in Methods]: (params: Params<Method>, ask?: AskPerson) => Promise<Result<Method>>
}
type Serve<Method extends keyof ControlRequests> = (params: Params<Method>) => Promise<Result<Method>>

/** One's own devices. */
export type DevicesPart = Serves<'devices' | 'approveDevice' | 'revokeDevice' | 'newAccountKey'>
/** Passwords of one's own account. */
export type PasswordsPart = Serves<'setClassic'> & Prompted<'changePassword' | 'resetPassword'>
/** Whose account keys were compared. */
export type TrustPart = Serves<'safetyNumber' | 'setVerified' | 'acceptKey'>
/** People of no team, their requests, and who is blocked. */
export type StrangersPart = Serves<'connect' | 'requests' | 'answerRequest' | 'setRequestPolicy' | 'block' | 'blocked'>
/** What can be done with messages that were sent, and what others have of them. */
export type MessagesPart = Serves<'editMessage' | 'deleteMessage' | 'react' | 'reached' | 'typing'>
/** Rooms and who belongs to them. */
export type RoomsPart = Serves<
  'createRoom' | 'room' | 'inviteToRoom' | 'joinRoom' | 'leaveRoom' | 'changeRoom' | 'removeFromRoom' | 'setRoomRole'
>
/** All that was said: finding it, taking it out and in, and letting it go. */
export interface ArchivePart extends Serves<'search' | 'setRetention' | 'clearHistory'> {
  exportHistory(params: Params<'exportHistory'>, asker?: HistoryAsker): Promise<Result<'exportHistory'>>
  importHistory(params: Params<'importHistory'>, asker?: HistoryAsker): Promise<Result<'importHistory'>>
}
/** Who waits for an export or import. */
export interface HistoryAsker {
  /** Aborted when who asked has gone. */
  readonly gone: AbortSignal
  readonly told: (progress: HistoryProgress) => void
}
/** Files of messages. */
export interface FilesPart extends Serves<'fetchFile' | 'cancelFile' | 'saveFile'> {
  /** `gone` is aborted when who asked has gone. */
  addFile(params: Params<'addFile'>, gone?: AbortSignal): Promise<Result<'addFile'>>
}
/** Invites: of a registry, or of the team whose admin one is. */
export type InvitesPart = Serves<'invite' | 'invites' | 'revokeInvite'>
/** Accounts, as the operator of a registry sees them. */
export type UsersPart = Serves<'users' | 'user' | 'setUser' | 'deleteUser' | 'resetUser'>

/** What the control API needs of a hub. */
export interface HubPart extends Prompted<'signUp' | 'signIn'> {
  readonly devices?: DevicesPart
  readonly passwords?: PasswordsPart
  readonly trust?: TrustPart
  readonly strangers?: StrangersPart
  readonly invites?: InvitesPart
  readonly messages?: MessagesPart
  readonly rooms?: RoomsPart
  readonly archive?: ArchivePart
  readonly files?: FilesPart
  readonly setDirect?: Serve<'setDirect'>
  /** What `doctor` looks at. */
  readonly checks?: () => readonly Check[]
  status(): NonNullable<StatusInfo['hub']>
  readonly signOut: Serve<'signOut'>
  readonly who: Serve<'who'>
  /** `signal` is aborted when who asked has gone. */
  probe(params: Params<'probe'>, signal: AbortSignal): Promise<Result<'probe'>>
  readonly hostTeam: Serve<'hostTeam'>
  readonly setAvailability: Serve<'setAvailability'>
  readonly send: Serve<'send'>
  readonly history: Serve<'history'>
  /** `signal` is aborted when who asked has gone. */
  waitDelivered(params: Params<'waitDelivered'>, signal: AbortSignal): Promise<Result<'waitDelivered'>>
  /** The conversation with `who`: a name, or the id of a conversation. */
  conversationWith(who: string): Promise<string>
  /** Everything that a front end shows at first, made in one tick. */
  snapshot(): Omit<HubSnapshot, 'number'>
  /** The summary of one conversation, as the snapshot has it. */
  conversation(id: string): ConversationInfo | undefined
  /** Everyone whom a front end lists, made in one tick; changes follow as `people`. */
  people(): PeopleSnapshot
  readonly chats: ChatsPart
  /** Whether any front end with a person in front of it is here; told when that changes. None is at first. */
  setAttended(isAttended: boolean): void
  /** Calls `listener` after each change, until the returned function is called. */
  watch(listener: (change: HubPartChange) => void): () => void
}

/** What the control API needs of what a hub keeps of chats. */
export interface ChatsPart {
  readonly openChat: Serve<'openChat'>
  /** `by`: who saves, and so need not be told. */
  saveChat(params: Params<'saveChat'>, by: object | undefined): Promise<Result<'saveChat'>>
  readonly markRead: Serve<'markRead'>
  readonly setMuted: Serve<'setMuted'>
  readonly setArchived: Serve<'setArchived'>
  readonly setPinned: Serve<'setPinned'>
  readonly markUnread: Serve<'markUnread'>
  readonly setReceipts: Serve<'setReceipts'>
  readonly saveOpenChats: Serve<'saveOpenChats'>
  readonly openChats: Serve<'openChats'>
}

/** What of a hub has changed. */
export interface HubPartChange {
  readonly accounts?: true
  /** The conversation whose summary is another one now. */
  readonly conversation?: string
  readonly messages?: { readonly conversation: string; readonly messages: readonly MessageInfo[] }
  /** Messages of somebody else that have just come, each told here once: none of a muted conversation or while one is busy. */
  readonly arrived?: Arrived
  /** The rows that are others now, and how many there are of all. */
  readonly people?: PeopleChange
  /** What was saved of a conversation for front ends. */
  readonly chat?: SavedChat
  /** How far a file is. */
  readonly file?: FileProgress
  /** Chat requests that wait are others now. */
  readonly requests?: true
  /** One's own devices that wait to be approved are others now. */
  readonly pendingDevices?: true
}

export interface Arrived {
  readonly conversation: string
  readonly person: PersonInfo
  readonly messages: readonly MessageInfo[]
}

export interface SavedChat {
  readonly conversation: string
  readonly state: ChatState
  /** As given to `saveChat`. */
  readonly by: object | undefined
}

/** What the control API needs of a registry. */
export interface RegistryPart {
  status(): NonNullable<StatusInfo['registry']>
  readonly invites: InvitesPart
  readonly users?: UsersPart
  /** What `doctor` looks at. */
  readonly checks?: () => readonly Check[]
  readonly backup?: Serve<'backup'>
  readonly announce?: Serve<'announce'>
  readonly metrics?: Serve<'metrics'>
  readonly reload?: Serve<'reload'>
}
