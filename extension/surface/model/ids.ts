const alphabet = 'abcdefghijklmnopqrstuvwxyz234567'

/** A new message id: 16 random bytes in lower-case base32, as the hub writes ids. */
export function newMessageId(): string {
  return base32(crypto.getRandomValues(new Uint8Array(16)))
}

/** `bytes` as lower-case base32 without padding (RFC 4648). */
export function base32(bytes: Uint8Array): string {
  const bits = Array.from(bytes, byte => byte.toString(2).padStart(8, '0')).join('')
  return (bits.match(/.{1,5}/g) ?? []).map(group => alphabet.charAt(Number.parseInt(group.padEnd(5, '0'), 2))).join('')
}
