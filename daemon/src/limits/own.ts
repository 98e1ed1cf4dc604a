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
  /** Messages that a person has dropped for themselves: one by one, by hand. All of them are in memory, some 400 bytes each. */
  droppedKept: 10_000,
  /** Logs that one mark names: those of the devices of a large room. */
  markedLogs: 1_024,
  /** Marks of one user that are kept side by side: one for each of their devices, unless one covers the others. */
  marksPerUser: 64,
  /** That somebody writes is told at most this often, and believed for this long: one frame may come late. */
  typingEvery: 3_000,
  typingLife: 6_000,
  /** How many of those who write are kept at once, so that nobody fills the memory with it. */
  typingKept: 512,
  /** Messages of a room that are told anew when more members have them: older ones say so when they are read again. */
  countsTold: 200,
  /** Marks that wait to be committed, and how many of them one batch takes. */
  waitingMarks: 2_000,
  batchMarks: 64,
  /** Marks, and their bytes, in one frame. */
  marksPage: 250,
  marksBytes: 256 * 1024,
  /** Who has read on is told to others at most this often: a busy chat is read message by message. */
  marksPause: 500,
  /** Devices of others of which one frame tells how far they have one's messages, and of which that is kept at all. */
  acksPage: 250,
  ackedDevices: 2_048,
  /** How often marks that others have told go on to some who may lack them, and to how many. */
  marksGossip: 2_000,
  marksGossipTo: 3,
} as const
