import { ParleyError } from '../errors.ts'
import { limits } from '../limits.ts'
import type { ControlRequests, MessageInfo, MessageState } from '../protocol/control.ts'
import { conversationId, messageId } from '../protocol/ids.ts'
import type { Circle } from './circle.ts'
import type { HubNews } from './news.ts'

/**
 * Resolves with one's own message once it is delivered, in a room to all, or was handed over to a classic client, which
 * says no more; rejects with ParleyError `timeout` after `timeout` ms, with
 * `closed` when `ended` is aborted first, and with `bad-message` when there is no such message.
 */
export async function waitDelivered(
  circle: Pick<Circle, 'ownMessage' | 'handsOver'>,
  watch: (listener: (news: HubNews) => void) => () => void,
  params: ControlRequests['waitDelivered'][0],
  ended: AbortSignal,
): Promise<MessageInfo> {
  const conversation = conversationId(params.conversation)
  const id = messageId(params.message)
  const isThere = (state: MessageState | undefined) => {
    return state === 'delivered' || state === 'read' || (state === 'sent' && circle.handsOver === true)
  }
  const delivered = Promise.withResolvers<MessageInfo>()
  delivered.promise.catch(() => {}) // nobody may be waiting for it yet
  const stop = watch(({ messages }) => {
    if (messages?.conversation !== conversation) return
    const found = messages.messages.find(({ message, mine, state }) => mine && message === id && isThere(state))
    if (found) delivered.resolve(found)
  })
  const words = 'The message has not been delivered yet. It stays queued and goes out when they are online.'
  const timer = setTimeout(
    () => delivered.reject(new ParleyError('timeout', words)),
    Math.min(params.timeout, limits.timer),
  )
  const end = () => delivered.reject(new ParleyError('closed', 'The hub is stopping; the message stays queued.'))
  ended.addEventListener('abort', end, { once: true })
  if (ended.aborted) end()
  try {
    const own = await circle.ownMessage(conversation, id)
    if (!own) throw new ParleyError('bad-message', 'There is no such message of yours in this conversation.')
    return isThere(own.state) ? own : await delivered.promise
  } finally {
    clearTimeout(timer)
    ended.removeEventListener('abort', end)
    stop()
  }
}
