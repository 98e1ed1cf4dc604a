/** Limits of conversations. Times in ms, sizes in bytes. */
export const conversationsLimits = {
  /** A sealed entry's header: its fields need at most 1,500 bytes, the rest is room to grow. */
  header: 4096,
  /** Open branches of one device's log. */
  branches: 8,
  /** Places where a log has forked that are remembered one by one: each is a home restored or copied. */
  knots: 64,
  /** Starts of a hub whose commit numbers it still knows: a peer that was away for longer is told all heads. */
  epochs: 32,
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
  /** Acknowledgements of one batch: a row each, beside the messages. */
  batchAcks: 64,
  /** Messages that wait to be committed; a front end that sends faster is told to wait. */
  waitingSends: 10_000,
  /** When a front end that was told so may try again: by then some of them are on the disk. */
  sendAgain: 1_000,
  /** Rows of one storage page while sending what a peer lacks; fewer when entries are large. */
  logPage: 250,
  /** One's own last entries of a conversation kept in memory, so that live sending reads no storage: bytes and entries. */
  recentBytes: 512 * 1024,
  recentEntries: 1_024,
  /** Conversations in one frame of a comparison: some 20 KiB. */
  resumePage: 200,
  /** Places that one frame names of one log: eight heads, and a ladder down from 2⁴⁴. */
  placesOfLog: 32,
  /** How often the changed logs of others are offered, and to how many of those who are linked at a time. */
  offerPause: 2_000,
  offerTo: 3,
  /** A peer that holds more of one's own log is given this long to bring it, before one goes on in another branch. */
  behind: 15_000,
  /** Once a peer was asked for a log, others that have it are not asked for this long. */
  claim: 5_000,
  /** Conversations of which a peer may name some that are not here: more are not looked at. */
  unknownConversations: 256,
  /** Heads in one frame: a conversation of two has a handful. */
  heads: 1_024,
  /** Signatures are checked for this long before others get the event loop. */
  slice: 3,
  /** A log with a gap is asked for again at most this often. */
  askAgain: 1_000,
  /** How often in a row without anything new: then the next link may know more. */
  asksInVain: 5,
  /** Looks at logs of one conversation that may be due over a link at a time. */
  looksAtOnce: 8,
  /** How often a peer's frame is tried while storage fails, `askAgain` apart; the link is paused meanwhile. */
  eventTries: 5,
  /**
   * Wait before a peer's next frame, for each signature that was checked of what was refused: a check takes some 0.15 ms, so
   * forgeries take a tenth of a core. Nobody waits for less than the least, nor longer for one frame than the longest.
   */
  forgedPause: 2,
  forgedPauseLeast: 100,
  forgedPauseLongest: 30_000,
  /** What a frame of forged marks counts as: those before the forged one may have been checked for nothing as well. */
  forgedMarks: 64,
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
  /** People that one message names: a front end completes names one by one. */
  mentions: 50,
  /** Messages that are dropped here in one batch: some rows each. */
  hiddenAtOnce: 100,
  /** Bytes of an emoji: families with skin tones have 41, flags of regions 28. */
  emoji: 64,
  /** Emoji that one person keeps on one message: more is play, and each is a register that stays. */
  reactionsOfPerson: 20,
  /** Reactions on one message: one of each member and some, 116 bytes at most, beside two texts in a row of 256 KiB. */
  reactionsOfMessage: 384,
  /** How often one message is edited: its deletion drops all those texts in one batch. */
  editsOfMessage: 100,
  /** Places that are kept of a message which was sealed again and again: copies of a home make a handful, the first counts. */
  copies: 32,
  /** Deeds whose rows go with a deleted message, edits first: with what they said they still fit into one batch. */
  droppedAbouts: 300,
  /** Deeds that are merged anew when one of them counts no longer: every reaction of a large room, five times over. */
  recountedAbouts: 2_000,
  /** Answers to one message that are told anew when it says something else: older ones say so when they are read again. */
  answersTold: 100,
  /** Characters of a message that a reply to it shows. */
  replyExcerpt: 100,
  /** Entries without words that are asked for in one frame, and over one link: some may be gone everywhere. */
  wordsPage: 64,
  wordsAsked: 2_000,
  /** Files of one message. */
  filesOfMessage: 10,
  /** Members of a room, those included who are invited. */
  roomMembers: 256,
  /** Rooms that one is invited to and has not joined, and of those the ones that one person has founded. */
  invitations: 512,
  invitationsOf: 64,
  /** Characters of a room's name and of its topic: a name fits into a tree, a topic into one line of a header. */
  roomName: 80,
  roomTopic: 500,
  /** Entries that are judged again in one batch, once the members are others, and lines that are told in one. */
  recounted: 100,
  linesTold: 200,
  /** People of a room who are looked for when a device is not known: all that it has, and as many who have left. */
  peopleMet: 1_024,
  /** Sets of membership heads for which it is kept who was an admin then: members delete with what they know at that time. */
  standingsKept: 32,
  /** Bytes of hashes that one link has told and that are yet to be answered: a thousand rooms of 120 membership entries. */
  rightsWaiting: 4 * 1024 * 1024,
  /** Membership entries of a room: 256 members who come and go twenty times; folding them takes under a second. */
  membershipEntries: 10_000,
  /** Of these, those of one person who has not founded it: nobody fills a room so that nothing can be done in it any more. */
  membershipEntriesOf: 2_000,
  /** Days that history may be kept for before it is dropped: a hundred years is for ever. */
  retentionDays: 36_500,
} as const
