/**
 * The words by which texts are found: without case, accents or width, so that `Straße`, `STRASSE` and `strasse` are one.
 * Scripts that are written without spaces have no words to split at: they are found by pairs of neighbouring characters,
 * the usual way for them. Each pictograph is a word.
 */

/** A word of a text, and where it stands there, in UTF-16 units, `to` behind it. */
export interface Word {
  readonly word: string
  readonly from: number
  readonly to: number
}

/** Words that stand next to each other in this order; with `isPrefix` the last one may go on. */
export interface SearchTerm {
  readonly words: readonly string[]
  readonly isPrefix: boolean
}

/** All words of a text, in order. */
export function wordsOf(text: string): Word[] {
  if (isPlain.test(text)) return plainWords(text)
  const words: Word[] = []
  for (const match of text.matchAll(pieces)) {
    const { dense, word, sign } = match.groups ?? {}
    if (dense !== undefined) words.push(...pairs(characters(dense, match.index)))
    else if (sign !== undefined) words.push({ word: sign, from: match.index, to: match.index + sign.length })
    else if (word !== undefined) push(words, word, match.index)
  }
  return words
}

/**
 * What a person has typed, as terms that must all be found: single words, and "phrases" whose words follow each other.
 * The last word may be the beginning of one, and so may any with a `*` behind it.
 */
export function readQuery(query: string): SearchTerm[] {
  const parts = [...query.matchAll(/["“”„]([^"“”„]*)["“”„]|[^\s"“”„]+/g)]
  return parts.flatMap((part, index) => {
    const [whole, phrase] = part
    if (phrase !== undefined) return termsOf(phrase, false)
    return termsOf(whole, index === parts.length - 1 || whole.endsWith('*'))
  })
}

/** Where each term stands in a text; undefined when one of them does not. */
export function findTerms(
  text: string,
  terms: readonly SearchTerm[],
): (readonly [from: number, to: number])[] | undefined {
  const words = wordsOf(text)
  const found: (readonly [number, number])[] = []
  for (const term of terms) {
    const places = words.flatMap((_, at) => placeAt(words, at, term) ?? [])
    if (places.length === 0) return undefined
    found.push(...places.map(({ from, to }) => [from, to] as const))
  }
  return found
}

/** Longer ones are cut, in texts and queries alike: nobody types them, and they would fill an index. */
const longestWord = 64

const isPlain = /^[\0-\x7f]*$/

/** Scripts without spaces between words, and Hangul, whose particles hang on the words. */
const dense =
  '\\p{sc=Han}\\p{sc=Hiragana}\\p{sc=Katakana}\\p{sc=Hangul}\\p{sc=Thai}\\p{sc=Lao}\\p{sc=Khmer}\\p{sc=Myanmar}\\u30fc\\uff70'
const pieces = new RegExp(
  `(?<dense>[${dense}][${dense}\\p{M}]*)|(?<sign>\\p{RI}{2}|\\p{Extended_Pictographic})|(?<word>[[\\p{L}\\p{N}\\p{M}]--[${dense}]]+)`,
  'gv',
)
const character = new RegExp(`[${dense}]\\p{M}*`, 'gv')

function plainWords(text: string): Word[] {
  const words: Word[] = []
  for (const { 0: word, index } of text.toLowerCase().matchAll(/[a-z0-9]+/g)) {
    words.push({ word: word.slice(0, longestWord), from: index, to: index + word.length })
  }
  return words
}

function push(words: Word[], raw: string, from: number): void {
  const word = fold(raw)
  if (word !== '') words.push({ word, from, to: from + raw.length })
}

function fold(raw: string): string {
  // Upper case first: it turns ß into SS and the final sigma into the usual one.
  const bare = raw
    .toUpperCase()
    .toLowerCase()
    .normalize('NFKD')
    .replace(/[\u0300-\u036f]/g, '')
  const word = bare.normalize('NFC').replace(/[^\p{L}\p{N}\p{M}]|[\ufe00-\ufe0f]/gu, '')
  return word.length <= longestWord
    ? word
    : word
        .slice(0, longestWord)
        .toWellFormed()
        .replace(/\ufffd$/, '')
}

function characters(run: string, start: number): Word[] {
  const found: Word[] = []
  for (const { 0: raw, index } of run.matchAll(character)) push(found, raw, start + index)
  return found
}

/** Each character with the next one, and the last one alone: so that one character is the beginning of a word, too. */
function pairs(run: readonly Word[]): Word[] {
  return run.map((first, at) => {
    const second = run[at + 1]
    return second === undefined ? first : { word: first.word + second.word, from: first.from, to: second.to }
  })
}

/** A part of a query. Where a script without spaces begins or ends, so does a term. */
function termsOf(text: string, isPrefix: boolean): SearchTerm[] {
  const terms: SearchTerm[] = []
  let words: string[] = []
  const end = (mayGoOn: boolean) => {
    if (words.length > 0) terms.push({ words, isPrefix: mayGoOn })
    words = []
  }
  for (const match of text.matchAll(pieces)) {
    const run = match.groups?.dense
    if (run === undefined) {
      words.push(...wordsOf(match[0]).map(({ word }) => word))
      continue
    }
    end(false)
    const all = pairs(characters(run, 0)).map(({ word }) => word)
    // Of several pairs the last one is a character that the one before has already.
    if (all.length > 0) terms.push({ words: all.length > 1 ? all.slice(0, -1) : all, isPrefix: all.length === 1 })
  }
  end(isPrefix)
  return terms
}

function placeAt(words: readonly Word[], at: number, { words: wanted, isPrefix }: SearchTerm): Word | undefined {
  const last = wanted.length - 1
  const isThere = wanted.every((word, index) => {
    const there = words[at + index]?.word
    return there === word || (isPrefix && index === last && there?.startsWith(word) === true)
  })
  const [first, end] = [words[at], words[at + last]]
  if (!isThere || first === undefined || end === undefined) return undefined
  // Of a word that goes on only its beginning is meant, where folding has kept its length.
  const cut = end.word.length === end.to - end.from ? end.from + (wanted[last] ?? '').length : end.to
  return { word: '', from: first.from, to: isPrefix ? cut : end.to }
}
