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
  /** The field of a password, in bytes. */
  classicPasswordLongest: 15,
  /** Classic clients that were here and are gone, of whom it is still known when: as many as may be here. */
  classicGone: 10_000,
  /** Classic passwords hashed at once: leaves two of Node's four pool threads to files and look-ups. Then the queue. */
  scryptAtOnce: 2,
  scryptWaiting: 32,
  /** Cost of a new classic password record: 16 MiB and about 0.2 s, OWASP's choice for little memory. */
  scrypt: { log2N: 14, r: 8, p: 5 },
  /** Memory that a stored cost may ask for. */
  scryptMemory: 64 * 1024 * 1024,
  // ---- a hub and classic clients
  /** Classic connections of a hub in all and from one IPv4 address or IPv6 /64: each brings a message and goes. */
  classicPeers: 256,
  classicPeersPerAddress: 32,
  /** Messages a second that a hub takes from one address, and how many at once: a pasted page, not a flood. */
  classicPace: 20,
  classicBurst: 100,
  /** Silence between two messages over one connection. */
  classicPeerIdle: 60_000,
  /** Messages that are kept of a classic client whose chat request waits: enough to see what it is about. */
  classicWaiting: 20,
  /** Bytes of text in one message packet. */
  classicText: 100,
  /** From dial to the orderly end of a connection that brings one packet. */
  classicHandOver: 10_000,
  /** The same for a client that is known never to close: long enough for a refusal to come back. */
  classicLinger: 1_500,
  /** Delays between tries to bring a message to a classic client that cannot be reached. */
  classicRetry: { first: 1_000, fast: 10_000, fastFor: 60_000, slow: 60_000 },
  /** Classic clients to which messages are brought at the same time. */
  classicErrands: 16,
  /** A classic client from which nothing was heard for this long is shown as offline. */
  classicHeard: 60_000,
  /** Conversations with classic clients that are known though nothing was written: what a list was clicked for. */
  classicOpened: 1_000,
} as const
