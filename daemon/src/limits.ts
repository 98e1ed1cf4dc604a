/**
 * Every timeout, size and ceiling of the daemon, each with its reason. Times in ms, sizes in bytes. Parts take what they
 * need as an argument with these as default, so that tests can shorten a wait without touching the clock.
 */
export const limits = {
  // ---- links
  /** From accept to an answered hello: long enough for a slow handshake, short enough to shed idle dials. */
  handshake: 10_000,
  /** A registry link that has not signed in is closed after this. */
  unsigned: 120_000,
  /** A request that got no reply in this time has failed. */
  request: 15_000,
  /** Silence after which a link is pinged, and how long the pong may take. */
  ping: 15_000,
  /** Largest frame before sign-in. */
  frameBeforeSignIn: 64 * 1024,
  /** Largest frame after sign-in. */
  frame: 1024 * 1024,
  /** Requests in flight on one link. */
  requestsInFlight: 64,
  /** Unsent bytes after which a link stops reading requests and event producers must wait. */
  highWater: 1024 * 1024,
  /** Unsent bytes after which a peer that does not read is cut. */
  sendQueue: 16 * 1024 * 1024,
  // ---- one port
  /** Connections on one port, in all. */
  connections: 25_000,
  /** Connections from one IPv4 address or IPv6 /64 that are not yet signed in. */
  connectionsPerAddress: 1_024,
  // ---- trust
  /** Longest life of an attestation. */
  attestation: 7 * 24 * 3600_000,
  /** How far two clocks may be apart. */
  clockSkew: 10 * 60_000,
  // ---- conversations
  /** A sealed entry's body. */
  body: 112 * 1024,
  /** A run of entries of one log in one frame. */
  run: 256 * 1024,
  /** Text of one message in UTF-8 bytes: leaves room for the body's other fields. */
  text: 100 * 1024,
  /** Bytes of entries that a receiver lets a sender have in flight per conversation. */
  credit: 1024 * 1024,
  // ---- control
  /** One message of the control API. */
  controlMessage: 4 * 1024 * 1024,
  /** How long a front end waits for a daemon that it started. */
  daemonStart: 20_000,
  /** How long a hub stays after its last front end. */
  linger: 10 * 60_000,
  /** Feed changes a second. */
  feedPerSecond: 20,
  /** How long stopping may take before the process ends anyway. */
  stop: 5_000,
} as const
