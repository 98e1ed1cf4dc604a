/** Width and height in px. */
export interface ImageSize {
  readonly width: number
  readonly height: number
}

/** A kind of image that every browser shows and that can run nothing. */
export type ImageType = 'image/png' | 'image/jpeg' | 'image/gif' | 'image/webp'

/**
 * The media type of a file by its name and its first bytes. Of images the bytes decide: a name that promises one which
 * they are not says nothing.
 */
export function mediaTypeOf(name: string, head: Uint8Array): string {
  const image = imageTypeOf(head)
  if (image) return image
  const extension = /\.([a-z0-9]+)$/i.exec(name)?.[1]?.toLowerCase() ?? ''
  return types.get(extension) ?? 'application/octet-stream'
}

/** Whether that is a kind of image which the hub fetches and front ends show by themselves. */
export function isImageType(type: string): type is ImageType {
  return type === 'image/png' || type === 'image/jpeg' || type === 'image/gif' || type === 'image/webp'
}

/** What kind of image begins with these bytes; undefined: none of those that are shown. */
export function imageTypeOf(head: Uint8Array): ImageType | undefined {
  if (begins(head, 0, '\x89PNG\r\n\x1a\n')) return 'image/png'
  if (begins(head, 0, '\xff\xd8\xff')) return 'image/jpeg'
  if (begins(head, 0, 'GIF87a') || begins(head, 0, 'GIF89a')) return 'image/gif'
  if (begins(head, 0, 'RIFF') && begins(head, 8, 'WEBP')) return 'image/webp'
  return undefined
}

/**
 * How large an image is shown, by its first bytes; undefined when they do not say. Reads headers only, and of no more
 * than is given.
 */
export function imageSizeOf(head: Uint8Array): ImageSize | undefined {
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength)
  try {
    const size = readSize(imageTypeOf(head), head, view)
    return size && isShown(size.width) && isShown(size.height) ? size : undefined
  } catch (error) {
    // A DataView refuses to read beyond its end: the header is cut.
    if (error instanceof RangeError) return undefined
    throw error
  }
}

/** Nothing is shown that is longer than what a JPEG can be (ITU T.81, section B.2.2). */
function isShown(px: number): boolean {
  return px > 0 && px <= 65_535
}

function readSize(type: ImageType | undefined, head: Uint8Array, view: DataView): ImageSize | undefined {
  switch (type) {
    case 'image/png':
      // PNG, section 11.2.1: IHDR is the first chunk.
      return begins(head, 12, 'IHDR') ? { width: view.getUint32(16), height: view.getUint32(20) } : undefined
    case 'image/gif':
      // GIF 89a, section 18: the logical screen.
      return { width: view.getUint16(6, true), height: view.getUint16(8, true) }
    case 'image/webp':
      return webpSize(head, view)
    case 'image/jpeg':
      return jpegSize(head, view)
    case undefined:
      return undefined
  }
}

/** The first chunk of a WebP: lossy (RFC 6386, section 9.1), lossless (RFC 9649, section 3.4) or extended (2.7). */
function webpSize(head: Uint8Array, view: DataView): ImageSize | undefined {
  if (begins(head, 12, 'VP8 ')) {
    if (!begins(head, 23, '\x9d\x01\x2a')) return undefined
    return { width: view.getUint16(26, true) & 0x3fff, height: view.getUint16(28, true) & 0x3fff }
  }
  if (begins(head, 12, 'VP8L')) {
    if (view.getUint8(20) !== 0x2f) return undefined
    const bits = view.getUint32(21, true)
    return { width: (bits & 0x3fff) + 1, height: ((bits >>> 14) & 0x3fff) + 1 }
  }
  if (!begins(head, 12, 'VP8X')) return undefined
  const at = (offset: number) => view.getUint16(offset, true) + view.getUint8(offset + 2) * 0x1_0000 + 1
  return { width: at(24), height: at(27) }
}

/**
 * The frame header of a JPEG (ITU T.81, B.2.2), turned as its Exif says: a phone that is held upright turns the picture by
 * a note instead of its pixels. Each step goes on by a byte at least.
 */
