/**
 * What passes between a chat surface (the web page) and the extension that hosts it. Both sides import this file and
 * nothing of each other. The surface says `ready` first; nothing is posted to it before. Plain data: it is cloned.
 */
import type {
  AccountInfo,
  ConversationInfo,
  FileInfo,
  FileProgress,
  MessageInfo,
  PersonInfo,
  RoomMember,
  ScrollPlace,
} from '@parley/daemon/protocol/control'

/** Who and what the surface shows around the messages; sent whole whenever a part of it changes. */
export interface ChatView {
  readonly conversation: ConversationInfo
  readonly account: AccountInfo
  /** Whether the hub can be asked; `why` in a sentence where it cannot. */
  readonly hub: { readonly is: 'up' } | { readonly is: 'connecting' | 'failed'; readonly why: string }
  /** The key that sends. */
  readonly sendWith: 'enter' | 'ctrlEnter'
}

/** The message that another one answers. */
export type Quote = NonNullable<MessageInfo['replyTo']>

/** What goes with the text of a message. */
export interface Enclosed {
  readonly replyTo?: Quote
  /** User ids; `all`: everybody in the room. */
  readonly mentions?: readonly string[]
  /** What `addFile` and `pickFiles` have given. */
  readonly files?: readonly FileInfo[]
}

/** Somebody of a chat: whom `@` completes, and how authors are called. */
export interface Member extends Pick<PersonInfo, 'user' | 'name' | 'displayName' | 'status'> {
  readonly role: RoomMember['role']
}

/** A message that the hub has not taken yet. */
export interface UnsentMessage extends Enclosed {
  /** Its id, by which trying again is never a second message. */
  readonly message: string
  readonly text: string
  readonly written: number
  /** Why the hub did not take it, in a sentence: it goes out again only when the person says so. Absent: it just waits. */
  readonly refused?: string
}

/** A page of messages, oldest first. `more`: whether others follow in the direction asked for. */
export interface Page {
  readonly messages: readonly MessageInfo[]
  readonly more: boolean
}

/** All that a surface needs to draw its first frame. */
export interface Opened {
  readonly view: ChatView
  readonly draft: string
  /** Absent: at the latest message. */
  readonly scroll?: ScrollPlace
  /** The first unread message of somebody else, where the *New* line goes. */
  readonly firstUnread?: string
  /**
   * The messages around the place to show: the latest page, or those on both sides of `scroll.position`
   * (or of `firstUnread`, where nothing was kept and it is not in the latest page).
   */
  readonly messages: readonly MessageInfo[]
  readonly moreBefore: boolean
  readonly moreAfter: boolean
  /** What was written in this chat before, and the hub has not taken; absent: nothing. */
  readonly unsent?: readonly UnsentMessage[]
  /** Those who belong to the room, the most senior first; absent: a chat of two. */
  readonly members?: readonly Member[]
  /** Translations, by the English text; absent: English. The shape of `vscode.l10n.bundle`. */
  readonly strings?: Readonly<Record<string, string>>
  /** The language of dates and times, as BCP 47. */
  readonly locale: string
}

/** What a surface asks of its host: parameters and result. A refusal is an error with a code and a sentence for a person. */
export interface SurfaceRequests {
  /** The first request, and again after `stale`. */
  open: [Record<string, never>, Opened]
  /** `from`: like `after`, with the message there. */
  history: [{ before?: string; after?: string; from?: string; limit: number }, Page]
  /** Resolves once the hub has committed it; the same id again is the same message. `message`: 16 bytes in base32. */
  send: [{ message: string; text: string } & Enclosed, MessageInfo]
  /** Gives up a message that the hub has not taken. */
  drop: [{ message: string }, null]
  /** Of a message of one's own. `act`: 16 bytes in base32; the same again is the same act. */
  edit: [{ message: string; text: string; mentions?: readonly string[]; act: string }, MessageInfo]
  /**
   * Deletes a message, after asking whether here alone or, where `forAll` says that one may, for everybody; false when
   * the person says no.
   */
  remove: [{ user: string; message: string; act: string; forAll: boolean }, { removed: boolean }]
  react: [{ user: string; message: string; emoji: string; on: boolean; act: string }, null]
  /** How far a message of one's own has come, by who else is in the room. */
  reached: [{ message: string }, { members: readonly Reached[] }]
  /** Said again every few seconds while somebody writes. */
  typing: [{ stopped?: boolean }, null]
  /** Takes in what was pasted or dropped. `data`: base64. */
  addFile: [{ name: string; type: string; data: string }, FileInfo]
  /** Lets the person choose files, and takes them in; none when they choose none. */
  pickFiles: [Record<string, never>, { files: readonly FileInfo[] }]
  /** Begins to fetch a file; how far it is is told by `file`. */
  fetchFile: [{ hash: string }, null]
  /** Gives up what `fetchFile` has begun; what has come of the file goes. */
  cancelFile: [{ hash: string }, null]
  /** Lets the person say where to, and writes it there. */
  saveFile: [{ hash: string; name: string }, { saved: boolean }]
  /** An image that is here, as base64; null: it is not, or too large to be shown. */
  image: [{ hash: string; size: number }, { data: string } | null]
  /** Puts a link that leads to the message into the clipboard. */
  copyLink: [{ position: string }, null]
  /** What is being written, told with each input: the surface may be gone before it saves. */
  writing: [{ draft: string }, null]
  /** Keeps draft and scroll place; `scroll: null` is the latest. */
  save: [{ draft?: string; scroll?: ScrollPlace | null }, null]
  /** Everything up to that position has been seen. */
  markRead: [{ position: string }, null]
  /** Everything from that position on is unread again. */
  markUnread: [{ position: string }, null]
  /** Opens a web or mail link, after asking where the editor asks. */
  openLink: [{ href: string }, null]
  /** Opens a file of the workspace; false when the workspace has no such file. Lines and columns count from 1. */
  openPlace: [Place, { opened: boolean }]
  copy: [{ text: string }, null]
  /** The editor's selection as a fenced block, or null when nothing is selected. */
  selection: [Record<string, never>, { text: string } | null]
  /** Something of the header or of an empty or failed state that the extension does. */
  act: [{ what: SurfaceAction }, null]
}

