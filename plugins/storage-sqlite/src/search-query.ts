import { type SearchQuery, searchLimits } from '@parley/kit'

/**
 * A query for FTS5 (https://www.sqlite.org/fts5.html, section 3); undefined when everything matches. Words hold no
 * quotation marks, so within them nothing means anything.
 */
export function matchOf({ terms, conversation, users, hasFile }: SearchQuery): string | undefined {
  let left: number = searchLimits.queryWords
  const conditions = terms.flatMap(({ words, isPrefix }) => {
    const some = words.slice(0, left)
    left -= some.length
    if (some.length === 0) return []
    return `text : "${some.join(' ')}"${isPrefix || some.length < words.length ? ' *' : ''}`
  })
  if (conversation !== undefined) conditions.push(`about : "c${plain(conversation)}"`)
  if (users !== undefined) conditions.push(`about : (${users.map(user => `"u${plain(user)}"`).join(' OR ')})`)
  if (hasFile) conditions.push('about : "f"')
  return conditions.length === 0 ? undefined : conditions.join(' AND ')
}

function plain(id: string): string {
  return id.replace(/[^a-z0-9]/g, '')
}
