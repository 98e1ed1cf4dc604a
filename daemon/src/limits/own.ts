/** Limits of what one's own devices share, of marks, and of who is writing. Times in ms, sizes in bytes. */
export const ownLimits = {
  /** A draft goes to one's own other devices at most this often: whoever looks up sees it there. */
  ownDraftPause: 1_000,
  /** Registers, and their bytes, in one frame between one's own devices. */
  ownStatePage: 250,
  ownStateBytes: 256 * 1024,
  /** Kinds of registers kept of one conversation: those of today, and room for those of newer programs. */
  registerKinds: 32,
  /** Conversations of which something is kept: all of it is in memory. */
  keptChats: 20_000,
} as const
