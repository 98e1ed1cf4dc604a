import { findTerms, type SearchTerm } from '@parley/kit'
import { limits } from '../../limits.ts'

export interface Excerpt {
  /** One line of at most `limits.excerpt` characters; `…` where something was left out. */
  readonly excerpt: string
  /** The places in it that match, from and to behind, in order. */
  readonly marks: readonly (readonly [number, number])[]
}

/** The part of a text around what was found in it; undefined when the terms are not all in it. Cuts and marks never part what a person sees as one character. */
export function excerptOf(text: string, terms: readonly SearchTerm[]): Excerpt | undefined {
  const found = findTerms(text, terms)
  if (found === undefined) return undefined
  const places = found.toSorted(([a], [b]) => a - b)
  const first = places[0]?.[0] ?? 0
  // Some more than is shown on both sides, so that the first and last characters are whole ones.
  const cutFrom = Math.max(0, first - limits.excerptBefore - longestCharacter)
  const cut = text.slice(cutFrom, cutFrom + limits.excerpt + 2 * longestCharacter)
  const borders = bordersOf(cut).map(border => border + cutFrom)
  const from = cutFrom === 0 && first <= limits.excerptBefore ? 0 : after(borders, first - limits.excerptBefore)
  const room = limits.excerpt - (from > 0 ? 1 : 0)
  const to = text.length - from <= room ? text.length : before(borders, from + room - 1)
  const shift = (from > 0 ? 1 : 0) - from
  const line = text.slice(from, to).replace(/\s/g, ' ')
  const marks: [number, number][] = []
  for (const [start, end] of places) {
    if (end <= from || start >= to) continue
    const mark: [number, number] = [
      before(borders, Math.max(start, from)) + shift,
      after(borders, Math.min(end, to)) + shift,
    ]
    const last = marks.at(-1)
    if (last && mark[0] <= last[1]) last[1] = Math.max(last[1], mark[1])
    else marks.push(mark)
  }
  return { excerpt: `${from > 0 ? '…' : ''}${line}${to < text.length ? '…' : ''}`, marks }
}

/** UTF-16 units: families and flags with their joiners. Longer ones are cut. */
const longestCharacter = 40

/** Where characters, as a person sees them, begin and end. */
function bordersOf(text: string): number[] {
  const segments = new Intl.Segmenter(undefined, { granularity: 'grapheme' }).segment(text)
  return [...Array.from(segments, ({ index }) => index), text.length]
}

/** The last border at or before a place. */
function before(borders: readonly number[], place: number): number {
  return borders.findLast(border => border <= place) ?? place
}

/** The first border at or behind a place. */
function after(borders: readonly number[], place: number): number {
  return borders.find(border => border >= place) ?? place
}
