import type { Inline } from './content.ts'
import { markProse } from './marks.ts'
import { findPlaces } from './places.ts'

/** Plain text of a paragraph, with the places and people that it names. */
export function readProse(text: string): Inline[] {
  const found: (readonly [index: number, text: string, Inline])[] = [
    ...findPlaces(text).map(place => [place.index, place.text, { is: 'place', ...pick(place) }] as const),
    ...[...text.matchAll(mention)].map(({ index, 0: name }) => [index, name, { is: 'mention', text: name }] as const),
  ]
  const inlines: Inline[] = []
  let end = 0
  for (const [index, written, inline] of found.sort(([a], [b]) => a - b)) {
    if (index < end) continue
    if (index > end) inlines.push(...markProse(text.slice(end, index)))
    inlines.push(inline)
    end = index + written.length
  }
  if (end < text.length) inlines.push(...markProse(text.slice(end)))
  return inlines
}

function pick({
  place,
  text,
}: ReturnType<typeof findPlaces>[number]): Pick<Inline & { is: 'place' }, 'place' | 'text'> {
  return { place, text }
}

// The grammar of user names (daemon/src/protocol/names.ts), without the full stop that ends a sentence, and not within a word,
// an address or the name of a package.
const mention = /(?<![\p{L}\p{N}_@./-])@[a-z0-9][a-z0-9._-]{1,30}[a-z0-9_-](?![\p{L}\p{N}_@/]|\.[a-z0-9])/giu
