/** Limits of the classic protocol. Times in ms, sizes in bytes. */
export const classicLimits = {
  /** A classic packet once begun ends within this; so does the taking of an answer. */
  classicPacket: 10_000,
  /** Silence between two classic requests; as long as it likes while a login from that address lives. */
  classicIdle: 10 * 60_000,
  /** No heartbeat for this long is offline; the original's clients beat about once a second. */
  classicSession: 60_000,
  /** Classic connections in all and from one IPv4 address or IPv6 /64: an office behind one address, not a flood. */
  classicConnections: 8_192,
  classicConnectionsPerAddress: 1_024,
  /** Live classic logins in all and from one address: bounds the online list to about 300 KiB. */
  classicLogins: 10_000,
  classicLoginsPerAddress: 1_024,
  /** The original's names and passwords, in bytes; fewest characters of a password as everywhere. */
  classicNameShortest: 3,
  classicNameLongest: 10,
  /** Classic passwords hashed at once: leaves two of Node's four pool threads to files and look-ups. Then the queue. */
  scryptAtOnce: 2,
  scryptWaiting: 32,
  /** Cost of a new classic password record: 16 MiB and about 0.2 s, OWASP's choice for little memory. */
  scrypt: { log2N: 14, r: 8, p: 5 },
  /** Memory that a stored cost may ask for. */
  scryptMemory: 64 * 1024 * 1024,
} as const
