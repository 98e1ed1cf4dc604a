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
} as const
