/** The numbers of this storage, each with its reason. Times in ms, sizes in bytes. */
export const limits = {
  /** Bytes of waiting batches that share one commit: enough to make an fsync cheap, few enough to keep it short. */
  group: 4 * 1024 * 1024,
  /** Groups handed to the writer at once: it works on one while the next is already there. */
  groupsInFlight: 2,
  /** Opening checks the whole file up to this size, which takes a moment; damage in a larger one shows when it is read. */
  fullCheck: 64 * 1024 * 1024,
  /** How long opening may take: recovery after a crash reads the whole write-ahead log. */
  open: 30_000,
  /** How long a commit may take before the disk counts as gone. */
  commit: 60_000,
  /** How long the writer may take to end. */
  close: 10_000,
  /**
   * How often expired rows are looked for, and the write-ahead log is emptied, which is how long what was removed may still
   * be in a file; and how many expired rows go in one short commit.
   */
  sweepEvery: 30_000,
  sweptAtOnce: 256,
  /** How long a statement waits for a lock that another program holds, such as a backup. */
  busy: 5_000,
  /** The write-ahead log is cut back to this when it has grown beyond. */
  logKept: 16 * 1024 * 1024,
  /** What the search index keeps in memory: the upper part of its trees. */
  searchCache: 16 * 1024 * 1024,
  /** How long a task of the search index may take: a merge of a large index comes in between. */
  search: 30_000,
  /**
   * How long after a removal its words are taken out of the index, so that several go at once; pages of one step, which
   * takes a few ms; and how much longer than such a run the pause behind it is, for it reads and writes the whole index.
   */
  tidyPause: 10_000,
  tidyPages: 64,
  tidyRest: 20,
  /** Tasks of the search index that wait; each batch that fills it is one. */
  searchesWaiting: 64,
} as const
