/** Limits of the mailbox, at the registry and in a hub. Times in ms, sizes in bytes. */
export const mailboxLimits = {
  /** One sealed item, envelope and padding included. */
  mailItem: 128 * 1024,
  /** What is in it: one of the largest messages with all that goes around it, and room for the envelope. */
  mailEntries: 120 * 1024,
  /** The smallest item; each larger size is twice the one before, so that a size tells little of what is said. */
  mailSmallest: 256,
  /** How long an item waits to be collected: longer than a holiday. */
  mailAge: 30 * 24 * 3600_000,
  /** Items and bytes that wait for one device: all that a lively team writes to somebody in a month, most of it small. */
  mailItemsPerDevice: 4_096,
  mailBytesPerDevice: 64 * 1024 * 1024,
  /** Of these, what one person may have there: nobody fills another's mailbox alone. */
  mailItemsPerSender: 1_024,
  mailBytesPerSender: 16 * 1024 * 1024,
  /** Items and bytes of a whole registry: some 200 bytes of memory for each item, and a disk that anybody has. */
  mailItems: 200_000,
  mailBytes: 8 * 1024 * 1024 * 1024,
  /** When to try again what found a mailbox full: somebody has to come and collect, or items have to run out. */
  mailFullRetry: 10 * 60_000,
  /** Items that one device may deposit at once, and how often another one: as fast as anybody writes to many who are away. */
  mailBurst: 256,
  mailEvery: 50,
  /** Keys that one device may publish at once, and how often another one: one a week is usual. */
  mailboxKeyBurst: 16,
  mailboxKeyEvery: 60_000,
  /** Items of one answer, by their bytes: half of a frame. */
  mailPage: 512 * 1024,
  /** Ids that one word of what was taken may name: more than a page has. */
  mailTaken: 4_096,
  /** Items that one batch erases: two rows each. */
  mailErasedAtOnce: 400,
  /** How often a registry lets go of what has run out. */
  mailSweep: 3600_000,
  // ---- of a hub
  /** A mailbox key is replaced by a new one after this: what was sealed to older ones cannot be opened for ever. */
  mailboxKeyRotation: 7 * 24 * 3600_000,
  /** How long others may seal to a key: whoever was away for longer has to show the password first (`idleDevice`). */
  mailboxKeyLife: 90 * 24 * 3600_000,
  /** A key that was replaced is kept for the age of mail and a week: all that was sealed to it has come by then. */
  mailboxKeyKept: 37 * 24 * 3600_000,
  /** How often a hub looks whether its key is due. */
  mailboxKeyCheck: 3600_000,
  /** A device that cannot be reached for this long is written to by mail: a link comes up sooner, if at all. */
  mailPatience: 5_000,
  /** Whoever the registry says is away is written to after this: nobody dials them, and what is written in one go goes as one item. */
  mailAway: 500,
  /** A hub that stops writes to whoever waits for that at most this long: a person waits for it to end. */
  mailFarewell: 2_000,
  /** Mail to many people who are away begins within this, not in one moment. */
  mailSpread: 2_000,
  /** Devices that are written to at once. */
  mailAtOnce: 4,
  /** A mailbox key that was looked up is used for this long; a device that has none is asked for again after it. */
  mailboxKeyFresh: 10 * 60_000,
  /** So many mailbox keys are known at most: all devices of a large room. */
  mailboxKeysKnown: 1_024,
  /** Membership entries that go before what rests on them, in one item: some hundred; with more a link is waited for. */
  mailRights: 32 * 1024,
  /** How often an item is tried that fails in a way nobody foresaw, before it is dropped: with the waits between, an hour. */
  mailTries: 12,
  /** The wait after a deposit or a collection that failed; it doubles up to the longest. */
  mailRetry: { first: 1_000, fast: 60_000, fastFor: 10 * 60_000, slow: 10 * 60_000 },
} as const
