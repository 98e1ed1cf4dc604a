import { hash } from 'node:crypto'
import { type ConversationId, fromText } from '../../../protocol/ids.ts'
import type { State } from '../state.ts'

/** What two sides compare of one conversation. */
export interface Digests {
  /** First 8 bytes of SHA-256 over the head hashes, ascending; empty: there are none. */
  readonly heads: Uint8Array
  /** Of the membership entries, see rights.ts. */
  readonly rights: Uint8Array
  /** Of the marks, see marks.ts. */
  readonly marks: Uint8Array
}

/** The digest over all heads of a conversation; made once for logs that do not change. */
export class HeadsDigest {
  #of: State['logs'] | undefined
  #digest: Uint8Array = none

  of(logs: State['logs']): Uint8Array {
    if (this.#of !== logs) {
      const hashes = [...logs.values()].flatMap(({ heads }) => heads.map(head => head.hash))
      this.#digest = hashes.length === 0 ? none : short(hashes.sort(Buffer.compare))
      this.#of = logs
    }
    return this.#digest
  }
}

/** The digest over all that two sides share. */
export function totalDigest(shared: ReadonlyMap<ConversationId, Digests>): Uint8Array {
  const parts: Uint8Array[] = []
  for (const [id, { heads, rights, marks }] of [...shared].sort(([a], [b]) => (a < b ? -1 : 1))) {
    parts.push(fromText(id))
    for (const each of [heads, rights, marks]) parts.push(new Uint8Array([each.length]), each)
  }
  return short(parts)
}

export function isEqual(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0
}

export function sameDigests(a: Digests, b: Digests): boolean {
  return isEqual(a.heads, b.heads) && isEqual(a.rights, b.rights) && isEqual(a.marks, b.marks)
}

function short(parts: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(hash('sha256', Buffer.concat(parts), 'buffer').subarray(0, 8))
}

const none = new Uint8Array(0)
