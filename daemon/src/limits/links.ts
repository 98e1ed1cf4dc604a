/** Limits of links, of the port that takes them, and of whatever comes over them. Times in ms, sizes in bytes. */
export const linksLimits = {
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
  /** Frames that a link takes before sign-in: a whole sign-up is five; each small one costs the event loop 15 µs. */
  framesBeforeSignIn: 1_024,
  /** Largest frame after sign-in. */
  frame: 1024 * 1024,
  /** What comes of an unfinished frame in pieces of this size is kept as it came; a TLS record brings 16 KiB at most. */
  framePiece: 8 * 1024,
  /** What is this large leaves in a write of its own: to copy it beside others would cost more than the write. */
  frameAlone: 64 * 1024,
  /** Requests in flight on one link. */
  requestsInFlight: 64,
  /** Unsent bytes after which a link stops reading requests and event producers must wait. */
  highWater: 1024 * 1024,
  /** Unsent bytes after which a peer that does not read is cut. */
  sendQueue: 16 * 1024 * 1024,
  /** The same before sign-in: strangers may cost little. Room for several of the largest frames that they may send. */
  sendQueueBeforeSignIn: 256 * 1024,
  /** Received frames that wait for their handler, as memory: then a link stops reading. */
  heldFrames: 256 * 1024,
  /** How long a link that was closed may take to send its last frames. */
  closing: 2_000,
  // ---- one port
  /** Connections on one port, in all. */
  connections: 25_000,
  /** Connections from one IPv4 address or IPv6 /64 that are not yet signed in. */
  connectionsPerAddress: 1_024,
  /** How long a connection that may be a classic client's may stay silent: its window connects before anyone types. */
  silent: 10 * 60_000,
  /** Connections of one address that may be silent for longer than `handshake`; the oldest goes first. */
  silentPerAddress: 16,
  /** TLS handshakes at a time: enough to keep a processor busy over a slow network. Then others wait, source by source. */
  handshakesAtOnce: 256,
  /** A handshake that takes longer no longer keeps others waiting: it may go on until `handshake`. */
  handshakeTurn: 1_000,
  /** Connections that wait to be accepted: a whole team coming back at once; the system may cut it lower. */
  backlog: 4_096,
  /** Bytes of a PROXY header with all that proxies add: HAProxy's own has some hundred; more is an attack. */
  proxyHeader: 4_096,
  // ---- trust
  /** Longest life of an attestation. */
  attestation: 7 * 24 * 3600_000,
  /** How far two clocks may be apart. */
  clockSkew: 10 * 60_000,
  /** How far a registry's time may be from this machine's: a wrong zone or a lost hour is righted, another year is a lie. */
  registrySkew: 24 * 3600_000,
  // ---- messages from outside
  /** Fields of one message, nested ones included: full frames of ours have a third of it; each costs some 200 bytes. */
  fields: 32_768,
  /** Messages within messages: the schema goes 6 deep. */
  nesting: 16,
  /** Devices in one roster: a roster and an attestation must fit into a frame before sign-in. */
  rosterDevices: 64,
  /** Revoked or denied devices in one roster or attestation, for the same reason. */
  revokedDevices: 256,
  /** Characters of a display name or a device's name. */
  displayName: 64,
  /** Fewest characters of a password: the original system's floor. */
  passwordShortest: 6,
  /** Most characters of a password: a longer one is a file pasted by mistake. */
  passwordLongest: 1024,
  /** Characters of a link or address that a person pastes. */
  address: 2048,
  /** Characters of a text in which a link is looked for: an invite is 700, a mail around it some thousand. */
  pasted: 16 * 1024,
} as const
