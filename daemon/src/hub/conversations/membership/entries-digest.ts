import { hash as digest } from 'node:crypto'

/** First 8 bytes of SHA-256 over the hashes of membership entries, ascending; empty: none. */
export function digestOfEntries(hashes: readonly Uint8Array[]): Uint8Array {
  if (hashes.length === 0) return new Uint8Array(0)
  const sorted = [...hashes].sort(Buffer.compare)
  return new Uint8Array(digest('sha256', Buffer.concat(sorted), 'buffer').subarray(0, 8))
}
