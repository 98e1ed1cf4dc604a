import { limits } from '../limits.ts'
import type { People } from './people.ts'

/** By what everybody in a room is named. */
export const everybody = 'all'

/** The user ids that a text names, each once; `all` of a room's everybody. */
export function mentionsIn(text: string, { others, isRoom }: Pick<People, 'others' | 'isRoom'>): readonly string[] {
  const found = new Set<string>()
  for (const [, written = ''] of text.matchAll(mention)) {
    const name = written.toLowerCase()
    const user = others.find(each => each.name.toLowerCase() === name)?.user
    if (user !== undefined) found.add(user)
    else if (isRoom && name === everybody) found.add(everybody)
  }
  return [...found].slice(0, limits.mentions)
}

/** The grammar of `text/prose.ts`, which draws them. */
const mention = /(?<![\p{L}\p{N}_@./-])@([a-z0-9][a-z0-9._-]{1,30}[a-z0-9_-])(?![\p{L}\p{N}_@/]|\.[a-z0-9])/giu
