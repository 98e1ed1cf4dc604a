/** A point of an outline, in font units; `isOn`: on the curve, else the control point between its neighbours. */
export interface Point {
  readonly x: number
  readonly y: number
  readonly isOn: boolean
}

export interface Glyph {
  readonly code: number
  /** Closed outlines: clockwise ones are filled, counter-clockwise ones within them are holes. */
  readonly outlines: readonly (readonly Point[])[]
}

/**
 * The bytes of a TrueType font of square icons, the same each time. Each glyph's box is the em: y 0 is its lower edge.
 * Only what browsers ask of a font (OpenType 1.9, "Required Tables") is in it.
 */
export function trueTypeFont(family: string, em: number, glyphs: readonly Glyph[]): Buffer {
  const all: readonly Glyph[] = [{ code: 0, outlines: [] }, ...glyphs.toSorted((a, b) => a.code - b.code)]
  const drawn = all.map(({ outlines }) => drawing(outlines))
  const points = Math.max(...all.map(({ outlines }) => outlines.flat().length))
  const contours = Math.max(...all.map(({ outlines }) => outlines.length))
  const codes = all.slice(1).map(({ code }) => code)
  const tables: Record<string, Buffer> = {
    'OS/2': metrics(em, codes),
    cmap: characters(codes),
    glyf: Buffer.concat(drawn),
    head: head(em),
    hhea: words(1, 0, em, 0, 0, em, 0, 0, em, 1, 0, 0, 0, 0, 0, 0, 0, all.length),
    hmtx: words(...all.flatMap(({ outlines }) => [em, Math.min(em, ...outlines.flat().map(({ x }) => x))])),
    loca: words(0, ...sums(drawn.map(bytes => bytes.length / 2))),
    maxp: words(1, 0, all.length, points, contours, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0),
    name: names(family),
    post: Buffer.concat([words(3, 0), Buffer.alloc(28)]),
  }
  return assemble(tables)
}

/** Big-endian 16-bit numbers, as everything in a font is. */
function words(...values: readonly number[]): Buffer {
  const bytes = Buffer.alloc(values.length * 2)
  for (const [index, value] of values.entries()) bytes.writeUInt16BE(value & 0xffff, index * 2)
  return bytes
}

/** Each value with all before it. */
function sums(values: readonly number[]): number[] {
  let sum = 0
  return values.map(value => {
    sum += value
    return sum
  })
}

function drawing(outlines: Glyph['outlines']): Buffer {
  const points = outlines.flat()
  if (points.length === 0) return Buffer.alloc(0)
  const [xs, ys] = [points.map(({ x }) => x), points.map(({ y }) => y)]
  const ends = sums(outlines.map(outline => outline.length)).map(end => end - 1)
  const steps = (values: readonly number[]) => values.map((value, index) => value - (values[index - 1] ?? 0))
  const box = [Math.min(...xs), Math.min(...ys), Math.max(...xs), Math.max(...ys)]
  const flags = Buffer.from(points.map(({ isOn }) => (isOn ? 1 : 0)))
  const bytes = Buffer.concat([
    words(outlines.length, ...box, ...ends, 0),
    flags,
    words(...steps(xs)),
    words(...steps(ys)),
  ])
  return padded(bytes)
}

function head(em: number): Buffer {
  const bytes = Buffer.alloc(54)
  words(1, 0, 1, 0).copy(bytes)
  bytes.writeUInt32BE(0x5f0f3cf5, 12)
  words(0b1011, em).copy(bytes, 16)
  words(0, 0, em, em, 0, 8, 2, 0, 0).copy(bytes, 36)
  return bytes
}

function metrics(em: number, codes: readonly number[]): Buffer {
  const bytes = Buffer.alloc(96)
  words(4, em, 400, 5, 0).copy(bytes)
  bytes.write('PRLY', 58, 'latin1')
  words(0x40, codes[0] ?? 0, codes.at(-1) ?? 0, em, 0, 0, em, 0).copy(bytes, 62)
  return bytes
}

/** Format 4: one segment for each run of codes, and the one that ends the table. */
function characters(codes: readonly number[]): Buffer {
  const segments = [...codes.map((code, index) => ({ code, delta: index + 1 - code })), { code: 0xffff, delta: 1 }]
  const count = segments.length
  const power = 2 ** Math.floor(Math.log2(count))
  const table = words(
    4,
    16 + count * 8,
    0,
    count * 2,
    power * 2,
    Math.log2(power),
    (count - power) * 2,
    ...segments.map(({ code }) => code),
    0,
    ...segments.map(({ code }) => code),
    ...segments.map(({ delta }) => delta),
    ...segments.map(() => 0),
  )
  return Buffer.concat([words(0, 1, 3, 1, 0, 12), table])
}

function names(family: string): Buffer {
  const texts: readonly (readonly [number, string])[] = [
    [1, family],
    [2, 'Regular'],
    [3, family],
    [4, family],
    [6, family.replaceAll(' ', '')],
  ]
  let at = 0
  const records = texts.map(([id, text]) => {
    const record = words(3, 1, 0x409, id, text.length * 2, at)
    at += text.length * 2
    return record
  })
  const stored = texts.map(([, text]) => Buffer.from(text, 'utf16le').swap16())
  return Buffer.concat([words(0, texts.length, 6 + texts.length * 12), ...records, ...stored])
}

function assemble(tables: Record<string, Buffer>): Buffer {
  const list = Object.entries(tables)
  const power = 2 ** Math.floor(Math.log2(list.length))
  const directory = words(0, 1, list.length, power * 16, Math.log2(power), (list.length - power) * 16)
  // The version is 1.0 as 16.16.
  directory.writeUInt32BE(0x10000, 0)
  let at = directory.length + list.length * 16
  const records = list.map(([tag, bytes]) => {
    const record = Buffer.alloc(16)
    record.write(tag, 'latin1')
    record.writeUInt32BE(checksum(bytes), 4)
    record.writeUInt32BE(at, 8)
    record.writeUInt32BE(bytes.length, 12)
    at += padded(bytes).length
    return record
  })
  const font = Buffer.concat([directory, ...records, ...list.map(([, bytes]) => padded(bytes))])
  const headAt = records[list.findIndex(([tag]) => tag === 'head')]?.readUInt32BE(8) ?? 0
  font.writeUInt32BE((0xb1b0afba - checksum(font)) >>> 0, headAt + 8)
  return font
}

function padded(bytes: Buffer): Buffer {
  return Buffer.concat([bytes, Buffer.alloc(-bytes.length & 3)])
}

function checksum(bytes: Buffer): number {
  const all = padded(bytes)
  let sum = 0
  for (let at = 0; at < all.length; at += 4) sum = (sum + all.readUInt32BE(at)) >>> 0
  return sum
}
