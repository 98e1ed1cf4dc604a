import type { StoredMessage } from '../../daemon/src/hub/conversations/types.ts'
import { type ConversationId, userId } from '../../daemon/src/protocol/ids.ts'
import type { Station } from './station.ts'

/** All that a station shows of a conversation, read page by page from its end. */
export async function pageOf(station: Station, conversation: ConversationId): Promise<StoredMessage[]> {
  const { home } = station
  if (home === undefined) throw new Error(`${station.name} does not run`)
  const found: StoredMessage[] = []
  for (let before: string | undefined; ; before = found[0]?.position) {
    const range = before === undefined ? { limit: 60 } : { limit: 60, before }
    const page = await home.conversations.history(conversation, range)
    found.unshift(...page.messages)
    if (!page.more) return found
  }
}

/** The same read forward, from the first on. */
export async function pageForward(station: Station, conversation: ConversationId): Promise<StoredMessage[]> {
  const { home } = station
  if (home === undefined) throw new Error(`${station.name} does not run`)
  const found: StoredMessage[] = []
  for (let after = first; ; after = found.at(-1)?.position ?? after) {
    const page = await home.conversations.history(conversation, { limit: 45, after })
    found.push(...page.messages)
    if (!page.more) return found
  }
}

/** What a message says, as the reference says it. */
export function shownIn({ deleted, event, text, edited, mentions = [], reactions = [] }: StoredMessage): string {
  if (deleted) return 'deleted'
  if (event) return `[${event.is} ${event.user.length > 0 ? userId(event.user) : ''} ${event.text}]`
  const words = edited === undefined ? text : `${text} edited ${edited}`
  return `${words} [${mentions.join()}] ${reactions.map(({ user, emoji }) => `${user} ${emoji}`).join()}`
}

/** Before every position. */
const first = `${'0'.repeat(16)}/${'a'.repeat(52)}/${'0'.repeat(11)}/${'0'.repeat(16)}`
