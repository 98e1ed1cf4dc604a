/** Every size, count and time of the chat surface, each with its reason. */
export const limits = {
  // ---- messages
  /** A message longer than either is folded: what is longer pushes the conversation out of sight. */
  foldAbove: { characters: 5_000, lines: 50 },
  /** What a folded message shows: clearly less than what folds it, so that *Show all* is worth pressing. */
  foldTo: { characters: 4_000, lines: 40 },
  /** Characters of a message that are read as markdown at once; the next slice waits for the next frame. */
  slice: 8_000,
  /** A paragraph or table of more characters is shown as plain text: nobody writes one, and reading it would hold a frame. */
  section: 12_000,
  /** Elements of a message, *Show all* included; what is beyond is shown as plain text, so that no text fills the page. */
  elements: 4_000,
  /** Lists and quotes within each other; deeper ones are shown at this depth, or the text is a column of letters. */
  blockDepth: 6,
  /** Emphasis within emphasis and links; deeper marks are dropped. */
  inlineDepth: 8,
  /** Columns of a table; one of more is shown as it was written. */
  columns: 20,
  /** Marks for characters that cannot be seen, in one piece of text; further ones are plain. */
  marks: 100,
  /** Accents on one letter: real writing needs four, more only paint over the lines above. */
  accents: 6,
  /** Characters of a link's target: browsers take more, people do not make them. */
  href: 2_000,
  /** Characters of a path. */
  path: 400,

  // ---- code
  /** Characters of code that are coloured while they are drawn: 2 ms, and 25 when made to be slow for its grammar (measured). */
  highlightAtOnce: 2_000,
  /** Characters of code that are coloured at all, later and when in sight: some 20 ms, 700 when made to be slow. */
  highlight: 12_000,
  /** Characters of a line of code that is coloured: what is longer is data. */
  highlightLine: 1_000,
  /** How long the browser may put off colouring, in ms, when it is never idle. */
  highlightWait: 1_000,
  /** How long a button says what it did, in ms: enough to read two words. */
  said: 3_000,

  // ---- the composer
  /** Bytes of a message in UTF-8: the hub takes no more (`text` in daemon/src/limits.ts). */
  message: 100 * 1024,
  /** From where on the size is shown: soon enough to end the sentence. */
  messageNear: 90 * 1024,
  /** Bytes of text in a packet of the original program; what is longer goes out in several. */
  packet: 100,
  /** Lines that are inserted as if typed, so that undo takes them back: 0.2 s of a slow machine (measured, and it is quadratic). */
  insertedAsTyped: 200,

  // ---- the list
  /** Messages of a page: some four screens, so that a page is there before the one in sight is read. */
  page: 60,
  /** Messages held around the one in sight; beyond it the farther end is dropped. Past this the memory of a long scroll grows. */
  held: 360,
  /** What is kept then: some pages less, so that not every new message drops one. */
  heldAfterTrim: 240,
  /** Characters held likewise: forty of the longest messages. */
  heldCharacters: 4_000_000,
  /** How near the end of what is held the next page is asked for, in screens. */
  loadAhead: 2,
  /** How long a message is pointed out that was jumped to, in ms: long enough to find it. */
  pointedOut: 2_500,
  /** Messages above one that was jumped to, that are asked for: a screen. */
  aboveRevealed: 20,
  /** Characters of what is answered, above the answer. */
  quoted: 100,
  /** Bytes of an image that is shown: what the extension gives. */
  image: 5 * 1024 * 1024,
  /** Images kept as text: those of some screens. */
  images: 12,
  /** Px of an image in the list: it can be looked at, and the chat around it read. */
  imageWidth: 360,
  imageHeight: 240,
  /** Bytes of a file that is pasted or dropped: what the hub takes as data. */
  pasted: 10 * 1024 * 1024,
  /** Files of a message: what the hub takes. */
  files: 10,
  /** Files take their time to be read, hashed and fetched. */
  fileTimeout: 11 * 60_000,
  /** People that a message names: what the hub takes. */
  mentions: 50,
  /** People that are offered for a mention at once: a list that is read at a glance. */
  mentioned: 8,
  /** Px from the end within which one is at the end: zoom makes fractions, and a line is 18. */
  atEnd: 12,

  /** An answer of the extension: it asks the hub, which answers in ms; longer than the hub's own deadlines. */
  requestTimeout: 20_000,
  /** What may wait for a person, who is asked whether to open a link. */
  personTimeout: 10 * 60_000,
  /** A chat that could not be read again is tried once more after this: what hinders it is known to pass in seconds. */
  openAgain: 3_000,
  /** Messages told while a page is on its way, which are put into it. */
  toldMeanwhile: 500,
  /** Messages that wait in this surface because the hub has not taken them; more than a person writes while it restarts. */
  unsent: 200,

  /** Typing is kept this often, and at the latest when the page goes. */
  draftDelay: 400,
  /** So is where one has scrolled to. */
  placeDelay: 250,
  /** And what was read. */
  readDelay: 400,
  /** The others are told again that one writes: they forget it after some seconds. */
  typingAgain: 3_000,
  /** Who writes nothing for so long has stopped. */
  typingRest: 5_000,
  /** Announcements are gathered, so that a burst is one. */
  announceDelay: 700,
  /** Characters of an announcement. */
  announced: 200,
  /** Messages that are announced one by one; more of them are counted. */
  announcedSingly: 3,

  /** Messages of one author this close to each other have one head. */
  group: 5 * 60_000,
  /** Frames within which a message that was out of sight can be focused: it is drawn and measured in two or three. */
  focusFrames: 30,
  /** Px beyond the screen that are drawn ahead: one flick of a wheel. */
  drawAhead: 400,
} as const
