import { randomBytes } from 'node:crypto'
import { toText } from '../protocol/ids.ts'

/** A new id of a message, or of what is done with one. */
export function newId(): string {
  return toText(randomBytes(16))
}
