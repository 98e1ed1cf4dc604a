import { ParleyError } from '../errors.ts'
import { limits } from '../limits.ts'

/** Names that mean someone else than a user. */
export const reservedNames: readonly string[] = ['all', 'here', 'registry', 'system']

/** A user name as it is kept: lower-cased. Throws `bad-name` with words for a person. */
export function readUserName(text: string): string {
  const trimmed = text.trim()
  // The pattern comes before lower-casing: the Kelvin sign lower-cases to an ASCII k.
  if (!/^[a-z0-9][a-z0-9._-]{2,31}$/i.test(trimmed) || /[^\0-\x7f]/.test(trimmed)) {
    throw new ParleyError(
      'bad-name',
      `${quote(trimmed)} cannot be a user name: use 3 to 32 of a-z, 0-9, ".", "_" and "-", beginning with a letter or digit.`,
    )
  }
  const name = trimmed.toLowerCase()
  if (reservedNames.includes(name)) throw new ParleyError('bad-name', `The name "${name}" is reserved. Choose another.`)
  return name
}

/** A display name as it is kept: NFC, without white space around it. Throws `bad-name` with words for a person. */
export function readDisplayName(text: string): string {
  return readShownName(text, 'A display name')
}

/** The name of a team as it is kept: like a display name. Throws `bad-name` with words for a person. */
export function readTeamName(text: string): string {
  return readShownName(text, 'The name of a team')
}

/** The name of a room as it is kept: like a display name, up to 80 characters. Throws `bad-name` with words for a person. */
export function readRoomName(text: string): string {
  return readShownName(text, 'The name of a room', limits.roomName)
}

/** The topic of a room as it is kept: one line of up to 500 characters, or none. Throws `bad-name` with words for a person. */
export function readRoomTopic(text: string): string {
  return text.trim() === '' ? '' : readShownName(text, 'The topic of a room', limits.roomTopic)
}

function readShownName(text: string, what: string, most: number = limits.displayName): string {
  const name = text.trim().normalize('NFC')
  const length = [...name].length
  if (length === 0) throw new ParleyError('bad-name', `${what} cannot be empty. Give at least one character.`)
  if (length > most || name.length > 2 * most) {
    throw new ParleyError('bad-name', `${what} has at most ${most} characters, not ${length}. Shorten it.`)
  }
  if (misleading.test(name) || !name.isWellFormed()) {
    throw new ParleyError(
      'bad-name',
      `${what} cannot have control characters, line breaks or characters that turn the direction of text. Type it anew.`,
    )
  }
  if (!visible.test(name)) throw new ParleyError('bad-name', `${what} needs a character that can be seen.`)
  return name
}

/** Names are compared in this form: NFC and lower-cased. Classic aliases may have any letters. */
export function foldAlias(text: string): string {
  return text.normalize('NFC').toLowerCase().normalize('NFC')
}

/** Controls, line and paragraph separators, and all of Unicode's bidi controls (UAX #9, section 2). */
const misleading = /[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]/u
const visible = /[\p{L}\p{N}\p{P}\p{S}]/u

function quote(text: string): string {
  const shown = text.length > 40 ? `${text.slice(0, 40)}…` : text
  return JSON.stringify(shown)
}
