import { limits } from '../../limits.ts'
import { foldAlias, reservedNames } from '../../protocol/names.ts'

/** Whether `alias` may be the name of a new classic account: 3 to 10 bytes of UTF-8, no controls, not reserved. */
export function isAlias(alias: string): boolean {
  return fitsClassic(alias) && !unseen.test(alias) && !reservedNames.includes(foldAlias(alias))
}

/** Whether a classic packet can carry `name`; other names do not appear to classic clients. */
export function fitsClassic(name: string): boolean {
  const size = Buffer.byteLength(name, 'utf8')
  return size >= limits.classicNameShortest && size <= limits.classicNameLongest
}

/** Controls, and what breaks a line or cannot be seen: it would forge rows of the online list or look like another name. */
const unseen = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u
