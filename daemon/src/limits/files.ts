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
  /** Files that are taken in at once: a disk that serves many gets slower for each. */
  filesAdded: 2,
  /** A file that no message names is kept this long: somebody is still writing the message. */
  fileUnsent: 24 * 3600_000,
  /** How often those are looked for. */
  filesSweep: 3600_000,
} as const
