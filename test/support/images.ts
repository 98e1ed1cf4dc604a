/** The first bytes of images of each kind, as far as their size needs them. No pixels. */

export function png(width: number, height: number): Buffer {
  return Buffer.concat([
    Buffer.from('\x89PNG\r\n\x1a\n\0\0\0\rIHDR', 'latin1'),
    u32(width),
    u32(height),
    Buffer.alloc(9),
  ])
}

export function gif(width: number, height: number): Buffer {
  return Buffer.concat([Buffer.from('GIF89a'), u16le(width), u16le(height), Buffer.alloc(3)])
}

/** `orientation`: as its Exif says, where it has one. */
export function jpeg(width: number, height: number, orientation?: number): Buffer {
  const start = Buffer.from([0xff, 0xd8, 0xff, 0xe0, 0, 4, 0, 0])
  const exif = orientation === undefined ? Buffer.alloc(0) : exifOf(orientation)
  const frame = Buffer.from([0xff, 0xff, 0xc0, 0, 11, 8, ...u16(height), ...u16(width), 1, 0, 0x11, 0])
  return Buffer.concat([start, exif, frame])
}

export function webp(kind: 'VP8 ' | 'VP8L' | 'VP8X', width: number, height: number): Buffer {
  const start = Buffer.concat([Buffer.from('RIFF\0\0\0\0WEBP'), Buffer.from(kind), Buffer.alloc(4)])
  if (kind === 'VP8 ') return Buffer.concat([start, Buffer.from([0, 0, 0, 0x9d, 1, 0x2a]), u16le(width), u16le(height)])
  if (kind === 'VP8L') {
    const bits = Buffer.alloc(4)
    bits.writeUInt32LE((width - 1) | ((height - 1) << 14))
    return Buffer.concat([start, Buffer.from([0x2f]), bits])
  }
  return Buffer.concat([start, Buffer.alloc(4), u32le(width - 1).subarray(0, 3), u32le(height - 1).subarray(0, 3)])
}

/** Big-endian TIFF with one entry, the orientation. */
function exifOf(orientation: number): Buffer {
  const tiff = Buffer.from('MM\0\x2a\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\0\0\0\0\0\0\0', 'latin1')
  tiff.writeUInt16BE(orientation, 18)
  const body = Buffer.concat([Buffer.from('Exif\0\0', 'latin1'), tiff])
  return Buffer.concat([Buffer.from([0xff, 0xe1]), u16(body.length + 2), body])
}

function u16(value: number): Buffer {
  return Buffer.from([value >> 8, value & 255])
}

function u16le(value: number): Buffer {
  return u16(value).reverse()
}

function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(value)
  return bytes
}

function u32le(value: number): Buffer {
  return u32(value).reverse()
}
