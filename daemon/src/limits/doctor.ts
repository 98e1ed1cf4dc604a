/** Limits of `parley doctor`. Times in ms, sizes in bytes. */
export const doctorLimits = {
  /** One thing is looked at for at most this long: a dial through a firewall that drops, and no longer than a person waits. */
  doctorCheck: 10_000,
  /** A commit that takes longer than this makes chatting feel slow. */
  doctorSlowCommit: 250,
  /** A registry that answers later than this is slow or far away. */
  doctorSlowRegistry: 1_000,
  /** Less free space than this is worth a word; then than this, a message may soon not be stored. */
  doctorSpace: 1024 ** 3,
  doctorNoSpace: 50 * 1024 ** 2,
  /** A clock that is off by this is worth a word; limits.clockSkew is where messages stop. */
  doctorClock: 60_000,
} as const
