import { asParleyError } from '@parley/daemon/client/basics'
import type { ChatInfo, MessageInfo } from '@parley/daemon/protocol/control'
import { limits } from '../limits.ts'
import { type AskedHub, askWhenUp } from '../shared/when-up.ts'

/** A chat as the hub keeps it, with the messages that are seen first, oldest first. */
export interface OpenedChat {
  readonly info: ChatInfo
  readonly messages: readonly MessageInfo[]
  readonly moreBefore: boolean
  readonly moreAfter: boolean
}

/** Which chat: the hub forgets a conversation that has not begun, and is then asked for the person. */
export interface WhichChat {
  readonly conversation: string
  /** The user name of the other one, where it is known. */
  readonly person: string | undefined
}

/**
 * Opens a chat once the hub is up: where it was left, else at the first unread message, else at its end. Rejects with
 * ParleyError when the hub refuses or has been given up, and at `signal`.
 */
export async function openChat(hub: AskedHub, which: WhichChat, signal: AbortSignal): Promise<OpenedChat> {
  const { conversation } = which
  const page = (range: { readonly before?: string; readonly from?: string }) =>
    askWhenUp(hub, 'history', { with: conversation, limit: limits.openPage, ...range }, signal)
  const around = async (position: string) => {
    const [before, from] = await Promise.all([page({ before: position }), page({ from: position })])
    const messages = [...before.messages, ...from.messages]
    return { info, messages, moreBefore: before.more, moreAfter: from.more }
  }

  const info = await findChat(hub, which, signal)
  if (info.scroll !== undefined) return around(info.scroll.position)
  const { messages, more } = await page({})
  const [first] = messages
  const isUnreadAbove =
    more && first !== undefined && info.firstUnread !== undefined && info.firstUnread < first.position
  if (isUnreadAbove && info.firstUnread !== undefined) return around(info.firstUnread)
  return { info, messages, moreBefore: more, moreAfter: false }
}

/**
 * The chat by its conversation, else by the person with whom it is. Rejects with ParleyError when the hub refuses or has
 * been given up, and at `signal`.
 */
export async function findChat(
  hub: AskedHub,
  { conversation, person }: WhichChat,
  signal: AbortSignal,
): Promise<ChatInfo> {
  try {
    return await askWhenUp(hub, 'openChat', { with: conversation }, signal)
  } catch (error) {
    if (!person || asParleyError(error).code !== 'usage') throw error
    const found = await askWhenUp(hub, 'openChat', { with: person }, signal)
    // Somebody else of that name, in another team.
    if (found.conversation.conversation !== conversation) throw error
    return found
  }
}
