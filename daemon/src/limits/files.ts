/** Limits of files that travel beside the logs. Times in ms, sizes in bytes. */
export const filesLimits = {
  /** Largest file: its hashes, 32 bytes for each chunk, still fit into one frame. */
  fileSize: 2 * 1024 ** 3,
  /** Pieces that a file is hashed and fetched in: four of them fit into a frame, and each is hashed well within a ms. */
  fileChunk: 256 * 1024,
  /** What a front end may hand over as data: it is one message of the control API, a third longer as base64. */
  fileData: 10 * 1024 * 1024,
  /** A file's name in UTF-8 bytes: file systems take 255, and whoever saves one twice adds to it. */
  fileName: 200,
  /** A media type in characters: the longest registered one has 73. */
  mediaType: 128,
  /** px of an image's side: what PNG's readers take; more is a lie. */
  imageSide: 1_000_000,
  /** Bytes of a file in which an image's size is looked for: photos begin with thumbnails and colour profiles. */
  imageHead: 256 * 1024,
  // ---- the store
  /** All files of a home: ten of the largest and many small ones. Beyond, the person has to choose what to drop. */
  filesOfHome: 50 * 1024 ** 3,
  /** What is left free on the disk whatever comes: messages must be stored as well. */
  filesSpare: 512 * 1024 * 1024,
  /** Files that are looked at at once when a hub starts: more would not be quicker. */
  filesScanned: 256,
  /** Files that are taken in at once: a disk that serves many gets slower for each. */
  filesAdded: 2,
  /** A file that no message names is kept this long: somebody is still writing the message. */
  fileUnsent: 24 * 3600_000,
  /** How often those are looked for. */
  filesSweep: 3600_000,
  /** How long a front end waits for the largest file to be copied: ten minutes at the pace of an old USB stick. */
  fileCopy: 10 * 60_000,
  // ---- fetching
  /**
   * Chunks that are asked of one link before one has come: at first, and as long as they come quickly, at most. A message
   * on the same link waits behind them, so they get fewer as soon as the line is slow.
   */
  fileWindow: { first: 2, most: 8 },
  /** A queue on the line that is this short lets one more be asked for, and one this long one less: people notice 150 ms. */
  fileQueue: { short: 40, long: 100 },
  /** How the least time of a chunk grows with each: a thousand of them, 256 MB, forget a line that was much quicker. */
  fileLeastGrows: 1.002,
  /** Chunks asked of all links together: 8 MiB of memory. */
  chunksInFlight: 32,
  /** Files that are fetched at once; what comes of many at a time is whole later. */
  filesFetched: 4,
  /** Files that are still to be fetched; beyond, a front end has to wait. */
  filesWanted: 1_000,
  /** How long a part may take at all: a line of 35 kbit/s brings a chunk in that time. */
  filePart: 60_000,
  /** How long a chunk may take before it is asked of somebody else as well: a holder that hangs holds nobody up. */
  fileStall: 3_000,
  /** When a holder that was busy or did not answer is asked again, and one that has not got the file. */
  fileBusyAgain: 1_000,
  fileAskAgain: 60_000,
  /** When a holder that is fetching the file itself is asked again, once it has nothing that is lacking here. */
  filePartAgain: 5_000,
  /** When a file that could not be written is tried again. */
  fileWriteAgain: 15_000,
  // ---- giving
  /** Parts of files that are read at once for others, and of those for one link: the rest of its requests wait. */
  partsGiven: 8,
  partsGivenToOne: 3,
  /** Unsent bytes on a link up to which it is given a part: what is said meanwhile waits behind those only. */
  partsUnsent: 256 * 1024,
  /** How long a file stays open after a part of it was read, and how many are. */
  fileOpen: 5_000,
  filesOpen: 8,
  // ---- telling
  /** How often front ends are told how far a file is: ten times a second. */
  fileNews: 100,
  /** Files whose progress one front end is told. */
  filesWatched: 256,
  /** Messages of one conversation that are told anew when a file of theirs has come. */
  fileNamers: 50,
  /** An image up to this size is fetched by itself, so that it is shown with its message; and so many wait at most. */
  fetchedByItself: 2 * 1024 * 1024,
  imagesWaiting: 200,
} as const