export type SurfaceAction =
  | 'mute'
  | 'unmute'
  | 'restartHub'
  | 'showLog'
  | 'signIn'
  | 'showPending'
  | 'copyName'
  | 'verify'
  | 'acceptKey'
  | 'block'
  | 'unblock'
  | 'checkConnection'
  | 'members'
  | 'inviteToRoom'
  | 'roomSettings'
  | 'joinRoom'
  | 'declineRoom'
  | 'leaveRoom'
  | 'search'
  | 'markUnread'
  | 'pin'
  | 'unpin'
  | 'archive'
  | 'unarchive'
  | 'retention'
  | 'export'
  | 'clear'

/** Somebody else of a room, and how far a message has come there. */
export interface Reached {
  readonly name: string
  readonly state: 'waiting' | 'delivered' | 'read'
}

/** A place in a file, as a message or a code block names it. */
export interface Place {
  readonly path: string
  readonly line: number
  readonly column?: number
  readonly endLine?: number
}

/** What a host tells its surface, unasked. */
export interface SurfaceEvents {
  view: ChatView
  /** New and changed messages alike. */
  messages: readonly MessageInfo[]
  /** How far a file has come; `path` is empty once it is here: where is not for a page. */
  file: FileProgress
  /** Those who belong to the room now. */
  members: readonly Member[]
  /** A message is to be brought into sight. */
  reveal: { readonly position: string }
  /** What is shown may be stale: `open` again, keeping what is being written. */
  stale: Record<string, never>
  /** Another window has saved this. */
  saved: { readonly draft: string }
  /** Puts text at the cursor of the composer, a fenced block on lines of its own. */
  insert: { readonly text: string }
  focus: 'composer' | 'lastMessage'
  /** Whether the surface is in sight and its window focused: only then is what is on screen read. */
  sight: { readonly isInSight: boolean }
}

export type SurfaceMethod = keyof SurfaceRequests
export type SurfaceEvent = keyof SurfaceEvents

/** From the surface. `id` counts up. */
export type FromSurface =
  | { readonly is: 'ready' }
  | {
      [Method in SurfaceMethod]: {
        readonly is: 'request'
        readonly id: number
        readonly method: Method
        readonly params: SurfaceRequests[Method][0]
      }
    }[SurfaceMethod]

/** To the surface. */
export type ToSurface =
  | { readonly is: 'reply'; readonly id: number; readonly result: SurfaceRequests[SurfaceMethod][1] }
  | { readonly is: 'refusal'; readonly id: number; readonly code: string; readonly why: string }
  | SurfaceNews

/** An event on its way to the surface. */
export type SurfaceNews = {
  [Event in SurfaceEvent]: { readonly is: 'event'; readonly event: Event; readonly value: SurfaceEvents[Event] }
}[SurfaceEvent]

/**
 * What a surface keeps in VS Code's own webview state, by which a panel is restored. What waits to be sent is here too:
 * a reload loses no message that the hub has not taken yet.
 */
export interface SurfaceState {
  readonly conversation: string
  /** The user name of the other one, for the panel's title and to find the conversation again. */
  readonly person: string
  /** Also those of other conversations that this webview has shown. */
  readonly unsent?: readonly (UnsentMessage & { readonly conversation: string })[]
  /** What is being written, as long as the hub has not confirmed it. */
  readonly draft?: string
  /** What the hub may have of it: anything else comes from another window, and is newer. */
  readonly draftOver?: readonly string[]
  /** When it was written: VS Code may have kept an older state than the last one, of a message that has been sent since. */
  readonly draftTime?: number
}
