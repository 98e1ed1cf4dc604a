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
  let state: MessageState | undefined
  const delivered = Promise.withResolvers<MessageInfo>()
  delivered.promise.catch(() => {}) // nobody may be waiting for it yet
  const stop = watch(({ messages }) => {
    if (messages?.conversation !== conversation) return
    const found = messages.messages.find(({ message, mine }) => mine && message === id)
    state = found?.state ?? state
    if (isThere(found?.state) && found) delivered.resolve(found)
  })
  const expired = () => delivered.reject(new ParleyError('timeout', notYet(state)))
  const timer = setTimeout(expired, Math.min(params.timeout, limits.timer))
  const end = () => delivered.reject(new ParleyError('closed', 'The hub is stopping; the message is kept.'))
  ended.addEventListener('abort', end, { once: true })
  if (ended.aborted) end()
  try {
    const own = await circle.ownMessage(conversation, id)
    if (!own) throw new ParleyError('bad-message', 'There is no such message of yours in this conversation.')
    state ??= own.state
    return isThere(own.state) ? own : await delivered.promise
  } finally {
    clearTimeout(timer)
    ended.removeEventListener('abort', end)
    stop()
  }
}

function notYet(state: MessageState | undefined): string {
  const now = state === 'sent' ? 'It is sent, and they get it' : 'It stays queued, and goes out'
  return `The message has not been delivered yet. ${now} when they are online.`
}
