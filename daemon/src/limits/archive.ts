/** Limits of what was said: finding it, taking it out and in, letting it go. Times in ms, sizes in bytes. */
export const archiveLimits = {
  // ---- search
  /** What comes in within this is indexed in one go: each go is a flush of the disk. */
  indexPause: 250,
  /** A search waits so long for what has just come to be indexed: who searches for what they read finds it. */
  indexWait: 500,
  /** After a failure the index is tried again so much later, longer each time up to the second. */
  indexRetry: 1_000,
  indexRetryLongest: 60_000,
  /** Rows of changed messages that are read at once: of up to 250 messages each. */
  indexRows: 2,
  /** Messages that are read at once while an index is filled, at most 100 KiB each. */
  fillRows: 64,
  /** Text in one batch for the index. */
  indexBytes: 512 * 1024,
  /** Messages of one such batch: within what every index takes. */
  indexBatch: 400,
  /** How often it is noted how far filling has come: after a crash it goes on from there. */
  fillNoted: 2_000,
  /** Characters of a search that count, and hits of one page. */
  searchText: 512,
  searchPage: 100,
  /** Pages of an index that one search reads to fill its own: others may all be of what is shown no more. */
  searchRounds: 8,
  /** How long a search without an index looks before it gives what it has. */
  scanTime: 2_000,
  /** Characters around what was found. */
  excerpt: 200,
  excerptBefore: 60,
  // ---- export and import
  /** Characters of an export that are written at once. */
  exportChunk: 256 * 1024,
  /** Characters of one line of an export: a message of 100 KiB, whose every byte JSON may write as six, with the rest. */
  importLine: 1024 * 1024,
  /** Messages of an import that are taken over in one batch. */
  importBatch: 200,
  // ---- retention
  /** How long after the start, after a change, and how often it is looked whether something is old enough to be dropped. */
  retentionFirst: 60_000,
  retentionPause: 1_000,
  retentionEvery: 60 * 60_000,
  /** Messages that are dropped in one go: sending waits for a batch of these. */
  retentionBatch: 200,
} as const
