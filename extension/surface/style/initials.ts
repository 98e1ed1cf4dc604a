/** How many colours avatars have; each is a class of people.css, dark enough for white letters on it. */
export const avatarColours = 12

/** The colour of a person, the same on every device: a number below `avatarColours`. */
export function colourOf(user: string): number {
  let hash = 0x811c9dc5 // FNV-1a, 32 bits: http://www.isthe.com/chongo/tech/comp/fnv/
  for (const character of user) hash = Math.imul(hash ^ (character.codePointAt(0) ?? 0), 0x01000193)
  return (hash >>> 0) % avatarColours
}

/** The first letters of the first and the last word of a name; one for a name of one word. */
export function initialsOf(name: string): string {
  const words = name.replace(/[\p{Cc}\p{Cf}]/gu, '').match(/[\p{L}\p{N}\p{So}][^\s]*/gu) ?? []
  const [first, last] = [words[0], words.length > 1 ? words.at(-1) : undefined]
  return [first, last].map(word => firstLetter(word ?? '').toLocaleUpperCase()).join('') || '?'
}

/** What a reader takes for one letter, without what is piled on it. */
function firstLetter(word: string): string {
  const [first] = new Intl.Segmenter(undefined, { granularity: 'grapheme' }).segment(word.slice(0, 40))
  return /^\P{M}\p{M}{0,2}/u.exec(first?.segment ?? '')?.[0] ?? ''
}
