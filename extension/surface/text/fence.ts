import type { Fence } from './content.ts'
import { readFencePlace, readPlace } from './places.ts'

/**
 * A fenced block from its first line and its code. The line is `language path:start-end`: the language ends at the first
 * space, all that follows is the place. A place alone gives the language by its ending.
 */
export function readFence(info: string, code: string): Fence {
  const trimmed = info.trim()
  const alone = readPlace(trimmed)
  const space = trimmed.search(/\s/)
  const place = alone ?? (space > 0 ? readFencePlace(trimmed.slice(space).trim()) : undefined)
  const word = alone ? '' : space > 0 ? trimmed.slice(0, space) : trimmed
  const language = word || /\.(\w{1,12})$/.exec(alone?.path ?? '')?.[1] || ''
  return {
    is: 'fence',
    language: language.replace(/[\p{Cc}\p{Cf}]/gu, '').slice(0, longest),
    code: code.replace(/\n$/, ''),
    ...(place && { place }),
  }
}

/** Characters of a language's name: it is shown. */
const longest = 40
