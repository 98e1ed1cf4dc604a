import type { Storage } from '@parley/kit'
import { limits } from '../../limits.ts'
import type { MessageName } from '../../protocol/bodies.ts'
import { storedMessage, type View } from './history.ts'
import { keys } from './keys.ts'
import { readMessageRow } from './rows.ts'
import type { StoredMessage } from './types.ts'

/** The latest messages that answer one of these, as they stand: what they show of it is something else now. */
export async function answersTo(
  storage: Storage,
  view: View,
  names: readonly MessageName[],
): Promise<readonly StoredMessage[]> {
  const positions = new Set<string>()
  for (const { user, message } of names) {
    const prefix = keys.answersOf(view.conversation, user, message)
    const { rows } = await storage.list(prefix, { limit: limits.answersTold, reverse: true })
    for (const [key] of rows) positions.add(key.slice(prefix.length))
  }
  const found: StoredMessage[] = []
  const wanted = [...positions]
  for (let from = 0; from < wanted.length; from += limits.historyRows) {
    const page = wanted.slice(from, from + limits.historyRows)
    const rows = await storage.get(page.map(position => keys.message(view.conversation, position)))
    for (const [index, position] of page.entries()) {
      const row = rows[index]
      if (row === undefined) continue
      const { user, ...shown } = readMessageRow(keys.message(view.conversation, position), row)
      found.push(storedMessage(view, user, shown, position))
    }
  }
  return found
}
