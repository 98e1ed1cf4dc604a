/** What the local API tells of people, chats, devices and daemons. Bytes are lower-case base32, times ms since 1970. */

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
