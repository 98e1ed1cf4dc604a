/** Limits of a registry. Times in ms, sizes in bytes. */
export const registryLimits = {
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
  /** ms that telling of changes may take of one turn of the event loop; and, as a multiple of all of it, the rest after it. */
  presenceTurn: 4,
  presenceRest: 3,
  /** People in one page of a large online list: one TLS record, as larger ones leave larger buffers behind with each link. */
  peoplePerPage: 200,
  /** Snapshots of a large online list that are sent at a time, and the unsent bytes of one with which its next page waits. */
  snapshotsAtOnce: 64,
  snapshotUnsent: 64 * 1024,
  /** A subscriber that takes longer over a page lets others go first. */
  snapshotStall: 250,
  /** An encoded page may be this old: what has changed since is told after it. */
  pageStale: 500,
  /** A subscriber starts over at most this often. */
  watchAgain: 250,
  /** A person's status changes at most this often in other people's lists: quick enough for the eye, no flood. */
  statusPace: 1_000,
  /** How often the registry stores who came and went: what it tells of last seen is wrong by this at most. */
  lastSeenEvery: 60_000,
  /** People whose last seen a hub may ask for together with the online list: more chats than anybody has. */
  alsoWatched: 1_000,
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
  /** An attestation may be dated ahead by this, so that each of several in one ms is later than the one before. */
  attestationAhead: 1_000,
  /** Attestations kept for reuse: 100,000 take about 50 MB. */
  attestationsKept: 100_000,
  /** Devices of one account that wait to be approved: more are somebody who tries out a stolen password. */
  pendingDevices: 8,
  /** Lists of devices that one device may publish at once, and how often another one: each is told to the whole team. */
  rosterBurst: 32,
  rosterEvery: 10_000,
  /** Whose statements have changed goes out after this: many at once become one event. */
  peopleChangedFlush: 100,
  /** Members told in one turn of the event loop, some 20 µs each: a large team stops nobody. */
  toldPerTurn: 500,
  /** Changed people that one event names, and that may wait for one member who does not read: then that one is cut. */
  changedPerEvent: 500,
  changedWaiting: 10_000,
  /** A device that has not been seen for this long asks for the password again. */
  idleDevice: 90 * 24 * 3600_000,
  /** How often the day of a device's last visit is written. */
  deviceSeen: 24 * 3600_000,
  /** Guesses at one account, and from one address, before they are slowed: typing errors, and an office behind one address. */
  guessesPerAccount: 5,
  guessesPerAddress: 50,
  /** Guesses by one of the account's own devices: whoever holds a stolen one that was signed out may not try for ever. */
  guessesPerDevice: 20,
  /** Places from which an account was signed in to that keep waits of their own: home, the office, a train. */
  guessHomes: 4,
  /** Sign-ups from one address that may come to nothing before more are slowed: a class that tries names at once. */
  signUpsPerAddress: 300,
  /** The wait after the first slowed guess; it doubles up to the longest, which is never a lock-out. */
  guessWait: 1_000,
  guessWaitLongest: 60_000,
  /** Guesses are forgotten this long after the last one. */
  guessMemory: 15 * 60_000,
  /** Accounts and addresses whose guesses are remembered; the oldest go first. */
  guessesRemembered: 100_000,
  /** Sign-ups that race for one row try again this often: each conflict means that another one has won. */
  signUpTries: 200,
  /** Rows that a start reads at once: a page of accounts is about 300 KiB. */
  storagePage: 1_000,
  /** One device's requests race for its row: more than a few conflicts in turn is abuse. */
  rowTries: 8,
  /** How often a heartbeat is wanted. */
  beatInterval: 15_000,
  /** Beats missed in turn until a device that has no link is gone. */
  beatsMissed: 3,
  /** An invite's life when none is given, the longest one, and the most uses. */
  inviteExpires: 7 * 24 * 3600_000,
  inviteLongest: 366 * 24 * 3600_000,
  inviteUses: 10_000,
  /** Invites that a list shows: a frame of them is about 200 KiB. */
  invitesListed: 1_000,
  /** A dead invite is kept this long, so that its late user hears "expired" and not "unknown". */
  inviteKept: 30 * 24 * 3600_000,
  /** How long a code holds with which a person sets a new password: over a night, not over a holiday. */
  resetExpires: 24 * 3600_000,
  /** Characters of one text in the audit log, and bytes of a line that is read from it: several such texts, all escaped. */
  auditText: 128,
  auditLine: 16 * 1024,
  /** Changes of a registry's key in all, and announced addresses that count: with both a hello fits into its frame. */
  notices: 24,
  noticeAddresses: 4,
  /** Sessions that are told of a notice in one turn of the event loop: some 10 ms. */
  noticesPerTurn: 500,
  // ---- relay
  /** How long both ends of a pair may take to come with their tickets. */
  relayTicket: 30_000,
  /** Pairs that are connected at once: a team of a thousand with a few chats each. A pair holds at most 256 KiB. */
  relayPairs: 2_048,
  /** Pairs that one person's devices have asked for and that are connected: more chats than anybody holds at once. */
  relayPairsPerUser: 64,
  /** Tickets that one person's devices have asked for and that nobody has used yet. */
  relayWaitingPerUser: 16,
  /** Tickets a person may ask for at once, and how often another one: a hub that comes back dials everybody again. */
  relayAsks: 64,
  relayAskEvery: 1_000,
  /** A pair in which nothing passes is dead: the links inside ask for a sign of life every `ping`. */
  relayIdle: 60_000,
  /** The longest life of a pair, after which the right to it is asked for anew. */
  relayLife: 12 * 3600_000,
  /** A device whose own link to the registry is gone for this long gets nothing through the relay any more. */
  relayOrphan: 60_000,
  /** Bytes that one direction may move in a millisecond: 8 MB/s, a good line's worth, and nobody waits long behind a flood. */
  relayTurn: 8 * 1024,
} as const