function jpegSize(head: Uint8Array, view: DataView): ImageSize | undefined {
  let isTurned = false
  for (let at = 2; ; ) {
    if (view.getUint8(at) !== 0xff) return undefined
    const marker = view.getUint8(at + 1)
    if (marker === 0xff) {
      at++ // fill bytes may stand before a marker
      continue
    }
    const isAlone = marker === 0x01 || (marker >= 0xd0 && marker <= 0xd8)
    const length = isAlone ? 0 : view.getUint16(at + 2)
    if (isFrame(marker)) {
      const [height, width] = [view.getUint16(at + 5), view.getUint16(at + 7)]
      return isTurned ? { width: height, height: width } : { width, height }
    }
    // End of image, or the picture's data without a frame before it.
    if (marker === 0xd9 || marker === 0xda || (!isAlone && length < 2)) return undefined
    if (marker === 0xe1 && begins(head, at + 4, 'Exif\0\0')) isTurned = isTurnedByExif(head, at + 10, at + 2 + length)
    at += 2 + length
  }
}

/** SOF0 to SOF15 without DHT, JPG and DAC, which stand among them. */
function isFrame(marker: number): boolean {
  return marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc
}

/** Whether the orientation of the first directory (Exif 2.32, 4.6.4, tag 0x0112) swaps the sides. */
function isTurnedByExif(head: Uint8Array, from: number, to: number): boolean {
  const tiff = head.subarray(from, to)
  const view = new DataView(tiff.buffer, tiff.byteOffset, tiff.byteLength)
  const isLittle = begins(tiff, 0, 'II')
  if (tiff.length < 14 || (!isLittle && !begins(tiff, 0, 'MM'))) return false
  const directory = view.getUint32(4, isLittle)
  if (directory > tiff.length - 2) return false
  const entries = Math.min(view.getUint16(directory, isLittle), Math.floor((tiff.length - directory - 2) / 12))
  for (let entry = 0; entry < entries; entry++) {
    const at = directory + 2 + entry * 12
    if (view.getUint16(at, isLittle) === 0x0112) return view.getUint16(at + 8, isLittle) >= 5
  }
  return false
}

function begins(bytes: Uint8Array, at: number, latin: string): boolean {
  for (let index = 0; index < latin.length; index++) if (bytes[at + index] !== latin.charCodeAt(index)) return false
  return true
}

/** What people send each other. What runs where it is opened is plain text or nothing. */
const types: ReadonlyMap<string, string> = new Map([
  ['txt', 'text/plain'],
  ['log', 'text/plain'],
  ['md', 'text/markdown'],
  ['csv', 'text/csv'],
  ['diff', 'text/x-diff'],
  ['patch', 'text/x-diff'],
  ['json', 'application/json'],
  ['xml', 'application/xml'],
  ['yaml', 'application/yaml'],
  ['yml', 'application/yaml'],
  ['pdf', 'application/pdf'],
  ['svg', 'image/svg+xml'],
  ['zip', 'application/zip'],
  ['gz', 'application/gzip'],
  ['tgz', 'application/gzip'],
  ['tar', 'application/x-tar'],
  ['7z', 'application/x-7z-compressed'],
  ['mp3', 'audio/mpeg'],
  ['m4a', 'audio/mp4'],
  ['ogg', 'audio/ogg'],
  ['wav', 'audio/wav'],
  ['mp4', 'video/mp4'],
  ['webm', 'video/webm'],
  ['mov', 'video/quicktime'],
  ['docx', 'application/vnd.openxmlformats-officedocument.wordprocessingml.document'],
  ['xlsx', 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet'],
  ['pptx', 'application/vnd.openxmlformats-officedocument.presentationml.presentation'],
  ['odt', 'application/vnd.oasis.opendocument.text'],
  ['ods', 'application/vnd.oasis.opendocument.spreadsheet'],
  ['odp', 'application/vnd.oasis.opendocument.presentation'],
])
