import type { LogOutputChannel, Uri } from 'vscode'
import type { Hub } from './hub/hub.ts'

/** What every part of the extension is built from. Parts know each other only by the interfaces here. */
export interface Context {
  readonly hub: Hub
  readonly log: LogOutputChannel
  readonly extensionUri: Uri
  readonly chats: ChatOpener
}

/** Opens chats, wherever they are shown. */
export interface ChatOpener {
  /**
   * Shows the chat with somebody: a user name or the id of a conversation. Resolves when it can be seen; rejects with
   * ParleyError when there is no such person.
   */
  open(who: string, options?: OpenOptions): Promise<void>
  /** Opens the chat and puts text into what is being written there. */
  insert(who: string, text: string): Promise<void>
  /** Adds text to what is being written in a chat, without showing it. Rejects with ParleyError when that has to wait. */
  addToDraft(conversation: string, text: string): Promise<void>
  /** The conversation of the chat that was used last in this window. */
  readonly current: string | undefined
}

export interface OpenOptions {
  /** `editor`: a tab; `beside`: a tab next to the active editor; `sideBar`: the Chat view. */
  readonly where?: 'editor' | 'beside' | 'sideBar'
  readonly focus?: 'composer' | 'lastMessage'
  /** The message to bring into sight. */
  readonly position?: string
}
