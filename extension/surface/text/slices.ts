import { limits } from '../limits.ts'

/** Where the beginning of a text ends: by lines or characters, whichever comes first, at the end of a line where there is one. */
export interface Cut {
  readonly at: number
  /** The fenced block that is cut through. */
  readonly fence?: { readonly start: number; readonly end: number }
}

/** Where to cut a text that is longer than `most`; `undefined`: it is not. */
export function findCut(text: string, most: { readonly characters: number; readonly lines: number }): Cut | undefined {
  let at = 0
  for (const { start, end, number, fence } of scan(text)) {
    if (number < most.lines && end <= most.characters) {
      at = end
      continue
    }
    // A first line that is too long by itself is cut within.
    const place = start === 0 ? wordEnd(text, most.characters) : at
    const fenceEnd = fence === undefined ? undefined : endOfFence(text, fence)
    return fence !== undefined && fenceEnd && fence < place
      ? { at: place, fence: { start: fence, end: fenceEnd } }
      : { at: place }
  }
  return undefined
}

/** Cuts a text between paragraphs, never within a fenced block. A paragraph that is too long for any is cut at its words. */
export function* cut(text: string): Generator<string, undefined> {
  let start = 0
  let end = 0
  for (const line of scan(text)) {
    const isBoundary = line.fence === undefined && text.slice(line.start, line.end).trim() === ''
    if (isBoundary && line.end - start > limits.slice && end > start) {
      yield* pieces(text.slice(start, end))
      start = end
    }
    if (isBoundary) end = line.end
  }
  if (end > start && text.length - start > limits.slice) {
    yield* pieces(text.slice(start, end))
    start = end
  }
  if (start < text.length) yield* pieces(text.slice(start))
  return undefined
}

/** A slice, or parts of it where it is one paragraph larger than any that is read as markdown. */
function* pieces(slice: string): Generator<string, undefined> {
  if (slice.length <= limits.section || fenceStart.test(slice.trimStart())) {
    yield slice
    return
  }
  for (let start = 0; start < slice.length; ) {
    const end = slice.length - start <= limits.slice ? slice.length : start + wordEnd(slice.slice(start), limits.slice)
    yield slice.slice(start, end)
    start = end
  }
}

interface Line {
  readonly number: number
  readonly start: number
  /** Past its line break. */
  readonly end: number
  /** Where the fenced block begins that the line is in, its first and last line included. */
  readonly fence?: number
}

/** The lines of a text, and which of them are in fenced blocks. */
function* scan(text: string): Generator<Line, undefined> {
  let fence: { readonly start: number; readonly mark: string } | undefined
  for (let start = 0, number = 0; start < text.length; number++) {
    const newline = text.indexOf('\n', start)
    const end = newline < 0 ? text.length : newline + 1
    const mark = fenceStart.exec(text.slice(start, Math.min(end, start + fenceLine)))?.[1]
    if (fence) {
      yield { number, start, end, fence: fence.start }
      if (mark && closes(text.slice(start, end).trim(), fence.mark)) fence = undefined
    } else {
      if (mark) fence = { start, mark }
      yield { number, start, end, ...(mark && { fence: start }) }
    }
    start = end
  }
  return undefined
}

function closes(line: string, mark: string): boolean {
  return line.startsWith(mark) && line.replaceAll(line[0] ?? '', '') === ''
}

function endOfFence(text: string, start: number): number {
  let end = start
  for (const line of scan(text.slice(start))) {
    if (line.fence !== 0) break
    end = start + line.end
  }
  return end
}

/** The end of the last word within `most` characters, or there where one word is as long as that; never within a character. */
function wordEnd(text: string, most: number): number {
  const space = text.slice(0, most).search(/\s\S*$/)
  const end = space > most / 2 ? space + 1 : most
  return /[\ud800-\udbff]/.test(text[end - 1] ?? '') ? end - 1 : end
}

// More of a line is not needed to tell a fence.
const fenceLine = 200
const fenceStart = /^ {0,3}(`{3,}(?!.*`)|~{3,})/
