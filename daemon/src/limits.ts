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
  /** Frames that a link takes before sign-in: a whole sign-up is five; each small one costs the event loop 15 µs. */
  framesBeforeSignIn: 1_024,
  /** Largest frame after sign-in. */
  frame: 1024 * 1024,
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
  /** Connections that wait to be accepted: a whole team coming back at once; the system may cut it lower. */
  backlog: 4_096,
  // ---- trust
  /** Longest life of an attestation. */
  attestation: 7 * 24 * 3600_000,
  /** How far two clocks may be apart. */
  clockSkew: 10 * 60_000,
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
  // ---- conversations
  /** A sealed entry's header: its fields need at most 1,500 bytes, the rest is room to grow. */
  header: 4096,
  /** Open branches of one device's log. */
  branches: 8,
  /** Membership heads that one entry names. */
  rights: 32,
  /** Sequence numbers are below this: 11 hex digits in storage keys, and exact in a double. */
  seq: 2 ** 44,
  /** A sealed entry's body. */
  body: 112 * 1024,
  /** A run of entries of one log in one frame. */
  run: 256 * 1024,
  /** Text of one message in UTF-8 bytes: leaves room for the body's other fields. */
  text: 100 * 1024,
  /** Bytes of entries that a receiver lets a sender have in flight per conversation. */
  credit: 1024 * 1024,
  /** Most credit that a sender takes from a receiver: more would not be faster and a hostile number must not count. */
  creditCeiling: 8 * 1024 * 1024,
  /** Changes and bytes of one batch: just under what every storage takes (storageLimits of the kit). */
  batchChanges: 990,
  batchBytes: 6 * 1024 * 1024,
  /** Messages of one batch: keeps the wait for the next batch under a few ms. */
  batchMessages: 250,
  /** Messages that wait to be committed; a front end that sends faster is told to wait. */
  waitingSends: 10_000,
  /** When a front end that was told so may try again: by then some of them are on the disk. */
  sendAgain: 1_000,
  /** Rows of one storage page while sending what a peer lacks; fewer when entries are large. */
  logPage: 250,
  /** One's own last entries of a conversation kept in memory, so that live sending reads no storage: bytes and entries. */
  recentBytes: 512 * 1024,
  recentEntries: 1_024,
  /** Heads in one frame: a conversation of two has a handful. */
  heads: 1_024,
  /** Signatures are checked for this long before others get the event loop. */
  slice: 3,
  /** A log with a gap is asked for again at most this often. */
  askAgain: 1_000,
  /** How often a peer's frame is tried while storage fails, `askAgain` apart; the link is paused meanwhile. */
  eventTries: 5,
  /** Different refusals told and logged per link; later ones are silent, so that a bad peer fills no log. */
  refusals: 64,
  /** Wait after a failed write before the next try of one's own accord; it doubles up to the longest. */
  storageRetry: 500,
  storageRetryLongest: 30_000,
  /** Messages of one page of history. */
  historyPage: 500,
  /** Rows that a page of history reads at once: 100 KiB each, they hold the event loop for some ms. */
  historyRows: 16,
  /** Text in one page of history, as JSON: fits with room to spare into one message of the control API. */
  historyBytes: 1024 * 1024,
  /** Drafts, scroll places and the like are written at most this often: each write is a flush of the disk. */
  savePause: 250,
  /** Messages that are marked as read in one go: what arrives or is sent waits for some tens of ms. */
  readAtOnce: 1_000,
  /** Characters of the last line in a list of conversations. */
  lastLine: 100,
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
  /** Attestations kept for reuse: 100,000 take about 50 MB. */
  attestationsKept: 100_000,
  /** A device that has not been seen for this long asks for the password again. */
  idleDevice: 90 * 24 * 3600_000,
  /** How often the day of a device's last visit is written. */
  deviceSeen: 24 * 3600_000,
  /** Guesses at one account, and from one address, before they are slowed: typing errors, and an office behind one address. */
  guessesPerAccount: 5,
  guessesPerAddress: 50,
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
  /** An invite's life when none is given, the longest one, and the most uses. */
  inviteExpires: 7 * 24 * 3600_000,
  inviteLongest: 366 * 24 * 3600_000,
  inviteUses: 10_000,
  /** A dead invite is kept this long, so that its late user hears "expired" and not "unknown". */
  inviteKept: 30 * 24 * 3600_000,
  // ---- classic
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
  // ---- hub
  /** One step of OPAQUE in its worker: 0.3 s of key stretching, and the start of a thread on a busy machine. */
  opaque: 30_000,
  /** Redials: a person notices 4 s of absence hardly, and a registry that stays away is not hammered. */
  reconnect: { first: 500, fast: 4_000, fastFor: 60_000, slow: 30_000 },
  /** Head start of each address over the next when several are tried at once (RFC 8305 advises 250 ms). */
  dialStagger: 250,
  /** Shortest time between two dials to one person, however often somebody asks. */
  redial: 250,
  /** Addresses tried of one device: what a registry keeps. */
  addressesPerDevice: 8,
  /** Ports tried from 5858 on: more hubs than one machine has people. */
  portsTried: 100,
  /** Longest time until an attestation in use is renewed; sooner when half its life has passed. */
  renew: 6 * 3600_000,
  /** Shortest time between two renewals, whatever the life of an attestation. */
  renewShortest: 1_000,
  /** Characters kept of a sentence that another program wrote, and of a name in its lists. */
  words: 500,
  shownName: 128,
  /** How often the hub looks whether the machine slept or its network changed. */
  surroundings: 5_000,
  /** A look that comes this late means that the machine slept, rather than that it was busy. */
  sleep: 10_000,
  /** People of one online list: more is a registry that floods. */
  onlinePeople: 100_000,
  /** Strangers of a team that front ends list; more than anybody scrolls through, and search finds the others. */
  strangersListed: 2_000,
  /** A team of this size is listed whole, those who are offline included. */
  smallTeam: 200,
  /** Shortest time between two readings of a whole small team. */
  listAgain: 1_000,
  /** A person whose last front end has gone is away after this: a window that reloads does not flicker. */
  attendGrace: 5_000,
  /** People of one search; of a list unless a number is given. */
  page: 500,
  whoUsual: 100,
  /** The longest wait that a timer of Node takes: 2³¹ - 1 ms. */
  timer: 2_147_483_647,
  /** What answers at a place that a person typed is known within this, or nobody believes it will be. */
  probe: 12_000,
  // ---- control
  /** One message of the control API. */
  controlMessage: 4 * 1024 * 1024,
  /** The header lines before a control message: two short lines need far less. */
  controlHeader: 1024,
  /** From a connection to the control socket until its proof and hello: both ends are on this machine. */
  controlProof: 5_000,
  /** Front ends of one daemon: windows, terminals and scripts of one person. */
  controlConnections: 512,
  /** Requests of one front end that may be under way; the next is refused as busy. */
  controlInFlight: 256,
  /** Unread bytes of a front end after which its requests wait and its feed lapses. */
  controlBacklog: 1024 * 1024,
  /** Conversations whose messages one front end may watch. */
  controlWatches: 256,
  /** How long a message waits for somebody to be told of it: a window that reloads is back by then. And how many do. */
  missedFor: 10_000,
  missed: 50,
  /** The key of a place that remembers its open chats, the chats of one, and places: the oldest is forgotten. */
  placeKey: 256,
  openChats: 64,
  openPlaces: 64,
  /** Messages of one conversation that wait for a slow front end before it is told to read the history again. */
  controlMessages: 1_000,
  /** Their text as JSON, likewise: it goes out as one message of the control API. */
  controlMessagesBytes: 1024 * 1024,
  /** Largest page of history in one reply: 4 MiB holds far more than a screen, even of long messages. */
  controlPage: 1_000,
  /** daemon.json: five short fields. */
  daemonFile: 16 * 1024,
  /** How often a starter looks whether the daemon is there. */
  startPoll: 50,
  /** A starter whose daemon found another one holding the home tries its own again after this. */
  startAgain: 1_500,
  /** `node --version` of a candidate on the PATH. */
  nodeProbe: 5_000,
  /** How long a daemon that makes way may take until its process has ended: `stop`, and some time to write its last. */
  daemonEnd: 8_000,
  /** Copied daemons kept besides the one that runs: the newest, and the one to look at when that one fails. */
  versionsKept: 2,
  /** A copied daemon is moved into its place so often, this far apart, while a virus scanner holds it. */
  moveTries: 20,
  moveAgain: 100,
  /** A copy that is still half-made after this was left by an editor that was killed. */
  draftLife: 10 * 60_000,
  /** What a starter keeps of a failing daemon's last words. */
  startOutput: 64 * 1024,
  /** Lines of stdin that carry a secret or an answer. */
  answer: 8 * 1024,
  /** How often a person is asked for a password before a command gives up: as often as login(1) and sudo(8) do. */
  passwordTries: 3,
  /** Most lines that a chat at a terminal begins with, where so many are unread. */
  chatLines: 200,
  /** How long a message in a chat is on its way before the person is told that it waits; a link takes far less. */
  onItsWay: 1_000,
  /** How long `send --wait`, and `chat` at its end, wait for delivery unless told otherwise. */
  deliveryWait: 30_000,
  /** How long a front end waits for a reply; the hub's own deadlines towards others are shorter. */
  controlRequest: 60_000,
  /** The longest wait for delivery that a front end may ask for: a day. */
  longestWait: 24 * 3600_000,
  /** What closing a control connection may take until its last reply is read. */
  controlClose: 1_000,
  /** How long a front end waits for a daemon that it started. */
  daemonStart: 20_000,
  /** How long a hub stays after its last front end; less on an editor's own runtime, whose updates it would block. */
  linger: 10 * 60_000,
  lingerOnEditor: 10_000,
  /** Feed changes a second. */
  feedPerSecond: 20,
  /** How long stopping may take before the process ends anyway. */
  stop: 5_000,
  // ---- plugins, configuration, logs
  /** A plugin's module must load, and its set-up end, within this: opening a database may replay a long log. */
  pluginSetup: 45_000,
  /** A plugin that does not close is left behind after this. */
  pluginClose: 5_000,
  /** parley.json, and a file that holds an option: lines of text, not data. */
  configFile: 1024 * 1024,
  optionFile: 64 * 1024,
  /** A secret kept sealed: a key or a server's set-up, never a store of data. */
  secret: 64 * 1024,
  /** A log file is put aside at this size, and so many are kept, the current one included. */
  logFile: 5 * 1024 * 1024,
  logFiles: 3,
  /** Log lines that wait for a reader that does not read; beyond, the newest are dropped. */
  logBacklog: 1024 * 1024,
} as const
