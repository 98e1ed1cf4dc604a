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
  // ---- registry
  /** A whole sign-up or sign-in exchange: the client stretches the password and a person may have to answer. */
  exchange: 120_000,
  /** One turn of a mechanism on the registry's side: shorter than `request`, so that the client hears why. */
  exchangeTurn: 10_000,
  /** Bytes that one step of an exchange may bring: OPAQUE needs 320. */
  exchangeStep: 16 * 1024,
  /** A roster with one device; bounds what is stored for each account. */
  firstRoster: 2 * 1024,
  /** A dropped link counts as online for this long: a reconnecting hub does not flicker in other people's lists. */
  presenceGrace: 3_000,
  /** How often changes of presence go out: many at once become one event. */
  presenceFlush: 50,
  /** A subscriber that takes no event for this long is cut; it asks for a new snapshot when it is back. */
  slowSubscriber: 30_000,
  /** People in one event, reply or page: about 100 KiB. */
  peoplePerFrame: 500,
  /** Results of one search, and how many a search gives that names no number. */
  searchResults: 100,
  searchDefault: 20,
  /** Characters of a search that count. */
  searchQuery: 64,
  /** Addresses that a look-up gives for a device, and how many a hub may publish to choose from. */
  addresses: 8,
  publishedAddresses: 64,
  /** An attestation is handed out again until it is this old: signing one for every look-up is needless work. */
  attestationReuse: 3600_000,
  /** Attestations kept for reuse: 100,000 take about 50 MB. */
  attestationsKept: 100_000,
  /** A device that has not been seen for this long asks for the password again. */
  idleDevice: 90 * 24 * 3600_000,
  /** How often the day of a device's last visit is written. */
  deviceSeen: 24 * 3600_000,
  /** Guesses at one account, and from one address, before they are slowed: typing errors, and an office behind one address. */
  guessesPerAccount: 5,
  guessesPerAddress: 50,
  /** The wait after the first slowed guess; it doubles up to the longest, which is never a lock-out. */
  guessWait: 1_000,
  guessWaitLongest: 60_000,
  /** Guesses are forgotten this long after the last one. */
  guessMemory: 15 * 60_000,
  /** Accounts and addresses whose guesses are remembered; the oldest go first. */
  guessesRemembered: 100_000,
  /** Sign-ups that race for one row try again this often: each conflict means that another one has won. */
  signUpTries: 200,
  /** How often a heartbeat is wanted. */
  beatInterval: 15_000,
  /** An invite's life when none is given, the longest one, and the most uses. */
  inviteExpires: 7 * 24 * 3600_000,
  inviteLongest: 366 * 24 * 3600_000,
  inviteUses: 10_000,
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
