import type { Client } from '../client/connect.ts'
import { ParleyError } from '../errors.ts'
import { limits } from '../limits.ts'
import type { MessageInfo } from '../protocol/control.ts'
import type { ChatLine } from './chat-line.ts'
import { mentionsIn } from './mentions.ts'
import { newId } from './new-id.ts'

/** The messages that a chat has shown, the latest last, as the commands typed there mean them. */
export class ChatMessages {
  readonly #messages = new Map<string, MessageInfo>()

  add(message: MessageInfo): void {
    const key = keyOf(message)
    if (message.gone || message.event) this.#messages.delete(key)
    else this.#messages.set(key, message)
    const [oldest] = this.#messages.keys()
    if (this.#messages.size > limits.messagesSought && oldest !== undefined) this.#messages.delete(oldest)
  }

  /** Throws ParleyError `usage` when there is none, or more than one. */
  find(id: string | undefined, isMine: boolean | undefined): MessageInfo {
    const all = [...this.#messages.values()].filter(({ deleted }) => !deleted)
    if (id === undefined) {
      const latest = all.findLast(({ mine }) => mine === isMine)
      if (latest) return latest
      throw new ParleyError(
        'usage',
        isMine ? 'You have written nothing here yet.' : 'Nobody else has written here yet.',
      )
    }
    const found = all.filter(({ message }) => message.startsWith(id))
    const [only] = found
    if (only && found.length === 1) return only
    throw new ParleyError(
      'usage',
      only ? `Several ids begin with ${id}. Type more of it.` : `No id here begins with ${id}.`,
    )
  }
}

/** Does what a line asks for with a message. */
export async function runChatLine(
  client: Client,
  who: string,
  line: Exclude<ChatLine, { readonly is: 'text' | 'reply' | 'ids' | 'help' }>,
  messages: ChatMessages,
): Promise<void> {
  const { conversation, user, message } = messages.find(line.id, line.is !== 'react')
  const act = newId()
  if (line.is === 'delete') await client.request('deleteMessage', { conversation, user, message, act })
  else if (line.is === 'react')
    await client.request('react', { conversation, user, message, emoji: line.emoji, on: true, act })
  else {
    const mentions = await mentionsIn(client, who, line.text)
    const words = { text: line.text, ...(mentions.length > 0 && { mentions }) }
    await client.request('editMessage', { conversation, message, ...words, act })
  }
}

export function keyOf({ user, message }: MessageInfo): string {
  return `${user} ${message}`
}
