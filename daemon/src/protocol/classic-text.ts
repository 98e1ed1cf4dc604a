import { limits } from '../limits.ts'
import { classicSizes } from './classic.ts'

/**
 * A text in pieces that each fit the text of one classic packet: at most 100 bytes of UTF-8, never cut inside a
 * character as people see it where that is possible, and at white space where there is some in the second half. The
 * white space of a cut is left out.
 */
export function splitText(text: string): string[] {
  const parts: string[] = []
  for (let rest = text.trim(); rest !== ''; ) {
    const part = firstPart(rest)
    parts.push(part.trimEnd())
    rest = rest.slice(part.length).trimStart()
  }
  return parts
}

/**
 * What the text field of a message packet says, fit to be kept: bytes that are no UTF-8, such as a character that was
 * cut at the end of the field, are left out where they stand last and marked elsewhere; controls are gone but for line
 * breaks and tabs. Empty: it says nothing.
 */
export function receivedText(packet: Uint8Array): string {
  const field = packet.subarray(textStart, classicSizes.peer)
  const end = field.indexOf(0)
  const bytes = end < 0 ? field : field.subarray(0, end)
  const text = decoder.decode(bytes.subarray(0, bytes.length - cutAtEnd(bytes)))
  return text.replace(/\r\n?/g, '\n').replace(controls, '').trim()
}

/** As much of `text` as one packet takes. */
function firstPart(text: string): string {
  if (Buffer.byteLength(text, 'utf8') <= limits.classicText) return text
  let part = ''
  let size = 0
  const characters = new Intl.Segmenter('en', { granularity: 'grapheme' })
  for (const { segment } of characters.segment(text.slice(0, limits.classicText + 1))) {
    size += Buffer.byteLength(segment, 'utf8')
    if (size > limits.classicText) break
    part += segment
  }
  // One character that is longer than a packet, such as a letter under a tower of marks, is cut between its code points.
  if (part === '') part = codePoints(text)
  const space = part.search(/\s\S*$/)
  return space >= part.length / 2 ? part.slice(0, space + 1) : part
}

function codePoints(text: string): string {
  let part = ''
  let size = 0
  for (const character of text) {
    size += Buffer.byteLength(character, 'utf8')
    if (size > limits.classicText) break
    part += character
  }
  return part
}

/** How many of the last bytes are the beginning of a character whose end is not there. */
function cutAtEnd(bytes: Uint8Array): number {
  for (let back = 1; back <= Math.min(3, bytes.length); back++) {
    const byte = bytes[bytes.length - back] ?? 0
    if ((byte & 0b1100_0000) === 0b1000_0000) continue
    const size = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc0 ? 2 : 1
    return size > back ? back : 0
  }
  return 0
}

const textStart = 11
const controls = /[^\P{Cc}\n\t]/gu
const decoder = new TextDecoder('utf-8')
