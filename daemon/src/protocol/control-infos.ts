/** What the local API tells of people, chats, devices and daemons. Bytes are lower-case base32, times ms since 1970. */

import type { MessageInfo } from './message-infos.ts'
import type { SignInWay } from './prompts.ts'

export type * from './message-infos.ts'

export type Status = 'online' | 'away' | 'busy' | 'offline'
/**
 * What a person says of themselves: `available` shows as online, or away while no front end is attached; `invisible` as
 * offline, though everything works.
 */
export type Availability = 'available' | 'busy' | 'invisible'

/** How far an export or an import of history is. */
export interface HistoryProgress {
  readonly file: string
  /** An import reads its file twice: all of it is checked before anything is taken in. */
  readonly doing: 'exporting' | 'checking' | 'importing'
  /** Written, or checked, or taken in: all that an import has counted, those that were here already too. */
  readonly messages: number
  /** Written, or read. */
  readonly bytes: number
  /** Bytes of the file that is read. */
  readonly size?: number
}

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
   * `verified`: the person here has compared safety numbers. `changed`: their account key has changed since one
   * verified them or talked to them, and no message passes before somebody has decided. Absent: not verified.
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
  /** Others are not told what one has read, nor one what they have. */
  readonly areReceiptsOff?: true
  /** The team asks its own questions to sign in, and sees the answers. Absent: by a password that it never sees. */
  readonly signsInBy?: 'prompts'
  /** The team runs in this very daemon, so `invite` answers. */
  readonly isHosted?: true
  /** May invite, as `isHosted` does. */
  readonly isAdmin?: true
  /** What to compare on a device that is approved already; only while `pending`. */
  readonly digits?: string
}

/** What happened in a room. `user` and `name`: whom it befell; who did it is the author of the line. */
export type RoomEvent =
  | { readonly is: 'founded' | 'joined' | 'left' }
  /** `handed-over`: whoever owned the room left, and that one owns it now. */
  | {
      readonly is: 'handed-over' | 'invited' | 'removed' | 'made-admin' | 'made-member'
      readonly user: string
      readonly name: string
    }
  | { readonly is: 'renamed' | 'topic'; readonly text: string }
  | { readonly is: 'history'; readonly history: RoomHistory }

/** What later members see: everything, or what is written from their invitation on. */
export type RoomHistory = 'all' | 'from-invitation'

export interface RoomInfo {
  readonly name: string
  readonly topic: string
  readonly history: RoomHistory
  /** How one stands there. `invited`: nothing is shown before one joins. `left`: read only. */
  readonly standing: 'invited' | 'member' | 'admin' | 'owner' | 'left'
  /** How many have joined. */
  readonly members: number
  /** Who has invited one; only while `invited`. */
  readonly by?: PersonInfo
}

export interface RoomMember {
  readonly person: PersonInfo
  readonly role: 'owner' | 'admin' | 'member' | 'invited'
  readonly isSelf?: true
}

/** A room with all who belong to it, the most senior first. */
export interface RoomDetail {
  readonly conversation: ConversationInfo
  readonly members: readonly RoomMember[]
}

interface ListedConversation {
  readonly conversation: string
  /** At most 100 characters of the last line. */
  readonly lastLine: string
  /** Whether the last line is one's own. */
  readonly lastMine: boolean
  /** In rooms: who wrote it, as they want to be called. */
  readonly lastName?: string
  readonly lastTime: number
  /** Messages of one's own that wait for another device. */
  readonly queued: number
  /** Whether a link to a device of somebody else there is up. */
  readonly linked: boolean
  /** All of those links run through the relay of the registry. */
  readonly relayed?: true
  /** Messages of others that have not been read here. */
  readonly unread: number
  /** Those among them that name the person here. */
  readonly mentions: number
  /** Marked as unread by hand, whatever the count. */
  readonly isMarkedUnread?: true
  /** Whether new messages are told only by the count. */
  readonly muted: boolean
  readonly archived?: true
  readonly pinned?: true
  /** Who is writing at this moment. */
  readonly typing?: readonly PersonInfo[]
  /** Days after which messages are dropped here; absent: never. */
  readonly retention?: number
  /**
   * At most 100 characters of what is being written; empty: nothing. A chat that has only a draft is listed too, its
   * `lastTime` 0; once that draft is empty there is nothing to show of it.
   */
  readonly draft: string
}

/** A chat with one other person. */
export interface DirectInfo extends ListedConversation {
  readonly kind: 'direct'
  readonly person: PersonInfo
}

export interface RoomConversation extends ListedConversation {
  readonly kind: 'room'
  readonly room: RoomInfo
}

export type ConversationInfo = DirectInfo | RoomConversation

/** A message that a search has found. */
export interface SearchHit {
  readonly message: MessageInfo
  readonly conversation: ConversationInfo
  /** Around what was found, at most 200 characters; `marks` are the places in it that match, from and to behind. */
  readonly excerpt: string
  readonly marks: readonly (readonly [number, number])[]
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
      /** How people can sign in there with this hub. Absent: by password alone. */
      readonly signsInBy?: readonly SignInWay[]
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
  /** The hub has started just now: what came meanwhile may still be on its way, a new room too. */
  readonly isCatchingUp?: true
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
    /** What waits in the mailboxes of devices that are not there. */
    readonly mail?: { readonly items: number; readonly bytes: number }
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
