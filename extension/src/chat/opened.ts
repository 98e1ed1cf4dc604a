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

/**
 * Opens a chat once the hub is up: where it was left, else at the first unread message, else at its end. Rejects with
 * ParleyError when the hub refuses or has been given up, and at `signal`.
 */
export async function openChat(hub: AskedHub, conversation: string, signal: AbortSignal): Promise<OpenedChat> {
  const page = (range: { readonly before?: string; readonly from?: string }) =>
    askWhenUp(hub, 'history', { with: conversation, limit: limits.openPage, ...range }, signal)
  const around = async (position: string) => {
    const [before, from] = await Promise.all([page({ before: position }), page({ from: position })])
    const messages = [...before.messages, ...from.messages]
    return { info, messages, moreBefore: before.more, moreAfter: from.more }
  }

  const info = await askWhenUp(hub, 'openChat', { with: conversation }, signal)
  if (info.scroll !== undefined) return around(info.scroll.position)
  const { messages, more } = await page({})
  const [first] = messages
  const isUnreadAbove =
    more && first !== undefined && info.firstUnread !== undefined && info.firstUnread < first.position
  if (isUnreadAbove && info.firstUnread !== undefined) return around(info.firstUnread)
  return { info, messages, moreBefore: more, moreAfter: false }
}
