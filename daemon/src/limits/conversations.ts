/** Limits of conversations. Times in ms, sizes in bytes. */
export const conversationsLimits = {
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
} as const
