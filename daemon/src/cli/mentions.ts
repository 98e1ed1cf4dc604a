import type { Client } from '../client/connect.ts'
import { limits } from '../limits.ts'
import type { ConversationInfo } from '../protocol/control.ts'

/**
 * The users whom a text names by `@name` and who take part in a chat, and `all`, as `send` takes them. Whoever is only
 * invited is told of nothing there, so their name stays plain text.
 */
export async function mentionsIn(client: Client, who: string, text: string): Promise<string[]> {
  const names = [...text.matchAll(mention)].map(([, name = '']) => name.toLowerCase())
  if (names.length === 0) return []
  const { conversation } = await client.request('openChat', { with: who })
  if (conversation.kind === 'direct' && conversation.person.via === 'classic') return []
  const users = await usersByName(client, conversation)
  const found = names.flatMap(name => {
    if (name === 'all' && conversation.kind === 'room') return ['all']
    // A full stop may end the sentence instead of being part of the name.
    return users.get(name) ?? users.get(name.replace(/[._-]+$/, '')) ?? []
  })
  return [...new Set(found)].slice(0, limits.mentions)
}

async function usersByName(client: Client, conversation: ConversationInfo): Promise<Map<string, string>> {
  if (conversation.kind === 'direct') return new Map([[conversation.person.name, conversation.person.user]])
  const { members } = await client.request('room', { conversation: conversation.conversation })
  const joined = members.filter(({ role }) => role !== 'invited')
  return new Map(joined.map(({ person }) => [person.name, person.user]))
}

/** A name as accounts have them, behind a sign that is no part of an address. */
const mention = /(?<![\w@.])@([a-z0-9][a-z0-9._-]{2,31})/gi
