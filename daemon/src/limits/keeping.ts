/** Limits of keeping a registry for years: backups, the lease of its storage, what is measured. Times in ms, sizes in bytes. */
export const keepingLimits = {
  // ---- metrics
  /** Upper bounds of the latency histogram in seconds: a read from storage, a flush, a slow mechanism, a time-out. */
  latencyBounds: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15],
  /** How often the delay of the event loop is sampled, where somebody asks for it. */
  loopDelayEvery: 20,
  // ---- lease
  /** How often a registry renews the lease of its storage: one small write. */
  leaseRenew: 10_000,
  /** A lease that nobody has renewed for this long is taken over: three renewals were missed, so it was no hiccup. */
  leaseLife: 35_000,
  /** How often a starter looks whether somebody else renews the lease. */
  leaseLook: 500,
  // ---- backup
  /** Bytes of a backup that wait for the disk before writers of the registry wait as well. */
  backupAhead: 4 * 1024 * 1024,
  /** The longest record of a backup: the largest value of a storage with its key, and some. */
  backupRecord: 256 * 1024 + 1024,
  /** Bytes of rows that are read at once. */
  backupPage: 1024 * 1024,
  /** Rows that are read at once, however small those before were: 64 MiB if all are of the largest. */
  backupRows: 256,
  /** How long writers may be held back at its beginning and end: a storage that takes longer for a batch does not answer. */
  backupStill: 10_000,
  /** Bytes of a backup that are read at once. */
  backupChunk: 256 * 1024,
  /** How often progress is shown. */
  backupProgress: 250,
  /** Bytes and changes of one batch of a restore: well within what a storage takes. */
  restoreBytes: 4 * 1024 * 1024,
  restoreChanges: 500,
  /** Backups that upgrades leave in a home. */
  backupsKept: 3,
} as const
