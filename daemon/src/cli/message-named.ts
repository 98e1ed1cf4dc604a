import type { Client } from '../client/connect.ts'
import { ParleyError } from '../errors.ts'
import { limits } from '../limits.ts'
import type { MessageInfo } from '../protocol/control.ts'
import { type CommonOptions, homeHint } from './command.ts'
import { harmlessLine } from './harmless.ts'
import { shellWord } from './shell-word.ts'

/**
 * The message of a chat whose id begins with what a person has typed, among the latest ones. Throws ParleyError `usage`
 * when there is none, or more than one.
 */
export async function messageNamed(
  client: Client,
  who: string,
  typed: string,
  options: CommonOptions,
): Promise<MessageInfo> {
  const ids = `parley log ${shellWord(harmlessLine(who))} --ids${homeHint(options)}`
  const prefix = typed.trim().toLowerCase()
  if (!/^[a-z2-7]{4,26}$/.test(prefix)) {
    throw new ParleyError('usage', `Name a message by its id, or the first 4 characters of it: \`${ids}\` shows them.`)
  }
  const found: MessageInfo[] = []
  let before: string | undefined
  for (let seen = 0; seen < limits.messagesSought; ) {
    const range = { limit: limits.historyPage, ...(before !== undefined && { before }) }
    const { messages, more } = await client.request('history', { with: who, ...range })
    found.push(...messages.filter(({ message, event }) => !event && message.startsWith(prefix)))
    seen += messages.length
    before = messages[0]?.position
    if (!more || before === undefined || found.some(({ message }) => message === prefix)) break
  }
  const [only, ...others] = found
  if (only && others.length === 0) return only
  const words = only
    ? `${found.length} messages begin with "${prefix}". Type more of the id.`
    : `No message with ${harmlessLine(who)} begins with "${prefix}": \`${ids}\` shows what there is.`
  throw new ParleyError('usage', words)
}
