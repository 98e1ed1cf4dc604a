/** The numbers of this storage, each with its reason. Times in ms, sizes in bytes. */
export const limits = {
  /** How long a call of the adapter may take, unless the options say otherwise. */
  deadline: 5_000,
  /** Bytes of waiting batches that share one entry of the journal: one flush of the store for many, and a short one. */
  group: 1024 * 1024,
  /** One value of the journal: no larger than the largest row is, so a store that takes rows takes this. */
  part: 344 * 1024,
  /** What is handed to the adapter in one call. */
  callRows: 512,
  callBytes: 1024 * 1024,
  /** Batches that wait, and their bytes; beyond, a write is refused. The largest batch fits four times. */
  waiting: 16_384,
  waitingBytes: 32 * 1024 * 1024,
  /** What is in the journal goes into its rows once it is that much, or that old: many rows at once, each one once. */
  apply: 256 * 1024,
  applyAfter: 20,
  /** What is in the journal and not yet in its rows; beyond, writes wait. */
  unapplied: 8 * 1024 * 1024,
  /** Values kept in memory, so that what was just read need not be asked for when it is checked. */
  cache: 16 * 1024 * 1024,
  /** Expired rows that a group clears away on its way. */
  swept: 64,
  /** How often the owner of the store says that it is alive, and how long one must be silent to be taken for dead. */
  beat: 2_000,
  silence: 8_000,
  /** How often somebody who waits looks at the owner. */
  look: 500,
  /** The pause before the store is opened anew after a fault: the first one, and the longest. */
  retry: 50,
  retryAtMost: 2_000,
  /** How long calls that were given up may go on before their adapter is replaced: they may still write. */
  settle: 30_000,
  /** How long the adapter may take to let go. */
  disconnect: 2_000,
  /** How often a long opening says how far it is. */
  progress: 2_000,
} as const
